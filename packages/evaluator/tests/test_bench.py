"""The benchmark's page and picture say what was measured."""

from __future__ import annotations

from pathlib import Path

from toolsmith_evaluator.bench import LABELS, _figures, picture, render


def test_percentiles_are_of_the_values_themselves() -> None:
    figures = _figures([float(value) for value in range(100, 0, -1)])
    assert (figures["p50_ms"], figures["p95_ms"], figures["p99_ms"]) == (51.0, 96.0, 100.0)
    assert figures["mean_ms"] == 50.5 and figures["n"] == 100


def test_page_and_picture_name_every_system(tmp_path: Path) -> None:
    one = {"p50_ms": 20.0, "p95_ms": 31.5, "p99_ms": 40.0, "mean_ms": 22.0, "n": 9, "speed": 1.5}
    report = {
        "machine": "m, 2 threads",
        "requests": 9,
        "tokens": {"prompt": 350.0, "answer": 19.5},
        "systems": dict.fromkeys(LABELS, one),
        "light_parts": {
            "first_ms": 9.5,
            "tokens_per_second": 700.0,
            "steps": 8.25,
            "grammar_ms": 3.0,
            "grammar_share": 0.15,
        },
        "cold_start": {
            "light": {"seconds": 0.9, "megabytes": 150.0},
            "torch-span": {"seconds": 8.0, "megabytes": 900.0},
        },
    }
    page = render(report)
    assert all(label in page for label in LABELS.values())
    assert all(figure in page for figure in ("31.5", "0.90", "15 %", "700 tokens"))
    assert picture(report, tmp_path / "bench.png").stat().st_size > 10_000
