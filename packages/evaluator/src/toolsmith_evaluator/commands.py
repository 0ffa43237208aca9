"""``toolsmith eval``: predict test rows, compare two systems, write the report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from toolsmith_evaluator.paired import ALPHA, Paired
from toolsmith_evaluator.systems import DECODINGS, KINDS
from toolsmith_schema.errors import EXIT_NO, EXIT_OK, ArtifactMissing, ToolsmithError

PREDICTIONS = Path("artifacts/eval")
"""Where prediction files are kept."""

TESTFILES = (Path("data/test.jsonl"), Path("data/handwritten.jsonl"))
"""What is measured where no file is named."""

_PATH = click.Path(path_type=Path)


def _testfiles(command: Any) -> Any:
    return click.option(
        "--testfile",
        "testfiles",
        type=_PATH,
        multiple=True,
        default=TESTFILES,
        show_default=", ".join(map(str, TESTFILES)),
        help="File of labelled rows; give it several times for several files.",
    )(command)


@click.group()
def evaluate() -> None:
    """Measure base against tuned and write the report."""


@evaluate.command("run")
@_testfiles
@click.option("--system", "kind", type=click.Choice(KINDS), default="tuned", show_default=True)
@click.option("--decoding", type=click.Choice(DECODINGS), default="span", show_default=True)
@click.option("--shots", type=click.IntRange(0), default=0, show_default=True, help="Examples in the prompt.")
@click.option("--shots-from", type=_PATH, default=Path("data/train.jsonl"), show_default=True)
@click.option("--base", default="artifacts/base", show_default=True, help="Directory or hub id of the base.")
@click.option("--adapter", default="artifacts/adapter", show_default=True, help="Directory of the adapter.")
@click.option("--toolbox", "toolbox_path", type=_PATH, help="Toolbox file.  [default: the eight tools]")
@click.option("--tag", default="", help="Added to the system's name, to keep runs apart.")
@click.option(
    "--output", type=_PATH, default=PREDICTIONS, show_default=True, help="Folder of the predictions."
)
@click.option("--limit", type=click.IntRange(1), help="Only the first rows of each file.")
@click.option("--batch-size", type=click.IntRange(1), default=32, show_default=True)
@click.option("--fresh", is_flag=True, help="Predict every row again.")
def run(
    testfiles: Sequence[Path],
    kind: str,
    decoding: str,
    shots: int,
    shots_from: Path,
    base: str,
    adapter: str,
    toolbox_path: Path | None,
    tag: str,
    output: Path,
    limit: int | None,
    batch_size: int,
    fresh: bool,
) -> int:
    """Predict the test rows with one system; a stopped run goes on where it left off."""
    from toolsmith_evaluator.predict import predict
    from toolsmith_evaluator.systems import make_system, pick_shots
    from toolsmith_schema.example import read_examples
    from toolsmith_schema.toolbox import Toolbox

    toolbox = Toolbox.load(toolbox_path) if toolbox_path else Toolbox.default()
    examples = [example for path in testfiles for example in read_examples(path)[:limit]]
    chosen = pick_shots(read_examples(shots_from), shots) if shots else []
    system = make_system(
        kind, toolbox=toolbox, decoding=decoding, shots=chosen, base=base, adapter=adapter, tag=tag
    )
    path = output / f"{system.name}.jsonl"
    if fresh:
        path.unlink(missing_ok=True)
    predictions = predict(
        system.router,
        examples,
        path,
        toolbox=toolbox,
        system=system.name,
        fingerprint=system.fingerprint,
        batch_size=batch_size,
        progress=lambda done, all_: click.echo(f"\r{system.name}: {done}/{all_}", nl=done == all_, err=True),
    )
    click.echo(f"{path}: {len(predictions)} rows")
    return EXIT_OK


@evaluate.command("compare")
@click.argument("a")
@click.argument("b")
@_testfiles
@click.option("--predictions", type=_PATH, default=PREDICTIONS, show_default=True)
@click.option("--toolbox", "toolbox_path", type=_PATH, help="Toolbox file.  [default: the eight tools]")
@click.option(
    "--require-lift", is_flag=True, help="Exit 1 unless B is better on every part and refuses as well."
)
@click.option("--json", "as_json", is_flag=True, help="Print the same as JSON.")
def compare(
    a: str,
    b: str,
    testfiles: Sequence[Path],
    predictions: Path,
    toolbox_path: Path | None,
    require_lift: bool,
    as_json: bool,
) -> int:
    """Compare system B against system A on the same rows; each is a prediction file or a system's name.

    With --require-lift the exit code is 1 unless B is fully correct significantly more often on every part
    of the test rows, and its refusals did not get significantly worse.
    """
    from toolsmith_evaluator.report import paired_parts, read_answers, read_test_rows
    from toolsmith_evaluator.tables import p_value
    from toolsmith_schema.toolbox import Toolbox

    toolbox = Toolbox.load(toolbox_path) if toolbox_path else Toolbox.default()
    examples = read_test_rows(testfiles)
    old, new = (read_answers(_found(name, predictions), examples, toolbox) for name in (a, b))
    pairs = paired_parts(old.rows, new.rows)
    if not pairs:
        raise ToolsmithError(f"{a} and {b} have no answer to a test row in common")
    reasons = [f"{one.name} lacks {one.unanswered} test rows" for one in (old, new) if one.unanswered]
    reasons += against_lift(pairs)
    if as_json:
        shown = {"pairs": [pair.to_json() for pair in pairs], "lift": not reasons, "reasons": reasons}
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        for pair in pairs:
            click.echo(
                f"{pair.measure:14} {pair.part:18} n={pair.n:<5} {100 * pair.difference:+6.1f} points "
                f"[{100 * pair.low:+.1f}, {100 * pair.high:+.1f}]  fixed {pair.fixed}, broken {pair.broken}, "
                f"p {p_value(pair.p)}: {pair.to_json()['verdict']}"
            )
    if require_lift and reasons:
        for reason in reasons:
            click.echo(f"no lift: {reason}", err=True)
        return EXIT_NO
    return EXIT_OK


@evaluate.command("report")
@_testfiles
@click.option("--predictions", type=_PATH, default=PREDICTIONS, show_default=True)
@click.option("--toolbox", "toolbox_path", type=_PATH, help="Toolbox file.  [default: the eight tools]")
@click.option(
    "--output", type=_PATH, default=Path("artifacts"), show_default=True, help="Folder of the report."
)
@click.option("--readme", type=_PATH, help="File whose result block is to be brought up to date.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when the block is not that of eval.json.")
@click.option("--no-plots", is_flag=True, help="Leave the pictures out.")
def report(
    testfiles: Sequence[Path],
    predictions: Path,
    toolbox_path: Path | None,
    output: Path,
    readme: Path | None,
    check: bool,
    no_plots: bool,
) -> int:
    """Write eval.json, eval.csv, eval_report.md and the pictures from all prediction files."""
    from toolsmith_evaluator import tables
    from toolsmith_evaluator.markdown import render
    from toolsmith_evaluator.report import build, read_answers, read_test_rows, write
    from toolsmith_schema.files import read_json
    from toolsmith_schema.toolbox import Toolbox

    if check:
        if readme is None:
            raise click.UsageError("--check compares a file: name it with --readme")
        current = tables.is_current(readme, read_json(output / "eval.json"))
        verdict = "the results are those of" if current else "the results differ from"
        click.echo(f"{readme}: {verdict} {output / 'eval.json'}")
        return EXIT_OK if current else EXIT_NO
    toolbox = Toolbox.load(toolbox_path) if toolbox_path else Toolbox.default()
    examples = read_test_rows(testfiles)
    files = sorted(predictions.glob("*.jsonl"))
    if not files:
        raise ArtifactMissing("predictions", predictions, "toolsmith eval run --system rules")
    answers = [read_answers(file, examples, toolbox) for file in files]
    if not any(system.rows for system in answers):
        raise ToolsmithError(f"no prediction in {predictions} answers a row of the test files")
    made = build(answers, examples, toolbox, testfiles=testfiles)
    written = write(made, output, render(made))
    if readme is not None and tables.update(readme, made):
        written.append(readme)
    if not no_plots:
        from toolsmith_evaluator.plots import draw

        written += draw(made, output)
    for path in written:
        click.echo(path)
    return EXIT_OK


@evaluate.command("robustness")
@click.option(
    "--testfile", type=_PATH, default=TESTFILES[0], show_default=True, help="File of labelled rows."
)
@click.option("--system", "kind", type=click.Choice(KINDS), default="tuned", show_default=True)
@click.option("--decoding", type=click.Choice(DECODINGS), default="span", show_default=True)
@click.option("--base", default="artifacts/base", show_default=True, help="Directory or hub id of the base.")
@click.option("--adapter", default="artifacts/adapter", show_default=True, help="Directory of the adapter.")
@click.option(
    "--rows", type=click.IntRange(1), default=200, show_default=True, help="Rows, spread over the file."
)
@click.option(
    "--output", type=_PATH, default=Path("artifacts"), show_default=True, help="Folder of the report."
)
def robustness(
    testfile: Path, kind: str, decoding: str, base: str, adapter: str, rows: int, output: Path
) -> int:
    """Measure one system on changed requests and toolboxes; writes robustness.json and robustness.md.

    Entries of other systems stay in the report. A stopped run goes on where it left off.
    """
    from toolsmith_evaluator.provenance import shown_path
    from toolsmith_evaluator.robustness import evenly, measure, render
    from toolsmith_evaluator.systems import make_system
    from toolsmith_schema.example import read_examples
    from toolsmith_schema.files import read_json, sha256, write_json, write_text
    from toolsmith_schema.toolbox import Toolbox

    toolbox = Toolbox.default()
    system = make_system(kind, toolbox=toolbox, decoding=decoding, base=base, adapter=adapter)
    chosen = evenly(read_examples(testfile), rows)
    path = output / "robustness.json"
    report: dict[str, Any] = {"testfile": shown_path(testfile), "sha256": sha256(testfile), "systems": {}}
    if path.exists() and read_json(path).get("sha256") == report["sha256"]:
        report = read_json(path)
    report["systems"][system.name] = measure(
        system,
        chosen,
        toolbox,
        output / "robustness",
        progress=lambda name, done, total: click.echo(
            f"\r{name}: {done}/{total}", nl=done == total, err=True
        ),
    )
    click.echo(write_json(path, report))
    click.echo(write_text(output / "robustness.md", render(report)))
    return EXIT_OK


@evaluate.command("zero-shot")
@click.option(
    "--toolboxes",
    type=_PATH,
    default=Path("data/zero_shot"),
    show_default=True,
    help="Folder of folders, each with toolbox.json and rows.jsonl.",
)
@click.option("--system", "kind", type=click.Choice(KINDS), default="tuned", show_default=True)
@click.option("--decoding", type=click.Choice(DECODINGS), default="span", show_default=True)
@click.option("--base", default="artifacts/base", show_default=True, help="Directory or hub id of the base.")
@click.option("--adapter", default="artifacts/adapter", show_default=True, help="Directory of the adapter.")
@click.option("--output", type=_PATH, default=Path("artifacts"), show_default=True)
def zero_shot(toolboxes: Path, kind: str, decoding: str, base: str, adapter: str, output: Path) -> int:
    """Measure one system on toolboxes it never saw; writes zero_shot.json and zero_shot.md.

    Entries of other systems stay in the report.
    """
    from toolsmith_evaluator import zero_shot as unseen
    from toolsmith_evaluator.provenance import shown_path
    from toolsmith_evaluator.systems import make_system
    from toolsmith_schema.files import read_json, sha256, write_json, write_text
    from toolsmith_schema.toolbox import Toolbox

    found = unseen.read(toolboxes)
    system = make_system(kind, toolbox=Toolbox.default(), decoding=decoding, base=base, adapter=adapter)
    about = {
        f"{one.name}/{file}": sha256(toolboxes / one.name / file)
        for one in found
        for file in ("toolbox.json", "rows.jsonl")
    }
    path = output / "zero_shot.json"
    report: dict[str, Any] = {"toolboxes": shown_path(toolboxes), "files": about, "systems": {}}
    if path.exists() and read_json(path).get("files") == about:
        report = read_json(path)
    report["systems"][system.name] = unseen.measure(
        system,
        found,
        output / "zero_shot",
        progress=lambda name, done, total: click.echo(f"{system.name}: {name}, {done}/{total}", err=True),
    )
    click.echo(write_json(path, report))
    click.echo(write_text(output / "zero_shot.md", unseen.render(report)))
    return EXIT_OK


@evaluate.command("bfcl")
@click.option(
    "--data",
    "folder",
    type=_PATH,
    required=True,
    help="bfcl_eval/data out of the wheel bfcl-eval (pip download --no-deps bfcl-eval; unzip).",
)
@click.option(
    "--category", "categories", multiple=True, help="One of the single-call categories.  [default: all]"
)
@click.option("--limit", type=click.IntRange(1), help="Only the first rows of each category.")
@click.option("--system", "kind", type=click.Choice(KINDS), default="tuned", show_default=True)
@click.option("--decoding", type=click.Choice(DECODINGS), default="span", show_default=True)
@click.option("--base", default="artifacts/base", show_default=True, help="Directory or hub id of the base.")
@click.option("--adapter", default="artifacts/adapter", show_default=True, help="Directory of the adapter.")
@click.option("--output", type=_PATH, default=Path("artifacts"), show_default=True)
def bfcl(
    folder: Path,
    categories: Sequence[str],
    limit: int | None,
    kind: str,
    decoding: str,
    base: str,
    adapter: str,
    output: Path,
) -> int:
    """Measure one system on single calls of the Berkeley leaderboard; writes bfcl.json and bfcl.md.

    The data is not part of this project. Entries of other systems stay in the report.
    """
    from toolsmith_evaluator import bfcl as leaderboard
    from toolsmith_evaluator.systems import make_system
    from toolsmith_schema.files import read_json, write_json, write_text
    from toolsmith_schema.toolbox import Toolbox

    if unknown := sorted(set(categories) - set(leaderboard.CATEGORIES)):
        names = ", ".join(leaderboard.CATEGORIES)
        raise click.UsageError(f"{unknown[0]!r} is not a single-call category; these are {names}")
    chosen = [name for name in leaderboard.CATEGORIES if name in (categories or leaderboard.CATEGORIES)]
    cases = {name: leaderboard.read(folder, name)[:limit] for name in chosen}
    system = make_system(kind, toolbox=Toolbox.default(), decoding=decoding, base=base, adapter=adapter)
    about = {name: leaderboard.digest(rows) for name, rows in cases.items()}
    path = output / "bfcl.json"
    report: dict[str, Any] = {"rows": about, "systems": {}}
    if path.exists() and read_json(path).get("rows") == about:
        report = read_json(path)
    report["systems"][system.name] = leaderboard.measure(
        system,
        cases,
        progress=lambda name, done, total: click.echo(f"{system.name}: {name}, {done}/{total}", err=True),
    )
    click.echo(write_json(path, report))
    click.echo(write_text(output / "bfcl.md", leaderboard.render(report)))
    return EXIT_OK


@evaluate.command("calibrate")
@click.option("--testfile", type=_PATH, default=Path("data/dev.jsonl"), show_default=True)
@click.option("--base", default="artifacts/base", show_default=True, help="Directory or hub id of the base.")
@click.option("--adapter", default="artifacts/adapter", show_default=True, help="Directory of the adapter.")
@click.option(
    "--precision",
    "target",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.98,
    show_default=True,
    help="Share of the executed calls that has to be right.",
)
@click.option("--toolbox", "toolbox_path", type=_PATH, help="Toolbox file.  [default: the eight tools]")
@click.option("--output", type=_PATH, default=Path("artifacts"), show_default=True)
@click.option("--no-plots", is_flag=True, help="No picture (needs no matplotlib).")
def calibrate(
    testfile: Path,
    base: str,
    adapter: str,
    target: float,
    toolbox_path: Path | None,
    output: Path,
    no_plots: bool,
) -> int:
    """Choose the confidence that a call needs, on rows that nothing else is measured on.

    Writes calibration.json, from which the agent's --careful reads the threshold, and a picture.
    """
    from toolsmith_evaluator import calibration
    from toolsmith_evaluator.provenance import shown_path
    from toolsmith_evaluator.systems import make_system
    from toolsmith_schema.example import read_examples
    from toolsmith_schema.files import sha256, write_json
    from toolsmith_schema.toolbox import Toolbox

    toolbox = Toolbox.load(toolbox_path) if toolbox_path else Toolbox.default()
    system = make_system("tuned", toolbox=toolbox, base=base, adapter=adapter)
    calls = calibration.judged(system.router, read_examples(testfile), toolbox)
    if not calls:
        raise ToolsmithError(f"the tuned model makes no call of the rows in {testfile}")
    report = calibration.calibrate(calls, target=target)
    about = {"testfile": shown_path(testfile), "sha256": sha256(testfile), "fingerprint": system.fingerprint}
    click.echo(write_json(output / "calibration.json", {**about, **report}))
    if not no_plots:
        click.echo(calibration.picture(report, output / "calibration.png"))
    kept = f"{100 * (report['coverage']['rate'] or 0):.1f} % of {report['calls']} calls"
    reached = report["threshold"] is not None
    click.echo(
        f"confidence {report['threshold']:.4f} keeps {kept}, {100 * report['precision']['rate']:.1f} % right"
        if reached
        else f"no confidence reaches a precision of {target:.0%} on {report['calls']} calls"
    )
    return EXIT_OK


@evaluate.command("sweep")
@click.argument("runs", type=_PATH)
@click.option("--testfile", type=_PATH, default=Path("data/dev.jsonl"), show_default=True)
@click.option("--output", type=_PATH, default=Path("artifacts"), show_default=True)
@click.option("--no-plots", is_flag=True, help="No picture (needs no matplotlib).")
def sweep(runs: Path, testfile: Path, output: Path, no_plots: bool) -> int:
    """Put several fine-tunings side by side; writes sweep.json, sweep.md and a picture.

    Each folder in RUNS is one: the train.json of its fine-tuning, and its predictions of --testfile.
    """
    from toolsmith_evaluator import sweep as side_by_side
    from toolsmith_evaluator.provenance import shown_path
    from toolsmith_evaluator.report import read_test_rows
    from toolsmith_schema.files import sha256, write_json, write_text
    from toolsmith_schema.toolbox import Toolbox

    found = side_by_side.collect(runs, read_test_rows([testfile]), Toolbox.default())
    report = {"testfile": shown_path(testfile), "sha256": sha256(testfile), "runs": found}
    click.echo(write_json(output / "sweep.json", report))
    click.echo(write_text(output / "sweep.md", side_by_side.render(report)))
    if not no_plots:
        click.echo(side_by_side.picture(report, output / "sweep.png"))
    return EXIT_OK


@evaluate.command("bench")
@click.option(
    "--testfile",
    type=_PATH,
    default=Path("data/dev.jsonl"),
    show_default=True,
    help="File whose requests are routed.",
)
@click.option("--base", default="artifacts/base", show_default=True, help="Directory or hub id of the base.")
@click.option("--adapter", default="artifacts/adapter", show_default=True, help="Directory of the adapter.")
@click.option(
    "--rows", type=click.IntRange(8), default=80, show_default=True, help="Requests, spread over the file."
)
@click.option(
    "--yardstick",
    type=click.IntRange(0),
    default=8,
    show_default=True,
    help="Requests for a model of 0.5 B parameters with random weights; 0 leaves it out.",
)
@click.option("--output", type=_PATH, default=Path("artifacts/bench"), show_default=True)
@click.option("--readme", type=_PATH, help="File whose speed block is to be brought up to date.")
@click.option("--no-plots", is_flag=True, help="No picture (needs no matplotlib).")
def bench(
    testfile: Path,
    base: str,
    adapter: str,
    rows: int,
    yardstick: int,
    output: Path,
    readme: Path | None,
    no_plots: bool,
) -> int:
    """Time every way of running the tuned model side by side; writes bench.json, bench.md and a picture."""
    from toolsmith_evaluator import bench as timing
    from toolsmith_evaluator.blocks import put
    from toolsmith_evaluator.robustness import evenly
    from toolsmith_schema.example import read_examples
    from toolsmith_schema.files import write_json, write_text
    from toolsmith_schema.toolbox import Toolbox

    requests = [example.request for example in evenly(read_examples(testfile), rows)]
    report = timing.bench(requests, Toolbox.default(), base=base, adapter=adapter, yardstick=yardstick)
    click.echo(write_json(output / "bench.json", report))
    click.echo(write_text(output / "bench.md", timing.render(report)))
    if not no_plots:
        click.echo(timing.picture(report, output / "bench.png"))
    if readme is not None and put(readme, "speed", timing.block(report)):
        click.echo(readme)
    return EXIT_OK


def against_lift(pairs: Sequence[Paired]) -> list[str]:
    """Why B is not shown to be better than A; empty when it is.

    Every part has to be significant by itself, so no adjustment for several tests is due.
    """
    reasons = []
    for pair in pairs:
        if pair.measure == "fully_correct" and not pair.better:
            change = f"{100 * pair.difference:+.1f} points, p {pair.p:.3g}, level {ALPHA}"
            reasons.append(f"{pair.part}: no significant rise of fully correct rows ({change})")
        elif pair.measure != "fully_correct" and pair.worse:
            reasons.append(f"{pair.part}: refusals got worse (fixed {pair.fixed}, broken {pair.broken})")
    return reasons


def _found(name: str, folder: Path) -> Path:
    """The prediction file that `name` means."""
    for path in (Path(name), folder / f"{name}.jsonl"):
        if path.is_file():
            return path
    raise ArtifactMissing(f"the predictions {name!r}", folder, "toolsmith eval run")
