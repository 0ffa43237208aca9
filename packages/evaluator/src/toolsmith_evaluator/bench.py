"""How long a route takes: one request at a time, every way of running the model side by side in one run.

The machine's noise is the same for all: each request goes through every system before the next one comes.
The yardstick is a model of Qwen2.5-0.5B's shape with random weights in plain transformers; speed does not
depend on what the weights are. It has prompts and answers of as many tokens as Qwen2.5's own tokenizer
and chat template make of the default toolbox, and once more of as many as the embedded model has.
"""

from __future__ import annotations

import copy
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

QWEN = {"prompt": 1396, "constant": 1376, "answer": 23}
"""Tokens in the mean of every tenth row of data/dev.jsonl with Qwen2.5's tokenizer and chat template: the
prompt, that part of it which all requests share, the answer."""

LABELS: Mapping[str, str] = {
    "yardstick-qwen-first": "0.5 B shape, its own prompt, first token",
    "yardstick-qwen-first-cached": "0.5 B shape, its own prompt, first token, prefix cache",
    "yardstick-qwen": "0.5 B shape, plain transformers, its own prompt",
    "yardstick-qwen-cached": "0.5 B shape, its own prompt, prefix cache",
    "yardstick-first": "0.5 B shape, prompt as short as below, first token",
    "yardstick-first-cached": "0.5 B shape, prompt as short as below, first token, prefix cache",
    "yardstick": "0.5 B shape, prompt as short as below",
    "yardstick-cached": "0.5 B shape, prompt as short as below, prefix cache",
    "torch-plain": "embedded, torch, free decoding, no prefix cache",
    "torch-free": "embedded, torch, free decoding",
    "torch-span": "embedded, torch, span grammar",
    "torch-batch-8": "embedded, torch, span grammar, batches of 8",
    "light-unforced": "embedded, light runtime, token by token",
    "light-forced": "embedded, light runtime, forced tokens at once",
    "light": "embedded, light runtime, and reading ahead",
    "light-batch-8": "embedded, light runtime, and reading ahead, batches of 8",
}
"""System → what stands in the table, slowest first."""

