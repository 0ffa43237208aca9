"""What the tests of this package share: a toolbox, and rows made in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from toolsmith_evaluator.prediction import Prediction
from toolsmith_evaluator.score import Graded, grade
from toolsmith_schema import Example, NoTool, Routed, Toolbox, ToolCall

Answer = ToolCall | NoTool

NONE = '{"tool": null, "args": {}}'


def call(tool: str, **args: Any) -> ToolCall:
    """A call."""
    return ToolCall(tool=tool, args=args)


def text(answer: Answer) -> str:
    """The wire text of an answer."""
    return json.dumps(answer.to_json(), ensure_ascii=False)


def example(decision: Answer, *alternatives: Answer, id: str = "1", **facts: Any) -> Example:
    """A labelled request; the scorer does not read the request."""
    facts = {"request": f"request {id}", "split": "test", **facts}
    return Example(id=id, decision=decision, alternatives=alternatives, **facts)


def predicted(row: Example, raw: str, *, system: str = "toy", toolbox: Toolbox | None = None) -> Prediction:
    """What becomes of `raw` as the answer to `row`."""
    box = toolbox or Toolbox.default()
    return Prediction.of(row, Routed.from_text(raw), box, system=system, fingerprint="f")


@pytest.fixture
def toolbox() -> Toolbox:
    return Toolbox.default()


@pytest.fixture
def judge(toolbox: Toolbox) -> Callable[..., Graded]:
    """Grade `said` (a decision or raw text) against a gold decision and its alternatives."""

    def graded(said: Answer | str, gold: Answer, *alternatives: Answer, **facts: Any) -> Graded:
        row = example(gold, *alternatives, **facts)
        box = facts.get("box", toolbox)
        return grade(row, predicted(row, said if isinstance(said, str) else text(said), toolbox=box), box)

    return graded
