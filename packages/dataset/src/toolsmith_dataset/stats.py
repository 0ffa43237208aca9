"""What the data files hold: rows by tool, bucket and register, arguments, distinct wordings and values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from toolsmith_dataset.build import FILES, group_of
from toolsmith_dataset.leaks import open_values
from toolsmith_schema.check import missing
from toolsmith_schema.decision import NoTool
from toolsmith_schema.errors import ArtifactMissing
from toolsmith_schema.example import Example, read_examples
from toolsmith_schema.hints import require
from toolsmith_schema.toolbox import Toolbox

REGISTERS = ("plain", "terse", "chatty", "indirect", "noisy")
"""The registers, in the order of the tables."""

HANDWRITTEN = "handwritten.jsonl"
"""The file that people write."""

_COLORS = ("#2f6f9f", "#e08e45", "#5a9e6f", "#b05279", "#8a8f98")


def describe(rows: Sequence[Example], toolbox: Toolbox) -> dict[str, Any]:
    """Counts of one file."""
    groups = (*toolbox.names, "no_tool")
    calls = [row for row in rows if not isinstance(row.decision, NoTool)]
    given = Counter((group_of(row), name) for row in calls for name in row.decision.to_json()["args"])
    return {
        "rows": len(rows),
        "buckets": dict(sorted(Counter(row.bucket for row in rows).items())),
        "no_tool": len(rows) - len(calls),
        "missing_argument": sum(
            bool(missing(row.decision, toolbox)) for row in rows if not isinstance(row.decision, NoTool)
        ),
        "wordings": len({row.wording for row in rows}),
        "open_values": {kind: len(found) for kind, found in sorted(open_values(rows, toolbox).items())},
        "registers": _ordered(Counter(row.register for row in rows), REGISTERS),
        "tools": {
            group: {
                "rows": len(mine),
                "buckets": dict(sorted(Counter(row.bucket for row in mine).items())),
                "registers": _ordered(Counter(row.register for row in mine), REGISTERS),
                "wordings": len({row.wording for row in mine}),
                "arguments": {
                    name: round(given[group, name] / len(mine), 3)
                    for name in (toolbox[group].properties if group in toolbox else ())
                    if mine
                },
            }
            for group in groups
            for mine in [[row for row in rows if group_of(row) == group]]
        },
    }


def read_files(output: Path) -> dict[str, list[Example]]:
    """File name → rows, of the data files that are there.

    Raises:
        ArtifactMissing: there is none.
    """
    names = [name for preset in FILES.values() for name in preset] + [HANDWRITTEN]
    found = {name: read_examples(output / name) for name in names if (output / name).exists()}
    if not any(name != HANDWRITTEN for name in found):
        raise ArtifactMissing("Data files", output, f"toolsmith dataset build --output {output}")
    return found


def summary(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """A line of counts for each file."""
    lines = [f"{'file':<20}{'rows':>7}{'easy':>7}{'hard':>7}{'no tool':>9}{'missing':>9}{'wordings':>10}"]
    for name, row in figures.items():
        easy, hard = (row["buckets"].get(bucket, "") for bucket in ("easy", "hard"))
        lines.append(
            f"{name:<20}{row['rows']:>7}{easy:>7}{hard:>7}{row['no_tool']:>9}"
            f"{row['missing_argument']:>9}{row['wordings']:>10}"
        )
    return "\n".join(lines)


def table(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """The figures of `describe` by file, as text."""
    lines = [summary(figures)]
    for name, row in figures.items():
        lines += ["", f"{name}: {_pairs(row['open_values'])} distinct values"]
        lines.append(f"  {'tool':<18}{'rows':>6}{'wordings':>10}" + "".join(f"{r:>10}" for r in REGISTERS))
        for tool, mine in row["tools"].items():
            counts = "".join(f"{mine['registers'].get(register, 0):>10}" for register in REGISTERS)
            lines.append(f"  {tool:<18}{mine['rows']:>6}{mine['wordings']:>10}{counts}")
            if mine["arguments"]:
                lines.append(
                    f"    {_pairs({key: f'{share:.0%}' for key, share in mine['arguments'].items()})}"
                )
    return "\n".join(lines)


def picture(figures: Mapping[str, Mapping[str, Any]], path: Path) -> Path:
    """Draw rows per tool, stacked by register, a panel for each file.

    Raises:
        MissingPackage: matplotlib is not installed.
    """
    require("matplotlib", "the picture", install="toolsmith-dataset[plot]")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2 * len(figures), 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    for i, (name, row) in enumerate(figures.items(), 1):
        axes = figure.add_subplot(1, len(figures), i)
        tools = list(row["tools"])[::-1]
        left = [0] * len(tools)
        for register, color in zip(REGISTERS, _COLORS, strict=True):
            widths = [row["tools"][tool]["registers"].get(register, 0) for tool in tools]
            axes.barh(tools, widths, left=left, color=color, label=register)
            left = [start + width for start, width in zip(left, widths, strict=True)]
        buckets = _pairs({key: count for key, count in row["buckets"].items() if key in ("easy", "hard")})
        axes.set_title(f"{name}\n{row['rows']} rows{', ' if buckets else ''}{buckets}", fontsize=10)
        axes.set_xlabel("rows")
        axes.spines[["top", "right"]].set_visible(False)
        if i == 1:
            axes.legend(frameon=False, fontsize=8)
        else:
            axes.set_yticklabels([])
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    return path


def _ordered(counts: Mapping[str, int], order: Sequence[str]) -> dict[str, int]:
    return {key: counts[key] for key in order if counts.get(key)}


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in values.items())
