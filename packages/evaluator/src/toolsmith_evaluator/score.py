"""The scorer: a pure function of (example, prediction, toolbox), written from nothing and graded by code.

The prediction's decision in said form is coerced again here, against the row's clock, exactly as the gold
decision is, so that a score depends on what the model said and never on what a file claims it came to.

Errors, one kind per wrong row (the first that applies) and one per wrong argument:

================  ====================================================================================
invalid           the text is not one decision, or names a tool that does not exist
false_call        a call where only a refusal is right
missed_call       an explicit refusal where a call is wanted
wrong_tool        a call of another tool
extra_argument    an argument that nobody wanted
missing_argument  a wanted argument, required or optional, is not there
cut_span          the value is a part of the right one
long_span         the right value is a part of it
wrong_value       any other value
================  ====================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolsmith_evaluator.prediction import Prediction, args_of
from toolsmith_evaluator.values import canonical, fold, same, without_defaults
from toolsmith_schema.check import missing
from toolsmith_schema.decision import NoTool, ToolCall
from toolsmith_schema.example import Example
from toolsmith_schema.parse import is_strict_json
from toolsmith_schema.resolve import Resolved, resolve
from toolsmith_schema.toolbox import Toolbox

Wrong = tuple[tuple[str, str], ...]
"""Wrong arguments: (argument, kind of error)."""

ERRORS = (
    "invalid",
    "false_call",
    "missed_call",
    "wrong_tool",
    "extra_argument",
    "missing_argument",
    "cut_span",
    "long_span",
    "wrong_value",
)
"""The kinds of error, in the order in which they are looked for."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """What is right and wrong about one prediction."""

    valid_json: bool
    """The whole raw text is one strict JSON object in wire form."""
    schema_valid: bool
    """After coercion the call passes its schema with all required arguments, or the refusal is explicit.

    A call that lacks required arguments is valid where an accepted answer lacks the same ones.
    """
    correct_tool: bool
    """The tool, or the explicit refusal, is that of an accepted answer."""
    exact_strict: bool
    """Tool and said arguments equal those of an accepted answer as canonical JSON."""
    exact_typed: bool
    """Tool and coerced arguments equal those of an accepted answer (`values.same`)."""
    refused: bool
    """An explicit refusal was given."""
    called: bool
    """A call was given, valid or not."""
    wants_refusal: bool
    """Only a refusal is right."""
    accepts_refusal: bool
    """A refusal is among the accepted answers."""
    error: str | None = None
    """One of `ERRORS`; None when the row is fully correct."""
    arguments: Wrong = ()
    """(argument, kind of error) for every wrong argument of a call of the right tool."""
    args_wanted: int = 0
    """Arguments of the accepted answer nearest to the prediction."""
    args_given: int = 0
    """Arguments of the prediction."""
    args_right: int = 0
    """Arguments that are equal as typed values, the tool being right."""

    @property
    def fully_correct(self) -> bool:
        """Tool right and typed arguments exact, or an explicit refusal where one is accepted."""
        return self.correct_tool and self.exact_typed


@dataclass(frozen=True, kw_only=True)
class Graded:
    """An example, what a system made of it, and the score."""

    example: Example
    """The labelled request."""
    prediction: Prediction
    """The system's answer."""
    score: Score
    """What is right and wrong about it."""


def grade(example: Example, prediction: Prediction, toolbox: Toolbox) -> Graded:
    """Example, prediction and score together."""
    return Graded(example=example, prediction=prediction, score=score(example, prediction, toolbox))


