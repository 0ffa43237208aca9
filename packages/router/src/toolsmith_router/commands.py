"""``toolsmith route``: one request, or a file of them; ``toolsmith export``: the model for other runtimes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from toolsmith_schema.decision import NeedArgument
from toolsmith_schema.errors import EXIT_NO, EXIT_OK, DataError
from toolsmith_schema.example import parse_clock
from toolsmith_schema.files import write_jsonl
from toolsmith_schema.hints import require
from toolsmith_schema.resolve import Resolved, resolve_routed
from toolsmith_schema.router import Routed, Router
from toolsmith_schema.toolbox import Toolbox

DEFAULT_BASE = "artifacts/base"


@click.command()
@click.argument("request", required=False)
@click.option("--batch", type=click.Path(path_type=Path), help="JSON lines, each with at least a request.")
@click.option(
    "--output", type=click.Path(path_type=Path), help="Where the batch's answers go, in the same order."
)
@click.option("--model", type=click.Choice(["base", "tuned"]), default="tuned", show_default=True)
@click.option(
    "--decoding",
    type=click.Choice(["span", "free"]),
    default="span",
    show_default=True,
    help="span: open arguments can only be words of the request; free: nothing is forced.",
)
@click.option(
    "--runtime",
    type=click.Choice(["auto", "torch", "light"]),
    default="auto",
    show_default=True,
    help="light: the exported tuned model, without torch; auto: torch where it and the models are there.",
)
@click.option(
    "--exported",
    type=click.Path(path_type=Path),
    help="Exported model for light; the package's own if left out.",
)
@click.option("--base", default=DEFAULT_BASE, show_default=True, help="Directory or hub id of the base.")
@click.option("--adapter", default="artifacts/adapter", show_default=True, help="Directory of the adapter.")
@click.option("--now", help="The user's local clock, such as 2026-11-23T09:00.  [default: this machine's]")
@click.option(
    "--toolbox", "box", type=click.Path(path_type=Path), help="Toolbox file instead of the default."
)
@click.option("--batch-size", type=click.IntRange(1, 512), default=16, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the whole result as one JSON object.")
def route(
    request: str | None,
    batch: Path | None,
    output: Path | None,
    model: str,
    decoding: str,
    runtime: str,
    exported: Path | None,
    base: str,
    adapter: str,
    now: str | None,
    box: Path | None,
    batch_size: int,
    as_json: bool,
) -> int:
    """Turn REQUEST into one tool call, or say that no tool fits.

    Exit code 1 when the answer is not usable, or when a line of the batch was bad.
    """
    if (request is None) == (batch is None):
        raise click.UsageError(
            'Give one request, such as toolsmith route "weather in Oslo?", or --batch FILE.'
        )
    if (batch is None) != (output is None):
        raise click.UsageError("--batch and --output go together.")
    try:
        clock = parse_clock(now) if now else datetime.now().replace(second=0, microsecond=0)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--now") from None
    toolbox = Toolbox.load(box) if box else Toolbox.default()
    lines = list(read_requests(batch, clock)) if batch else []

    router = _router(runtime, exported, base, adapter, model, decoding, batch_size)
    if batch is None:
        assert request is not None
        routed = router.route([request], toolbox)[0]
        resolved = resolve_routed(routed, toolbox, clock)
        row = outcome_row(request, routed, resolved)
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else describe(row))
        return EXIT_NO if row["outcome"] == "invalid" else EXIT_OK
    assert output is not None
    rows = route_batch(router, lines, toolbox, chunk=batch_size * 8)
    write_jsonl(output, rows)
    bad = sum("error" in row for row in rows)
    click.echo(f"{output}: {len(rows)} rows, {bad} bad lines", err=True)
    return EXIT_NO if bad else EXIT_OK


def _router(
    runtime: str, exported: Path | None, base: str, adapter: str, model: str, decoding: str, batch_size: int
) -> Router:
    plain = model == "tuned" and decoding == "span"
    if runtime == "auto":
        named = base != DEFAULT_BASE or (Path(base) / "config.json").exists()
        there = exported is None and named and find_spec("torch") is not None
        runtime = "torch" if there or not plain else "light"
    if runtime == "light":
        if not plain:
            raise click.UsageError("The light runtime has the tuned model with span decoding only.")
        from toolsmith_router.light.router import MODEL, load_light

        return load_light(exported or MODEL, batch_size=batch_size)
    require("torch", "the runtime 'torch'", install="toolsmith-router[torch]")
    from toolsmith_router.model_router import load_router

    return load_router(
        base,
        adapter if model == "tuned" else None,
        model=model,  # type: ignore[arg-type]
        decoding=decoding,  # type: ignore[arg-type]
        batch_size=batch_size,
    )


@click.command()
@click.option("--base", default=DEFAULT_BASE, show_default=True, help="Directory or hub id of the base.")
@click.option("--adapter", default="artifacts/adapter", show_default=True, help="Directory of the adapter.")
@click.option(
    "--output", type=click.Path(path_type=Path), default=Path("artifacts/merged"), show_default=True
)
@click.option(
    "--gguf", type=click.Path(path_type=Path), help="Also write the model to this file, for llama.cpp."
)
def export(base: str, adapter: str, output: Path, gguf: Path | None) -> int:
    """Merge ADAPTER into BASE: a model directory in half precision, for the light runtime and others."""
    require("torch", "the command 'export'", install="toolsmith-router[torch]")
    if gguf is not None:
        require("gguf", "the option '--gguf'", install="toolsmith-router[gguf]")
    from toolsmith_router.exporting import export as run

    about = run(base, adapter, output)
    size = sum(file.stat().st_size for file in output.iterdir()) / 1e6
    click.echo(f"{output}: {about['parameters']:,} parameters, {size:.1f} MB")
    if gguf is not None:
        from toolsmith_router.gguf_file import write_gguf

        exact = write_gguf(output, gguf)
        click.echo(f"{gguf}: {gguf.stat().st_size / 1e6:.1f} MB")
        if not exact:
            click.echo(
                "llama.cpp has no pre-tokenizer for this base and would cut text otherwise than the model "
                "was taught: send a prompt as the numbers of its tokens.",
                err=True,
            )
    return EXIT_OK


Line = tuple[str, datetime] | dict[str, Any]
"""A request with its clock, or the output row of a line that cannot be read."""


def read_requests(path: Path, clock: datetime) -> Iterator[Line]:
    """Read a batch file; a line that is no request becomes its output row with an ``error``.

    A line may carry its own ``now``. Blank lines are passed over.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(path, f"cannot be read ({error.strerror})") from None
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode("utf-8"))
            if not isinstance(row, dict) or not isinstance(row.get("request"), str):
                raise ValueError('an object with a "request" text is wanted')
            yield row["request"], parse_clock(row["now"]) if "now" in row else clock
        except (ValueError, RecursionError) as error:
            yield bad_row(f"line {number}: {error}")


