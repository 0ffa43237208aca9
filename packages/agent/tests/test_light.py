"""Light means proven light, and what the README shows is true."""

import doctest
import importlib
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import toolsmith_agent
from toolsmith_schema.main import main

SOURCE = Path(toolsmith_agent.__file__).parent
README = Path(__file__).parents[1] / "README.md"
HEAVY = ("torch", "transformers", "numpy", "peft", "trl", "datasets", "matplotlib", "scipy")
LATE = (
    "httpx2",
    "opentelemetry",
    "mcp",
    "mcp_types",
    "anyio",
    "asyncio",
    "click",
    "jsonschema",
    "dateparser",
)
WITH_EXAMPLES = sorted(p.stem for p in SOURCE.glob("*.py") if ">>>" in p.read_text("utf-8"))

CODE = """
import importlib, pkgutil, sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Block())
import toolsmith_agent
"""


def run(blocked, code):
    """Run `code` in a fresh interpreter in which `blocked` cannot be imported."""
    program = f"BLOCKED = {blocked!r}\n{CODE}\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_imports_without_the_heavy_packages():
    code = """
names = [m.name for m in pkgutil.walk_packages(toolsmith_agent.__path__, "toolsmith_agent.")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""
    assert int(run((*HEAVY, "mcp", "toolsmith_router"), code)) == len(list(SOURCE.glob("*.py"))) - 1


def test_the_package_itself_imports_without_the_libraries_that_only_some_calls_need():
    run((*HEAVY, *LATE), "toolsmith_agent.Agent; toolsmith_agent.EndpointRouter('http://127.0.0.1:1', 'm')")


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_module_are_true(name):
    result = doctest.testmod(importlib.import_module(f"toolsmith_agent.{name}"))
    assert result.attempted and not result.failed


def test_the_python_of_the_readme_is_true():
    result = doctest.testfile(str(README), module_relative=False)
    assert result.attempted >= 4 and not result.failed


def test_the_commands_of_the_readme_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```console\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    lines = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ toolsmith ")]
    assert len(lines) >= 3
    for line in lines:
        assert main(shlex.split(line, comments=True)[1:]) == 0, line
    capsys.readouterr()
