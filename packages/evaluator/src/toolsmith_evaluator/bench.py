"""How long a route takes: one request at a time, every way of running the model side by side in one run.

The machine's noise is the same for all: each request goes through every system before the next one comes.
The yardstick is a model of Qwen2.5-0.5B's shape with random weights in plain transformers, on prompts and
answers of the same number of tokens; speed does not depend on what the weights are.
"""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from toolsmith_evaluator.tables import table
from toolsmith_schema.hints import require
from toolsmith_schema.router import Router
from toolsmith_schema.toolbox import Toolbox

Timed = Callable[[Sequence[str]], Any]

LABELS: Mapping[str, str] = {
    "yardstick": "0.5 B shape, plain transformers",
    "torch-plain": "embedded, torch, free decoding, no prefix cache",
    "torch-free": "embedded, torch, free decoding",
    "torch-span": "embedded, torch, span grammar",
    "torch-batch-8": "embedded, torch, span grammar, batches of 8",
    "light": "embedded, light runtime",
}
"""System → what stands in the table, slowest first."""

_COLD = (
    "import time; start = time.perf_counter()\n"
    "from toolsmith_router import {loader}\n"
    "from toolsmith_schema.toolbox import Toolbox\n"
    "{loader}({arguments}).route(['What is the weather in Oslo?'], Toolbox.default())\n"
    "print(time.perf_counter() - start)"
)


def bench(
    requests: Sequence[str], toolbox: Toolbox, *, base: str, adapter: str, yardstick: int
) -> dict[str, Any]:
    """Time every system on `requests`, the yardstick on the first `yardstick` of them (0 leaves it out).

    Returns:
        Machine, number of requests, and per system milliseconds a request (``p50_ms``, ``p95_ms``,
        ``p99_ms``, ``mean_ms``) and how many times as fast as torch with the grammar it is at the
        median (``speed``).

    Raises:
        MissingPackage: torch is not installed.
        ArtifactMissing: a model is not there.
    """
    require("torch", "the benchmark", install="toolsmith-evaluator[model]")
    from toolsmith_router import load_light, load_router

    span = load_router(base, adapter, batch_size=8)
    free = load_router(base, adapter, decoding="free")
    systems: dict[str, Timed] = {
        "torch-plain": _forgetting(free, toolbox),
        "torch-free": _routing(free, toolbox),
        "torch-span": _routing(span, toolbox),
        "light": _routing(load_light(), toolbox),
    }
    answers = span.route(requests, toolbox)
    if yardstick:
        systems = {"yardstick": _yardstick(answers), **systems}
    for timed in systems.values():  # caches, threads and lazy imports are not what is measured
        timed(requests[:1])
    taken: dict[str, list[float]] = {name: [] for name in systems}
    for number, request in enumerate(requests):
        for name, timed in systems.items():
            if name != "yardstick" or number < yardstick:
                taken[name].append(_ms(timed, [request]))
    eights = [requests[i : i + 8] for i in range(0, len(requests) - 7, 8)]
    taken["torch-batch-8"] = [_ms(systems["torch-span"], eight) / 8 for eight in eights]
    figures = {name: _figures(values) for name, values in taken.items() if values}
    for one in figures.values():
        one["speed"] = round(figures["torch-span"]["p50_ms"] / one["p50_ms"], 2)
    return {
        "machine": f"{platform.machine()}, {_threads()} threads, Python {platform.python_version()}",
        "requests": len(requests),
        "tokens": {
            "prompt": round(statistics.mean(answer.prompt_tokens or 0 for answer in answers), 1),
            "answer": round(statistics.mean(answer.output_tokens or 0 for answer in answers), 1),
        },
        "systems": {name: figures[name] for name in LABELS if name in figures},
        "cold_start_s": {
            "light": _cold("load_light", ""),
            "torch-span": _cold("load_router", f"{base!r}, {adapter!r}"),
        },
    }


