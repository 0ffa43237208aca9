"""Results in lines for people."""

from __future__ import annotations

import json

from toolsmith_agent.results import Attempt, RunResult


def result_lines(result: RunResult) -> list[str]:
    """The decision first, then what stands in its way, what became of the call, and what failed."""
    call = result.call.to_json() if result.call else None
    head = json.dumps(call, ensure_ascii=False) if call else ""
    lines = [f"{result.outcome} ({result.tier}){': ' if head else ''}{head}"]
    lines += [f"  missing {name}: {text}" for name, text in result.missing.items()]
    lines += [f"  {violation.sentence}" for violation in result.violations]
    lines += [f"  {attempt.tier} failed: {attempt.error}" for attempt in result.attempts if attempt.error]
    return lines + [f"  {line}" for line in effect_lines(result)]


def effect_lines(result: RunResult) -> list[str]:
    """What became of the call and what the tool gave; nothing where nothing was executed."""
    effect = result.effect
    if effect is None:
        return []
    lines = [f"{effect.status}{f': {effect.error}' if effect.error else ''}"]
    if effect.result is not None:
        lines.append(f"result: {json.dumps(effect.result, ensure_ascii=False, default=str)}")
    return lines


def attempt_line(attempt: Attempt) -> str:
    """One answer of a tier: what it came to, why, and what was done about it."""
    why = attempt.error or " ".join(violation.sentence for violation in attempt.violations)
    then = f" → {attempt.recovery}" if attempt.recovery else ""
    return f"{attempt.tier}: {attempt.outcome}{f' ({why})' if why else ''}{then}"
