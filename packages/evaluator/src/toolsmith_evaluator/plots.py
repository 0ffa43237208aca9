"""Pictures out of ``eval.json``; matplotlib comes with ``toolsmith-evaluator[plot]``, imported only here.

Colours are of Okabe and Ito's palette and of cividis, which stay apart for colour-blind readers; decoding is
told by hatching beside, so that the chart also reads in grey.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolsmith_evaluator.markdown import axes
from toolsmith_evaluator.tables import part_sizes
from toolsmith_schema.hints import require

STYLES = {
    "rules": ("#999999", ""),
    "base-free": ("#56B4E9", "//"),
    "base-span": ("#0072B2", ""),
    "tuned-free": ("#E69F00", "//"),
    "tuned-span": ("#D55E00", ""),
}
"""System → colour and hatching."""

Report = Mapping[str, Any]


def draw(report: Report, directory: Path | str) -> list[Path]:
    """Draw ``eval_chart.png`` and ``confusion.png``; returns their paths.

    Raises:
        MissingPackage: matplotlib is not installed.
    """
    require("matplotlib", "a chart", install="toolsmith-evaluator[plot]").use("Agg")
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    return [eval_chart(report, folder / "eval_chart.png"), confusion_chart(report, folder / "confusion.png")]


def eval_chart(report: Report, path: Path) -> Path:
    """Fully correct per part, base against tuned, with Wilson intervals."""
    import matplotlib.pyplot as plt

    shown = {name: report["systems"][name] for name in STYLES if name in report["systems"]}
    shown = shown or dict(report["systems"])
    sizes = part_sizes(report)
    width = 0.84 / max(1, len(shown))
    figure, plot = plt.subplots(
        figsize=(max(6.4, 1.1 + 0.62 * len(shown) * len(sizes)), 4.8), dpi=150, layout="constrained"
    )
    for i, (name, system) in enumerate(shown.items()):
        colour, hatch = STYLES.get(name, ("#009E73", ""))
        for j, part in enumerate(sizes):
            rate = system["groups"]["part"].get(part, {}).get("fully_correct")
            if not rate or rate["rate"] is None:
                continue
            x, y = j + (i - (len(shown) - 1) / 2) * width, 100 * rate["rate"]
            label = system["label"] if j == 0 else None
            plot.bar(x, y, width * 0.92, color=colour, hatch=hatch, edgecolor="white", label=label)
            ends = [[max(0.0, y - 100 * rate["low"])], [max(0.0, 100 * rate["high"] - y)]]
            plot.errorbar(x, y, yerr=ends, color="black", capsize=2.5, linewidth=1)
            plot.text(x, 100 * rate["high"] + 1.5, f"{y:.0f}", ha="center", va="bottom", fontsize=8)
    plot.set_xticks(range(len(sizes)), [f"{part}\nn = {n}" for part, n in sizes.items()])
    plot.set_ylim(0, 108)
    plot.set_yticks(range(0, 101, 20))
    plot.set_ylabel("fully correct (%), 95 % interval")
    plot.set_xlabel("held-out rows")
    plot.spines[["top", "right"]].set_visible(False)
    plot.grid(axis="y", color="#dddddd", linewidth=0.6)
    plot.set_axisbelow(True)
    figure.legend(loc="outside upper center", ncols=min(3, len(shown)), frameon=False, fontsize=9)
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)
    return path


def confusion_chart(report: Report, path: Path) -> Path:
    """Tool asked × tool given of the headline system, coloured by share of the row, labelled with counts."""
    import matplotlib.pyplot as plt

    system = report["systems"][report["headline"]]
    counts = system["confusion"]
    asked, given = axes(counts)
    totals = {tool: sum(counts[tool].values()) for tool in asked}
    shares = [[counts[tool].get(other, 0) / totals[tool] for other in given] for tool in asked]
    figure, plot = plt.subplots(
        figsize=(1.9 + 0.72 * len(given), 1.9 + 0.52 * len(asked)), dpi=150, layout="constrained"
    )
    image = plot.imshow(shares, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    for i, tool in enumerate(asked):
        for j, other in enumerate(given):
            if n := counts[tool].get(other, 0):
                colour = "black" if shares[i][j] > 0.55 else "white"
                plot.text(j, i, str(n), ha="center", va="center", color=colour, fontsize=9)
    plot.set_xticks(range(len(given)), given, rotation=40, ha="right", rotation_mode="anchor")
    plot.set_yticks(range(len(asked)), [f"{tool} (n = {totals[tool]})" for tool in asked])
    plot.set_xlabel("tool given")
    plot.set_ylabel("tool asked")
    plot.set_title(f"{system['label']}, {system['rows']} rows", fontsize=10)
    figure.colorbar(image, label="share of the rows asked")
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)
    return path