def score(example: Example, prediction: Prediction, toolbox: Toolbox) -> Score:
    """Score one prediction.

    Raises:
        ValueError: the prediction is of another request than the example.
    """
    if prediction.id != example.id or prediction.request != example.request:
        raise ValueError(f"the prediction of {prediction.id!r} is not one of the request of {example.id!r}")
    accepted = (example.decision, *example.alternatives)
    refusals = [isinstance(answer, NoTool) for answer in accepted]
    said = prediction.said
    given = resolve(said, toolbox, example.now) if said is not None else None
    answers = [resolve(answer, toolbox, example.now) for answer in accepted]
    nearest, wrong = _nearest(answers, given, toolbox)
    right_tool = given is not None and _tool(given.said) == _tool(nearest.said)
    exact = right_tool and not wrong and given is not None and given.outcome == nearest.outcome
    args_wanted, args_given = _args(nearest, toolbox), _args(given, toolbox)
    wrong_names = {argument for argument, _ in wrong}
    return Score(
        valid_json=is_strict_json(prediction.raw),
        schema_valid=given is not None and _schema_valid(given, answers, toolbox),
        correct_tool=right_tool,
        exact_strict=said is not None
        and canonical(said.to_json()) in {canonical(a.to_json()) for a in accepted},
        exact_typed=exact,
        refused=isinstance(said, NoTool),
        called=isinstance(said, ToolCall),
        wants_refusal=all(refusals),
        accepts_refusal=any(refusals),
        error=None if exact else _error(given, nearest, wrong, toolbox),
        arguments=wrong,
        args_wanted=len(args_wanted),
        args_given=len(args_given),
        args_right=len(args_wanted.keys() - wrong_names) if right_tool else 0,
    )


def _nearest(answers: list[Resolved], given: Resolved | None, toolbox: Toolbox) -> tuple[Resolved, Wrong]:
    """The accepted answer of the same tool with the fewest wrong arguments, else the gold decision."""
    if given is None:
        return answers[0], ()
    rivals = [answer for answer in answers if _tool(answer.said) == _tool(given.said)]
    judged = [(answer, _wrong_arguments(answer, given, toolbox)) for answer in rivals]
    return min(
        judged, key=lambda pair: (len(pair[1]), pair[0].outcome != given.outcome), default=(answers[0], ())
    )


def _wrong_arguments(wanted: Resolved, given: Resolved, toolbox: Toolbox) -> Wrong:
    """Every wrong argument with its kind of error, in schema order, unknown arguments last."""
    name = _tool(given.said)
    properties = toolbox[name].properties if name and name in toolbox else {}
    right, got = _args(wanted, toolbox), _args(given, toolbox)
    said_right, said = args_of(wanted.said), args_of(given.said)
    wrong = []
    for argument in dict.fromkeys((*properties, *right, *got)):
        if argument not in right and argument not in got:
            continue
        if argument not in right:
            wrong.append((argument, "extra_argument"))
        elif argument not in got:
            wrong.append((argument, "missing_argument"))
        elif canonical(said[argument]) != canonical(said_right[argument]) and not same(
            right[argument], got[argument], properties.get(argument)
        ):
            wrong.append((argument, _span_error(said_right[argument], said[argument])))
    return tuple(wrong)


def _args(answer: Resolved | None, toolbox: Toolbox) -> dict[str, Any]:
    """The coerced arguments, those left out that only repeat the schema's default."""
    name = _tool(answer.said) if answer else None
    properties = toolbox[name].properties if name and name in toolbox else {}
    return without_defaults(args_of(answer.decision), properties) if answer else {}


def _span_error(wanted: Any, given: Any) -> str:
    """How a said value misses the right one."""
    texts = [", ".join(value) if _is_texts(value) else value for value in (wanted, given)]
    if not all(isinstance(text, str) and fold(text) for text in texts):
        return "wrong_value"
    right, got = map(fold, texts)
    return "cut_span" if got in right else "long_span" if right in got else "wrong_value"


def _error(given: Resolved | None, nearest: Resolved, wrong: Wrong, toolbox: Toolbox) -> str:
    """The one kind of error of a row that is not fully correct."""
    if given is None or (isinstance(given.said, ToolCall) and given.said.tool not in toolbox):
        return "invalid"
    if isinstance(given.said, NoTool):
        return "missed_call"
    if isinstance(nearest.said, NoTool):
        return "false_call"
    if _tool(given.said) != _tool(nearest.said):
        return "wrong_tool"
    return min((kind for _, kind in wrong), key=ERRORS.index, default="wrong_value")


def _schema_valid(given: Resolved, answers: list[Resolved], toolbox: Toolbox) -> bool:
    if given.outcome != "need_argument" or not isinstance(given.said, ToolCall):
        return given.outcome in ("call", "no_tool")
    lacking = missing(given.said, toolbox).keys()
    return any(
        lacking <= missing(answer.said, toolbox).keys()
        for answer in answers
        if isinstance(answer.said, ToolCall) and answer.said.tool == given.said.tool
    )


def _tool(said: ToolCall | NoTool | None) -> str | None:
    return said.tool if isinstance(said, ToolCall) else None


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
