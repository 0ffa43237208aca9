"""Several fine-tunings side by side: how rank, number of rows and seed change what the model gets right.

Each run is a folder with the ``train.json`` of its fine-tuning and its predictions of one file of rows, which
is not a test file: settings are chosen by it. ``sweep.json`` holds one entry a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from toolsmith_evaluator.metrics import rates
from toolsmith_evaluator.report import read_answers
from toolsmith_evaluator.tables import share, table
from toolsmith_schema.errors import DataError
from toolsmith_schema.example import Example
from toolsmith_schema.files import read_json
from toolsmith_schema.hints import require
from toolsmith_schema.toolbox import Toolbox

_METRICS = ("fully_correct", "correct_tool", "no_tool_recall")


def collect(folder: Path, examples: Sequence[Example], toolbox: Toolbox) -> list[dict[str, Any]]:
    """One entry for each run in `folder`, by rows, rank and seed.

    Raises:
        DataError: `folder` holds no run.
    """
    runs = []
    for record in sorted(folder.glob("*/train.json")):
        predictions = sorted(record.parent.glob("*.jsonl"))
        if predictions:
            runs.append(_run(read_json(record), predictions[0], examples, toolbox))
    if not runs:
        raise DataError(folder, "no runs here: each is a folder with train.json and predictions (*.jsonl)")
    return sorted(runs, key=lambda run: (run["rows"], run["rank"], run["seed"]))


def _run(
    record: Mapping[str, Any], predictions: Path, examples: Sequence[Example], toolbox: Toolbox
) -> dict[str, Any]:
    answers = read_answers(predictions, examples, toolbox)
    found = rates([row.score for row in answers.rows])
    config = record["config"]
    return {
        "rows": record["rows"],
        "rank": config["rank"],
        "seed": config["seed"],
        "epochs": config["epochs"],
        "trainable_parameters": record["trainable_parameters"],
        "wall_seconds": record["wall_seconds"],
        **{name: found[name].to_json() for name in _METRICS},
    }


def render(report: Mapping[str, Any]) -> str:
    """The Markdown page of ``sweep.json``."""
    rows = [
        [
            f"{run['rows']:,}",
            run["rank"],
            run["seed"],
            f"{run['epochs']:g}",
            f"{run['trainable_parameters']:,}",
            f"{run['wall_seconds'] / 60:.1f}",
            *(share(run[name]) for name in _METRICS),
        ]
        for run in report["runs"]
    ]
    head = ["rows", "rank", "seed", "epochs", "trainable", "minutes"]
    return "\n\n".join(
        [
            "# Rank, rows and seed",
            f"Fine-tunings of one base, measured with the span grammar on {report['testfile']}; per cent "
            "with 95 % Wilson intervals. Settings are chosen by this file, so it is no test file.",
            table([*head, "fully correct", "right tool", "refuses where no tool fits"], rows),
            "",
        ]
    )


def picture(report: Mapping[str, Any], path: Path) -> Path:
    """Fully correct by number of rows, and by rank where several ranks saw the same rows.

    Raises:
        MissingPackage: matplotlib is not installed.
    """
    require("matplotlib", "a chart", install="toolsmith-evaluator[plot]").use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), dpi=150, layout="constrained", sharey=True)
    usual = _most_common(run["rank"] for run in report["runs"])
    size = _most_common(run["rows"] for run in report["runs"])
    _points(left, [run for run in report["runs"] if run["rank"] == usual], "rows")
    _points(right, [run for run in report["runs"] if run["rows"] == size], "rank")
    left.set_xlabel(f"training rows (rank {usual})")
    right.set_xlabel(f"rank of the LoRA matrices ({size:,} rows)")
    left.set_ylabel("fully correct, %")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)
    return path


def _points(plot: Any, runs: Sequence[Mapping[str, Any]], axis: str) -> None:
    places = [run[axis] for run in runs]
    middle = [100 * run["fully_correct"]["rate"] for run in runs]
    low = [100 * (run["fully_correct"]["rate"] - run["fully_correct"]["low"]) for run in runs]
    high = [100 * (run["fully_correct"]["high"] - run["fully_correct"]["rate"]) for run in runs]
    plot.errorbar(places, middle, yerr=[low, high], fmt="o", color="#0072B2", capsize=3, markersize=5)
    plot.set_xscale("log", base=10 if axis == "rows" else 2)
    plot.set_xticks(sorted(set(places)), [f"{place:,}" for place in sorted(set(places))])
    plot.minorticks_off()
    plot.set_ylim(bottom=0)
    plot.grid(axis="y", color="#dddddd", linewidth=0.6)
    plot.spines[["top", "right"]].set_visible(False)


def _most_common(values: Iterable[int]) -> int:
    found = list(values)
    return max(set(found), key=lambda value: (found.count(value), value))