def render(report: Mapping[str, Any]) -> str:
    """The Markdown page of a benchmark."""
    rows = [
        [LABELS[name], *(f"{one[key]:.1f}" for key in ("p50_ms", "p95_ms", "p99_ms")), f"{one['speed']:.2f}"]
        for name, one in report["systems"].items()
    ]
    cold = [[LABELS[name], f"{seconds:.2f}"] for name, seconds in report["cold_start_s"].items()]
    tokens = report["tokens"]
    return (
        "\n\n".join(
            [
                "# Benchmark",
                f"{report['requests']} requests one after the other, each through every system before the "
                f"next; {report['machine']}. A prompt has {tokens['prompt']} tokens in the mean, an answer "
                f"{tokens['answer']}. Milliseconds a request; the last column is the speed at the median, "
                "with torch and the span grammar as 1.",
                table(["system", "p50", "p95", "p99", "speed"], rows),
                "From the start of the process to the first answer, in seconds:",
                table(["system", "seconds"], cold),
            ]
        )
        + "\n"
    )


def picture(report: Mapping[str, Any], path: Path) -> Path:
    """Median and 95th percentile of every system, on a logarithmic axis.

    Raises:
        MissingPackage: matplotlib is not installed.
    """
    require("matplotlib", "a chart", install="toolsmith-evaluator[plot]").use("Agg")
    import matplotlib.pyplot as plt

    systems = report["systems"]
    figure, plot = plt.subplots(figsize=(7.6, 0.9 + 0.5 * len(systems)), dpi=150, layout="constrained")
    for i, one in enumerate(systems.values()):
        plot.plot([one["p50_ms"], one["p95_ms"]], [i, i], color="#999999", linewidth=2)
        plot.plot(one["p50_ms"], i, "o", color="#D55E00", label="median" if i == 0 else None)
        plot.plot(one["p95_ms"], i, "|", color="black", markersize=11, label="95 %" if i == 0 else None)
        plot.annotate(
            f"{one['p50_ms']:.0f}",
            (one["p50_ms"], i),
            (0, 7),
            textcoords="offset points",
            fontsize=8,
            ha="center",
        )
    plot.set_yticks(range(len(systems)), [LABELS[name] for name in systems])
    plot.invert_yaxis()
    plot.set_xscale("log")
    plot.set_xlabel("milliseconds a request")
    plot.spines[["top", "right"]].set_visible(False)
    plot.grid(axis="x", color="#dddddd", linewidth=0.6)
    plot.legend(frameon=False, fontsize=9)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)
    return path


def _routing(router: Router, toolbox: Toolbox) -> Timed:
    return lambda requests: router.route(requests, toolbox)


def _forgetting(router: Any, toolbox: Toolbox) -> Timed:
    """Without the cached toolbox: it is read anew for each batch."""

    def timed(requests: Sequence[str]) -> Any:
        router.forget()
        return router.route(requests, toolbox)

    return timed


def _yardstick(answers: Sequence[Any]) -> Timed:
    """Plain ``generate`` of a model of Qwen2.5-0.5B's shape, on as many tokens as the embedded model has."""
    import torch
    from transformers import GenerationConfig, Qwen2Config, Qwen2ForCausalLM

    config = Qwen2Config(
        vocab_size=151_936,
        hidden_size=896,
        intermediate_size=4864,
        num_hidden_layers=24,
        num_attention_heads=14,
        num_key_value_heads=2,
        tie_word_embeddings=True,
    )
    torch.manual_seed(0)
    model = Qwen2ForCausalLM(config).eval()
    prompt = round(statistics.mean(answer.prompt_tokens for answer in answers))
    count = round(statistics.mean(answer.output_tokens for answer in answers))
    ids = torch.randint(0, config.vocab_size, (1, prompt))
    settings = GenerationConfig(
        do_sample=False, min_new_tokens=count, max_new_tokens=count, eos_token_id=None, pad_token_id=0
    )

    def timed(requests: Sequence[str]) -> Any:
        with torch.inference_mode():
            return model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=settings)

    return timed


def _ms(timed: Timed, requests: Sequence[str]) -> float:
    start = time.perf_counter()
    timed(requests)
    return (time.perf_counter() - start) * 1e3


def _figures(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)

    mean = round(statistics.mean(ordered), 2)
    return {"p50_ms": at(0.5), "p95_ms": at(0.95), "p99_ms": at(0.99), "mean_ms": mean, "n": len(ordered)}


def _cold(loader: str, arguments: str) -> float:
    """Seconds from the start of a process's work to its first answer, the best of three."""
    code = _COLD.format(loader=loader, arguments=arguments)
    runs = (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(3)
    )
    return round(min(float(done.stdout.split()[-1]) for done in runs), 2)


def _threads() -> int:
    import torch

    return torch.get_num_threads()
