"""What the contracts are about: the members of the workspace, as their files tell them."""

from __future__ import annotations

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class Member:
    """One package of the workspace."""

    folder: Path
    """Its directory."""

    @cached_property
    def project(self) -> dict[str, Any]:
        """The `project` table."""
        return self.pyproject["project"]

    @cached_property
    def pyproject(self) -> dict[str, Any]:
        """Its pyproject.toml."""
        return tomllib.loads((self.folder / "pyproject.toml").read_text("utf-8"))

    @property
    def module(self) -> str:
        """The name that it is imported under."""
        return self.project["name"].replace("-", "_")

    @property
    def source(self) -> Path:
        """The directory of its module."""
        return self.folder / "src" / self.module

    @property
    def files(self) -> list[Path]:
        """Its Python files."""
        return sorted(self.source.rglob("*.py"))

    @property
    def modules(self) -> list[str]:
        """Dotted names of all its modules; a ``__main__`` runs a program and is left out."""
        parts = (file.relative_to(self.folder / "src").with_suffix("").parts for file in self.files)
        names = {".".join(part for part in path if part != "__init__") for path in parts}
        return sorted(name for name in names if not name.endswith("__main__"))

    @property
    def requirements(self) -> list[str]:
        """Requirements, those of extras too."""
        extras = self.project.get("optional-dependencies", {})
        return [*self.project.get("dependencies", []), *(line for lines in extras.values() for line in lines)]

    @property
    def commands(self) -> dict[str, str]:
        """Command → where its click object is."""
        return self.project.get("entry-points", {}).get("toolsmith.commands", {})

    def imports(self) -> Iterator[tuple[Path, int, str, str]]:
        """File, line, module and name (or "") of every import, those inside functions too."""
        for file in self.files:
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Import):
                    for alias in node.names:
                        yield file, node.lineno, alias.name, ""
                elif isinstance(node, ast.ImportFrom):
                    assert node.level == 0, f"{file}:{node.lineno}: imports are absolute in this project"
                    for alias in node.names:
                        yield file, node.lineno, node.module or "", alias.name


MEMBERS = {
    folder.name: Member(folder=folder) for folder in sorted((ROOT / "packages").iterdir()) if folder.is_dir()
}
LIGHT = ("schema", "dataset", "agent", "mcp-server")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with an argument `member` runs for each package, one with `light` for each light one."""
    for argument, names in (("member", MEMBERS), ("light", LIGHT)):
        if argument in metafunc.fixturenames:
            metafunc.parametrize(argument, [pytest.param(MEMBERS[name], id=name) for name in names])


@pytest.fixture
def root() -> Path:
    """The directory of the workspace."""
    return ROOT


@pytest.fixture
def workspace() -> dict[str, Any]:
    """The root's pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@pytest.fixture
def members() -> dict[str, Member]:
    """All packages by the name of their directory."""
    return MEMBERS


@pytest.fixture
def tracked() -> list[Path]:
    """The files that belong to the repository: tracked, or new and not ignored."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listing, cwd=ROOT, capture_output=True, encoding="utf-8")
    if done.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]
