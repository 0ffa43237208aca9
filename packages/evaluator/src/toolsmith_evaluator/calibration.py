"""How sure a router must be of a call before it is executed: a threshold for a precision, chosen on dev rows.

A model's probability of its own answer says which calls are more likely right, not how likely they are; after
fine-tuning it is too sure. Isotonic regression on rows that were not trained on turns it into a share of
right calls (Zadrozny and Elkan 2002), and the threshold is the lowest confidence from which the calls above
it are right as often as wanted (selective prediction; El-Yaniv and Wiener 2010). A call is right when it is
fully correct.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolsmith_evaluator.metrics import rate
from toolsmith_evaluator.prediction import Prediction
from toolsmith_evaluator.score import grade
from toolsmith_schema.decision import ToolCall
from toolsmith_schema.example import Example
from toolsmith_schema.hints import require
from toolsmith_schema.router import Router
from toolsmith_schema.toolbox import Toolbox

FEWEST = 40
"""Calls that must stand above a threshold; fewer say too little about a precision."""
_BINS = 10


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One call of the router."""

    confidence: float
    """What the router says, 0-1."""
    right: bool
    """Whether it is fully correct."""


def judged(router: Router, examples: Sequence[Example], toolbox: Toolbox) -> list[Judged]:
    """The calls that `router` makes of `examples`; refusals and answers without a confidence are left out."""
    answers = router.route([example.request for example in examples], toolbox)
    found = []
    for example, answer in zip(examples, answers, strict=True):
        if isinstance(answer.decision, ToolCall) and answer.confidence is not None:
            prediction = Prediction.of(example, answer, toolbox, system=router.name, fingerprint="")
            score = grade(example, prediction, toolbox).score
            found.append(Judged(confidence=answer.confidence, right=score.fully_correct))
    return found


def calibrate(calls: Sequence[Judged], *, target: float) -> dict[str, Any]:
    """The threshold for a precision of `target`, what it costs, and the curves behind it.

    Returns:
        ``threshold`` (None where no threshold reaches the target), ``precision`` and ``coverage`` at it as
        rates of calls, ``without`` a threshold, ``curve`` (coverage and precision), ``reliability`` (mean
        confidence and share right in ten bins) and ``isotonic`` (confidence and calibrated probability).
    """
    from scipy.optimize import isotonic_regression

    ordered = sorted(calls, key=lambda call: -call.confidence)
    right, best = 0, 0
    for count, call in enumerate(ordered, 1):
        right += call.right
        last_of_its_value = count == len(ordered) or ordered[count].confidence < call.confidence
        if last_of_its_value and count >= FEWEST and right >= target * count:
            best = count
    above = ordered[:best]
    cuts = sorted({max(1, len(ordered) * step // 20) for step in range(1, 21)} | ({best} if best else set()))
    rising = ordered[::-1]
    fitted = isotonic_regression([float(call.right) for call in rising]).x if rising else []
    points = [
        (round(call.confidence, 6), round(float(value), 4))
        for call, value in zip(rising, fitted, strict=True)
    ]
    return {
        "target": target,
        "threshold": above[-1].confidence if above else None,
        "calls": len(ordered),
        "precision": rate(sum(call.right for call in above), len(above)).to_json(),
        "coverage": rate(len(above), len(ordered)).to_json(),
        "without": rate(sum(call.right for call in ordered), len(ordered)).to_json(),
        "curve": [
            {
                "coverage": round(count / len(ordered), 4),
                "precision": round(sum(call.right for call in ordered[:count]) / count, 4),
            }
            for count in cuts
        ],
        "reliability": [
            {
                "confidence": round(sum(call.confidence for call in part) / len(part), 4),
                "right": round(sum(call.right for call in part) / len(part), 4),
                "n": len(part),
            }
            for part in _bins(rising)
        ],
        "isotonic": [point for i, point in enumerate(points) if i == 0 or point[1] != points[i - 1][1]],
    }


def picture(report: Mapping[str, Any], path: Path) -> Path:
    """Reliability before calibration, and precision against coverage.

    Raises:
        MissingPackage: matplotlib is not installed.
    """
    require("matplotlib", "a chart", install="toolsmith-evaluator[plot]").use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.9), dpi=150, layout="constrained")
    bins = report["reliability"]
    left.plot([0, 1], [0, 1], color="#999999", linewidth=1, label="as sure as right")
    left.plot(
        [b["confidence"] for b in bins], [b["right"] for b in bins], "o-", color="#D55E00", label="the model"
    )
    left.set_xlabel("confidence, mean of a tenth of the calls")
    left.set_ylabel("fully correct")
    curve = report["curve"]
    right.plot([p["coverage"] for p in curve], [p["precision"] for p in curve], "-", color="#0072B2")
    right.axhline(report["target"], color="#999999", linewidth=1, linestyle="--", label="target")
    if report["threshold"] is not None:
        point = (report["coverage"]["rate"], report["precision"]["rate"])
        right.plot(*point, "o", color="#D55E00", label="threshold")
    right.set_xlabel("coverage: share of the calls that is kept")
    right.set_ylabel("fully correct of the kept")
    for plot in (left, right):
        plot.set_xlim(0, 1.02)
        plot.set_ylim(0, 1.04)
        plot.spines[["top", "right"]].set_visible(False)
        plot.grid(color="#eeeeee", linewidth=0.6)
        plot.legend(frameon=False, fontsize=8, loc="lower right" if plot is left else "lower left")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)
    return path


def _bins(rising: Sequence[Judged]) -> list[Sequence[Judged]]:
    """Ten parts of like size, fewer where there are fewer calls."""
    size = len(rising)
    parts = [rising[size * i // _BINS : size * (i + 1) // _BINS] for i in range(_BINS)]
    return [part for part in parts if part]
