"""The threshold keeps its promise on the rows that it was chosen on, and says so where it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolsmith_evaluator.calibration import FEWEST, Judged, calibrate, judged, picture
from toolsmith_schema import Example, NoTool, Routed, Toolbox, ToolCall


def calls(*shares: tuple[float, int, int]) -> list[Judged]:
    """(confidence, right, wrong) → that many calls around that confidence."""
    return [
        Judged(confidence=confidence - 0.0001 * i, right=i >= wrong)
        for confidence, right, wrong in shares
        for i in range(right + wrong)
    ]


def test_the_lowest_confidence_with_the_precision_is_chosen() -> None:
    report = calibrate(calls((0.99, 98, 2), (0.8, 90, 10), (0.3, 20, 80)), target=0.94)
    assert 0.78 < report["threshold"] < 0.81
    assert report["precision"]["rate"] >= 0.94 and 100 < report["precision"]["n"] <= 200
    assert report["coverage"]["rate"] == pytest.approx(report["precision"]["n"] / 300, abs=1e-4)
    assert report["without"]["hits"] == 208
    rising = [value for _, value in report["isotonic"]]
    assert rising == sorted(rising)
    assert [part["n"] for part in report["reliability"]] == [30] * 10


def test_an_unreachable_precision_has_no_threshold_and_few_calls_prove_nothing() -> None:
    assert calibrate(calls((0.9, 30, 30), (0.5, 30, 30)), target=0.98)["threshold"] is None
    assert calibrate(calls((0.9, FEWEST - 1, 0)), target=0.5)["threshold"] is None
    assert calibrate(calls((0.9, FEWEST, 0)), target=0.98)["threshold"] is not None


def test_calls_of_one_confidence_stand_or_fall_together() -> None:
    tied = [Judged(confidence=0.5, right=i % 10 > 0) for i in range(100)]
    assert calibrate(tied, target=0.95)["threshold"] is None
    assert calibrate(tied, target=0.9)["coverage"]["rate"] == 1.0


class Scripted:
    name = "scripted"

    def route(self, requests: list[str], toolbox: Toolbox) -> list[Routed]:
        return [
            Routed.from_text('{"tool": null, "args": {}}', confidence=0.9)
            if "hi" in request
            else Routed.from_text('{"tool": "get_weather", "args": {"city": "Oslo"}}', confidence=0.7)
            for request in requests
        ]


def test_calls_are_judged_by_their_arguments_and_refusals_left_out() -> None:
    rows = [
        Example(id="1", request="Oslo weather", decision=ToolCall(tool="get_weather", args={"city": "Oslo"})),
        Example(id="2", request="Rome weather", decision=ToolCall(tool="get_weather", args={"city": "Rome"})),
        Example(id="3", request="hi", decision=NoTool()),
    ]
    found = judged(Scripted(), rows, Toolbox.default())
    assert found == [Judged(confidence=0.7, right=True), Judged(confidence=0.7, right=False)]


def test_the_picture_is_drawn(tmp_path: Path) -> None:
    report = calibrate(calls((0.99, 98, 2), (0.3, 20, 80)), target=0.9)
    assert picture(report, tmp_path / "a" / "c.png").stat().st_size > 10_000
