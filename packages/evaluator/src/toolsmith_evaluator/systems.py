"""The systems that are measured: which router, under which name, with which fingerprint."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from toolsmith_evaluator.metrics import asked_tool
from toolsmith_evaluator.predict import fingerprint_of
from toolsmith_schema.errors import ArtifactMissing, ToolsmithError
from toolsmith_schema.example import Example
from toolsmith_schema.hints import require
from toolsmith_schema.router import Router
from toolsmith_schema.rules import RuleRouter
from toolsmith_schema.toolbox import Toolbox

KINDS = ("rules", "base", "tuned")
"""Rules know no model; base is the model as it came, tuned the same with its adapter."""

DECODINGS = ("free", "span")
"""Free takes any token; span allows what the toolbox and the request's words allow."""

LABELS = {
    "rules": "rules (no model)",
    "base-free": "base, free decoding",
    "base-span": "base, span grammar",
    "base-free-few-shot": "base few-shot, free decoding",
    "base-span-few-shot": "base few-shot, span grammar",
    "tuned-free": "tuned, free decoding",
    "tuned-span": "tuned, span grammar",
}
"""System name → what tables call it, in the order of tables."""


@dataclass(frozen=True, kw_only=True)
class System:
    """A router that is to be measured, and the name of its prediction file."""

    name: str
    """Stem of the prediction file, ``tuned-span``."""
    router: Router
    """What answers."""
    fingerprint: str
    """Hash of everything the answers depend on."""


def system_name(kind: str, decoding: str, *, few_shot: bool = False, tag: str = "") -> str:
    """The name of a system, such as ``rules``, ``base-span-few-shot`` or ``tuned-free-seed2``."""
    parts = [kind] if kind == "rules" else [kind, decoding, *(["few-shot"] if few_shot else [])]
    return "-".join([*parts, *([tag] if tag else [])])


def in_order(names: Sequence[str]) -> list[str]:
    """System names as tables show them: the known ones in the order of `LABELS`, then the others by name."""
    return [*(name for name in LABELS if name in names), *sorted(set(names) - LABELS.keys())]


def make_system(
    kind: str,
    *,
    toolbox: Toolbox,
    decoding: str = "span",
    shots: Sequence[Example] = (),
    base: str = "artifacts/base",
    adapter: str = "artifacts/adapter",
    tag: str = "",
) -> System:
    """Build a system.

    Raises:
        MissingPackage: a model is wanted and toolsmith-router is not installed.
        ArtifactMissing: a model is wanted and is not there.
    """
    name = system_name(kind, decoding, few_shot=bool(shots), tag=tag)
    if kind == "rules":
        if shots:
            raise ToolsmithError("rules learn nothing from examples: leave --shots out")
        code = fingerprint_of(kind=kind, rules=_rule_files(), toolbox=toolbox.fingerprint)
        return System(name=name, router=RuleRouter(), fingerprint=code)
    if kind == "tuned" and not Path(adapter).exists():
        raise ArtifactMissing("the adapter", adapter, f"toolsmith train --base {base} --output {adapter}")
    package = require("toolsmith_router", "a model", install="toolsmith-evaluator[model]")
    router = package.load_router(base, adapter, model=kind, decoding=decoding, shots=tuple(shots))
    code = fingerprint_of(
        kind=kind,
        decoding=decoding,
        shots=list(shots),
        base=Path(base) if Path(base).exists() else base,
        adapter=Path(adapter) if kind == "tuned" else None,
        toolbox=toolbox.fingerprint,
        code=[*sorted(Path(inspect.getfile(package)).parent.glob("*.py")), *_grammar_files()],
    )
    return System(name=name, router=router, fingerprint=code)


def _rule_files() -> list[Path]:
    """The modules that decide what the rules answer."""
    main = Path(inspect.getfile(RuleRouter))
    return [main, main.with_name("rule_spans.py"), main.with_name("phrases.py")]


def _grammar_files() -> list[Path]:
    """The modules that decide what a model is asked and what it may answer."""
    schema = Path(inspect.getfile(RuleRouter)).parent
    return [schema / f"{name}.py" for name in ("prompt", "grammar", "readable")]


def pick_shots(examples: Sequence[Example], count: int) -> list[Example]:
    """`count` examples to show a base model: the tools and the refusal by turns, in the order of the file."""
    queues: dict[str, list[Example]] = {}
    for example in examples:
        queues.setdefault(asked_tool(example), []).append(example)
    turns = max(map(len, queues.values()), default=0)
    rounds = [
        queue[turn] for turn in range(min(turns, count)) for queue in queues.values() if turn < len(queue)
    ]
    return rounds[:count]
