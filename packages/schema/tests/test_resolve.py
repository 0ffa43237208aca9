"""One word for what a decision came to."""

from datetime import datetime

from toolsmith_schema import (
    FunctionRouter,
    NeedArgument,
    NoTool,
    Routed,
    Toolbox,
    ToolCall,
    resolve,
    resolve_routed,
)


def test_a_complete_call_is_a_call_with_typed_arguments(toolbox: Toolbox, now: datetime) -> None:
    said = ToolCall(tool="get_weather", args={"city": "Oslo", "date": "tomorrow"})
    resolved = resolve(said, toolbox, now)
    assert resolved.outcome == "call"
    assert resolved.decision == ToolCall(tool="get_weather", args={"city": "Oslo", "date": "2026-11-24"})
    assert resolved.said is said
    assert len(resolved.coercions) == 1


def test_no_tool_is_no_tool(toolbox: Toolbox, now: datetime) -> None:
    resolved = resolve(NoTool(), toolbox, now)
    assert (resolved.outcome, resolved.decision, resolved.said) == ("no_tool", NoTool(), NoTool())


def test_a_call_that_only_lacks_arguments_asks_for_them_by_name_and_description(
    toolbox: Toolbox, now: datetime
) -> None:
    resolved = resolve(ToolCall(tool="set_reminder", args={"when": "at noon"}), toolbox, now)
    assert resolved.outcome == "need_argument"
    assert resolved.decision == NeedArgument(
        call=ToolCall(tool="set_reminder", args={"when": "2026-11-23T12:00"}),
        missing={"text": "What to be reminded of"},
    )


def test_a_required_argument_given_as_null_is_asked_for(toolbox: Toolbox, now: datetime) -> None:
    assert resolve(ToolCall(tool="get_weather", args={"city": None}), toolbox, now).outcome == "need_argument"


def test_a_violation_outweighs_a_missing_argument(toolbox: Toolbox, now: datetime) -> None:
    resolved = resolve(ToolCall(tool="set_reminder", args={"when": "asap"}), toolbox, now)
    assert resolved.outcome == "invalid"
    assert [violation.pointer for violation in resolved.violations] == ["/when"]


def test_unknown_tools_and_arguments_are_invalid(toolbox: Toolbox, now: datetime) -> None:
    assert resolve(ToolCall(tool="fly"), toolbox, now).outcome == "invalid"
    assert (
        resolve(ToolCall(tool="get_weather", args={"city": "Oslo", "x": 1}), toolbox, now).outcome
        == "invalid"
    )


def test_text_that_is_no_decision_is_invalid_and_says_why(toolbox: Toolbox, now: datetime) -> None:
    router = FunctionRouter(lambda request: f"I think {request}")
    resolved = resolve_routed(router.route(["rain"], toolbox)[0], toolbox, now)
    assert (resolved.outcome, resolved.decision, resolved.said) == ("invalid", None, None)
    (violation,) = resolved.violations
    assert violation.message == "the answer contains no JSON object"
    assert violation.sentence.endswith("(the answer contains no JSON object).")


def test_a_routed_decision_is_resolved_like_any_other(toolbox: Toolbox, now: datetime) -> None:
    routed = Routed.from_text('{"tool": null, "args": {}}')
    assert resolve_routed(routed, toolbox, now) == resolve(NoTool(), toolbox, now)
