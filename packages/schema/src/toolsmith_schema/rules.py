"""A router of keywords and regular expressions for the default toolbox: a baseline and a last resort.

Every tool has trigger words; the tool whose trigger comes first in the request, text in quotation marks
aside, gets the call, and its patterns cut the arguments out of the request as they were said. Where no
trigger is found, or the request holds nothing of what the tool needs, the answer is an explicit refusal.

>>> RuleRouter().route(["what's the weather in Tokyo tomorrow?"], Toolbox.default())[0].decision
ToolCall(tool='get_weather', args={'city': 'Tokyo', 'date': 'tomorrow'})
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence

from toolsmith_schema import rule_spans
from toolsmith_schema.decision import NoTool, ToolCall
from toolsmith_schema.phrases import SIGN, TABLES
from toolsmith_schema.prompt import target
from toolsmith_schema.router import Routed
from toolsmith_schema.toolbox import Toolbox


class RuleRouter:
    """Routes by keywords and regular expressions; knows the tools of the default toolbox and no others."""

    name = "rules"

    def route(self, requests: Sequence[str], toolbox: Toolbox) -> list[Routed]:
        """Route each request; tools and arguments that `toolbox` has not are never named."""
        routed = []
        for request in requests:
            start = time.perf_counter()
            decision = decide(request, toolbox)
            took = (time.perf_counter() - start) * 1e3
            routed.append(
                Routed(raw=target(decision, toolbox), decision=decision, latency_ms=took, tier=self.name)
            )
        return routed


def decide(request: str, toolbox: Toolbox) -> ToolCall | NoTool:
    """The first tool, by place of its trigger, whose patterns find something to call it with."""
    text = " ".join(request.split())
    open_text = re.sub(r"[\"“][^\"”]*[\"”]", lambda quoted: " " * len(quoted[0]), text)
    found = []
    for order, (name, (trigger, arguments)) in enumerate(_RULES.items()):
        if name in toolbox and (hit := re.search(trigger, open_text, re.IGNORECASE)):
            found.append((hit.start(), order, name, arguments))
    for _, _, name, arguments in sorted(found, key=lambda entry: entry[:2]):
        args = {
            argument: value
            for argument, value in arguments(text).items()
            if value and argument in toolbox[name].properties
        }
        if args:
            return ToolCall(tool=name, args=args)
    return NoTool()


_RULES: dict[str, tuple[str, Callable[[str], rule_spans.Arguments]]] = {
    "set_reminder": (
        r"\bremind(?:er)?\b|\bnudge me\b|\bdon'?t let me forget\b|\balert me\b",
        rule_spans.reminder,
    ),
    "send_email": (
        r"\be-?mail\b|\bmail\b(?! box)|@[\w-]+\.",
        rule_spans.email,
    ),
    "send_message": (
        r"\b(?:text|message|msg|dm|ping|sms|whatsapp|slack)\b|\btell (?!me\b|us\b)"
        r"|\blet (?!me|us\b)\S+(?: \w+)? know\b",
        rule_spans.message,
    ),
    "query_table": (
        r"\b(?:show|list|get|pull|give|fetch|display|query|how many|see|which|any|last|open|pending|closed)\b"
        rf".*\b{TABLES}\b|^{TABLES}\b",
        rule_spans.table,
    ),
    "create_event": (
        r"\b(?:schedule|calendar|book|appointment|block|meeting|event|set up)\b|\bput\b.*\bon my\b",
        rule_spans.event,
    ),
    "convert_currency": (
        rf"\bconvert|\bexchange|{SIGN}|\bhow (?:many|much) (?:in )?\w+ (?:is|are|do I get for) "
        r"|\d\s*[A-Za-z]+.*\b(?:in|to|into)\b|\b[A-Za-z]{3} \d|\d.*->"
        r"|\b(?:hundred|thousand) \w+.*\b(?:in|to|into)\b",
        rule_spans.currency,
    ),
    "get_weather": (
        r"\b(?:weather|forecast|temperature|rain(?:ing|y)?|snow(?:ing)?|umbrella|sunny|humid|windy|degrees"
        r"|(?:hot|cold|warm) (?:is|will|in|out))\b",
        rule_spans.weather,
    ),
    "search_web": (
        r"\bsearch\b|\bgoogle\b|\blook(?:ing)? (?:up|for)\b|\bfind\b|\bonline\b|\bthe web\b",
        rule_spans.search,
    ),
}
"""Tool → trigger and the function that cuts its arguments out; the first wins a tie."""
