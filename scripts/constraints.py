"""Write the exact versions of everything that any member needs into the root's pyproject.toml.

::

    python scripts/constraints.py            resolve, keep the versions that are there
    python scripts/constraints.py --upgrade  resolve anew, take the newest versions that the ranges allow
    python scripts/constraints.py --check    exit 1 when the list is not complete, change nothing

The list stands in ``[tool.uv] constraint-dependencies``: `uv sync` then comes to the same versions from any
package index, and the lock file, which names the index, stays out of the repository. A version that holds for
some Pythons only keeps its marker; all others apply wherever the package is needed.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
BLOCK = re.compile(r"^constraint-dependencies = \[\n.*?^\]\n", re.MULTILINE | re.DOTALL)
LINE = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;+]+)(?:\+\S+)?(?: ; (?P<marker>.+))?")
EXPORT = ("export", "--all-packages", "--all-extras", "--all-groups", "--no-emit-workspace")
QUIETLY = ("--no-hashes", "--no-annotate", "--no-header", "--quiet")


def main() -> int:
    """Run the command line above and return its exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--upgrade", action="store_true", help="take the newest versions")
    mode.add_argument("--check", action="store_true", help="change nothing; 1 when the list is not complete")
    asked = parser.parse_args()

    before = PYPROJECT.read_text("utf-8")
    if not BLOCK.search(before):
        print(f"{PYPROJECT.name} has no constraint-dependencies to replace", file=sys.stderr)
        return 2
    try:
        if asked.upgrade:
            PYPROJECT.write_text(BLOCK.sub(block([]), before), "utf-8")
            uv("lock", "--upgrade")
        found = block(pins(uv(*EXPORT, *QUIETLY)))
    except subprocess.CalledProcessError as error:
        PYPROJECT.write_text(before, "utf-8")
        print(error.stderr, file=sys.stderr)
        return error.returncode
    after = BLOCK.sub(found, before)
    if asked.check:
        print("complete" if after == before else "not complete: run `nox -s constraints`")
        return int(after != before)
    PYPROJECT.write_text(after, "utf-8")
    print(f"{found.count('==')} versions, {'changed' if after != before else 'as before'}")
    return 0


def uv(*arguments: str) -> str:
    """What uv prints on stdout."""
    done = subprocess.run(
        ["uv", *arguments], cwd=PYPROJECT.parent, check=True, capture_output=True, encoding="utf-8"
    )
    return done.stdout


def pins(exported: str) -> list[str]:
    r"""Sorted requirements out of the lines of ``uv export``.

    >>> pins("b==2+cpu ; sys_platform == 'linux'\na==1 ; python_full_version < '3.12'\na==3")
    ["a==1 ; python_full_version < '3.12'", 'a==3', 'b==2']
    """
    versions: dict[str, dict[str, str | None]] = defaultdict(dict)
    for line in exported.splitlines():
        if found := LINE.fullmatch(line.strip()):
            versions[found["name"]][found["version"]] = found["marker"]
    lines = []
    for name, markers in versions.items():
        for version, marker in markers.items():
            lines.append(f"{name}=={version}" + (f" ; {marker}" if marker and len(markers) > 1 else ""))
    return sorted(lines)


def block(lines: Iterable[str]) -> str:
    """The TOML of the list."""
    return "constraint-dependencies = [\n" + "".join(f'    "{line}",\n' for line in lines) + "]\n"


if __name__ == "__main__":
    sys.exit(main())
