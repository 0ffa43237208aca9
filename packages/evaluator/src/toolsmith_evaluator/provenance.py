"""Where a report comes from: files with their hashes, versions, the commit."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from toolsmith_evaluator.paired import RESAMPLES, SEED
from toolsmith_schema.example import read_examples
from toolsmith_schema.files import sha256
from toolsmith_schema.toolbox import Toolbox


def provenance(toolbox: Toolbox, testfiles: Sequence[Path | str]) -> dict[str, Any]:
    """The receipt of a report."""
    versions = {}
    for name in ("toolsmith-schema", "toolsmith-evaluator", "toolsmith-router", "scipy", "numpy"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "toolbox": toolbox.fingerprint,
        "test_files": [
            {"path": shown_path(path), "sha256": sha256(path), "rows": len(read_examples(path))}
            for path in testfiles
        ],
        "python": platform.python_version(),
        "versions": versions,
        "commit": _commit(),
        "bootstrap": {"resamples": RESAMPLES, "seed": SEED},
    }


def _commit() -> str | None:
    """The commit of the checkout in which this runs, None outside of one."""
    try:
        done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def shown_path(path: Path | str) -> str:
    """`path` relative to the working directory, its name alone outside of it."""
    path = Path(path)
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return path.name