_COLD = (
    "import time; start = time.perf_counter()\n"
    "from toolsmith_router import {loader}\n"
    "from toolsmith_schema.toolbox import Toolbox\n"
    "{loader}({arguments}).route(['What is the weather in Oslo?'], Toolbox.default())\n"
    "took = time.perf_counter() - start\n"
    "from pathlib import Path\n"
    "status = Path('/proc/self/status')\n"
    "lines = status.read_text().splitlines() if status.exists() else []\n"
    "print(took, sum(int(line.split()[1]) for line in lines if line.startswith('VmHWM')) / 1024)"
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
    from toolsmith_router import LightRouter, load_router

    span = load_router(base, adapter, batch_size=8)
    free = load_router(base, adapter, decoding="free")
    systems: dict[str, Timed] = {
        "torch-plain": _forgetting(free, toolbox),
        "torch-free": _routing(free, toolbox),
        "torch-span": _routing(span, toolbox),
        "light-unforced": _routing(LightRouter(ahead=0, force=False), toolbox),
        "light-forced": _routing(LightRouter(ahead=0), toolbox),
        "light": _routing(LightRouter(), toolbox),
    }
    answers = span.route(requests, toolbox)
    tokens = {
        "prompt": statistics.mean(answer.prompt_tokens or 0 for answer in answers),
        "constant": span.constant_tokens(toolbox),
        "answer": statistics.mean(answer.output_tokens or 0 for answer in answers),
    }
    if yardstick:
        systems = {**_yardsticks(tokens), **systems}
    for timed in systems.values():  # caches, threads and lazy imports are not what is measured
        timed(requests[:1])
    taken: dict[str, list[float]] = {name: [] for name in systems}
    for number, request in enumerate(requests):
        for name, timed in systems.items():
            if not name.startswith("yardstick") or number < yardstick:
                taken[name].append(_ms(timed, [request]))
    eights = [requests[i : i + 8] for i in range(0, len(requests) - 7, 8)]
    for name, alone in (("torch-batch-8", "torch-span"), ("light-batch-8", "light")):
        taken[name] = [_ms(systems[alone], eight) / 8 for eight in eights]
    figures = {name: _figures(values) for name, values in taken.items() if values}
    for one in figures.values():
        one["speed"] = round(figures["torch-span"]["p50_ms"] / one["p50_ms"], 2)
    return {
        "machine": f"{platform.machine()}, {_threads()} threads, Python {platform.python_version()}",
        "requests": len(requests),
        "tokens": {name: round(count, 1) for name, count in tokens.items()},
        "tokens_of_qwen": QWEN,
        "systems": {name: figures[name] for name in LABELS if name in figures},
        "light_parts": _parts(LightRouter(batch_size=1).route(requests, toolbox)),
        "cold_start": {
            "light": _cold("load_light", ""),
            "torch-span": _cold("load_router", f"{base!r}, {adapter!r}"),
        },
    }


def render(report: Mapping[str, Any]) -> str:
    """The Markdown page of a benchmark."""
    return f"# Benchmark\n\n{block(report)}\n"


def block(report: Mapping[str, Any]) -> str:
    """Tables and sentences of a benchmark, for its page and the README."""
    rows = [
        [LABELS[name], *(f"{one[key]:.1f}" for key in ("p50_ms", "p95_ms", "p99_ms")), f"{one['speed']:.2f}"]
        for name, one in report["systems"].items()
    ]
    cold = [
        [LABELS[name], f"{one['seconds']:.2f}", f"{one['megabytes']:.0f}"]
        for name, one in report["cold_start"].items()
    ]
    tokens, parts = report["tokens"], report["light_parts"]
    return "\n\n".join(
        [
            f"{report['requests']} requests one after the other, each through every system before the "
            f"next; {report['machine']}. A prompt has {tokens['prompt']} tokens in the mean, an answer "
            f"{tokens['answer']}; of Qwen2.5's own {QWEN['prompt']} and {QWEN['answer']}. Milliseconds a "
            "request; the last column is the speed at the median, with torch and the span grammar as 1. "
            "*First token* is a run that ends there.",
            table(["system", "p50", "p95", "p99", "speed"], rows),
            f"In the light runtime the first choice is made after {parts['first_ms']:.1f} ms at the "
            f"median, then {parts['tokens_per_second']:.0f} tokens a second follow; the model is run "
            f"{parts['steps']:.1f} times an answer in the mean. Building the grammar of a request, its "
            f"masks and forced tokens take {parts['grammar_ms']:.1f} ms, "
            f"{100 * parts['grammar_share']:.0f} % of the time.",
            "From the start of the process to the first answer, and its largest memory:",
            table(["system", "seconds", "MB"], cold),
        ]
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


def _yardsticks(tokens: Mapping[str, float]) -> dict[str, Timed]:
    """Plain ``generate`` of a model of Qwen2.5-0.5B's shape, on the tokens of Qwen2.5 and on `tokens`.

    What is cached has the keys and values of the constant part of its prompt already. The runs to the
    first token show what that spares.
    """
    import torch
    from transformers import DynamicCache, GenerationConfig, Qwen2Config, Qwen2ForCausalLM

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

    def runs(prompt: float, constant: float, answer: float) -> tuple[Timed, Timed]:
        """Without and with the cache."""
        count = round(answer)
        ids = torch.randint(0, config.vocab_size, (1, round(prompt)))
        settings = GenerationConfig(
            do_sample=False, min_new_tokens=count, max_new_tokens=count, eos_token_id=None, pad_token_id=0
        )
        with torch.inference_mode():
            empty = DynamicCache(config=config)
            kept = model(ids[:, : round(constant)], past_key_values=empty).past_key_values

        def generate(cache: Any) -> Any:
            mask = torch.ones_like(ids)
            with torch.inference_mode():
                return model.generate(
                    ids, attention_mask=mask, generation_config=settings, past_key_values=cache
                )

        return lambda _: generate(None), lambda _: generate(copy.deepcopy(kept))

    short = {name: tokens[name] for name in QWEN}
    made: dict[str, Timed] = {}
    for name, sizes in (
        ("yardstick-qwen-first", {**QWEN, "answer": 1}),
        ("yardstick-qwen", QWEN),
        ("yardstick-first", {**short, "answer": 1}),
        ("yardstick", short),
    ):
        made[name], made[f"{name}-cached"] = runs(**sizes)
    return made


def _parts(answers: Sequence[Any]) -> dict[str, float]:
    """Where the time of the light runtime goes, from what it says of itself."""
    told = [answer.details for answer in answers]
    first = statistics.median(one["first_ms"] for one in told)
    rest = sum(answer.latency_ms - one["first_ms"] for answer, one in zip(answers, told, strict=True))
    grammar = statistics.mean(one["grammar_ms"] for one in told)
    following = sum((answer.output_tokens or 1) - 1 for answer in answers)
    return {
        "first_ms": round(first, 2),
        "tokens_per_second": round(following / rest * 1e3, 1),
        "steps": round(statistics.mean(one["steps"] for one in told), 2),
        "grammar_ms": round(grammar, 2),
        "grammar_share": round(grammar / statistics.mean(answer.latency_ms for answer in answers), 3),
    }


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


def _cold(loader: str, arguments: str) -> dict[str, float]:
    """Seconds from the start of a process's work to its first answer, the best of three; its peak memory.

    Memory is the largest resident set as Linux tells it, 0 elsewhere.
    """
    code = _COLD.format(loader=loader, arguments=arguments)
    runs = (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(3)
    )
    seconds, megabytes = min(tuple(map(float, done.stdout.split()[-2:])) for done in runs)
    return {"seconds": round(seconds, 2), "megabytes": round(megabytes, 1)}


def _threads() -> int:
    import torch

    return torch.get_num_threads()