def bad_row(error: str) -> dict[str, Any]:
    """The output row of a line that is no request."""
    return {
        "request": None,
        "outcome": "invalid",
        "tool": None,
        "args": {},
        "said_args": {},
        "raw": "",
        "violations": [],
        "latency_ms": 0.0,
        "error": error,
    }


def route_batch(
    router: Router, lines: Sequence[Line], toolbox: Toolbox, *, chunk: int
) -> list[dict[str, Any]]:
    """Route the lines in order, `chunk` at a time; bad lines keep their rows."""
    good = [(i, line) for i, line in enumerate(lines) if isinstance(line, tuple)]
    rows: list[dict[str, Any]] = [line if isinstance(line, dict) else {} for line in lines]
    for at in range(0, len(good), chunk):
        part = good[at : at + chunk]
        answers = router.route([line[0] for _, line in part], toolbox)
        for (i, (request, clock)), routed in zip(part, answers, strict=True):
            rows[i] = outcome_row(request, routed, resolve_routed(routed, toolbox, clock))
        if len(good) > chunk:
            print(f"{min(at + chunk, len(good))} of {len(good)}", file=sys.stderr, flush=True)
    return rows


def outcome_row(request: str, routed: Routed, resolved: Resolved) -> dict[str, Any]:
    """The output object of one request."""
    wire = resolved.decision.to_json() if resolved.decision is not None else {"tool": None, "args": {}}
    said = resolved.said.to_json() if resolved.said is not None else {"args": {}}
    missing = dict(resolved.decision.missing) if isinstance(resolved.decision, NeedArgument) else {}
    return {
        "request": request,
        "outcome": resolved.outcome,
        "tool": wire["tool"],
        "args": wire["args"],
        "said_args": said["args"],
        "raw": routed.raw,
        "violations": [violation.to_json() for violation in resolved.violations],
        "coercions": [coercion.to_json() for coercion in resolved.coercions],
        "missing": missing,
        "confidence": None if routed.confidence is None else round(routed.confidence, 4),
        "tier": routed.tier,
        "latency_ms": round(routed.latency_ms, 2),
    }


def describe(row: dict[str, Any]) -> str:
    """The result in a few lines for people."""
    call = json.dumps({"tool": row["tool"], "args": row["args"]}, ensure_ascii=False)
    if row["outcome"] == "call":
        return call
    if row["outcome"] == "no_tool":
        return "no tool fits"
    if row["outcome"] == "need_argument":
        asks = "; ".join(f"{name} ({text})" if text else name for name, text in row["missing"].items())
        return f"{call}\nstill needed: {asks}"
    reasons = [f"  {v['pointer'] or '/'}: {v['message'] or v['expected']}" for v in row["violations"]]
    return "\n".join(["not usable:", *reasons, f"  the model's text was: {row['raw'][:200]}"])
