"""Light means proven light: no module of this package needs torch, transformers or numpy."""

import ast
import subprocess
import sys
from pathlib import Path

import toolsmith_schema

HEAVY = ("torch", "transformers", "numpy", "peft", "trl", "datasets", "matplotlib", "scipy", "llguidance")
LATE = ("jsonschema", "dateparser", "babel", "click")
SOURCE = Path(toolsmith_schema.__file__).parent

BLOCK = """
import importlib, pkgutil, sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Block())
"""


def run(blocked: tuple[str, ...], code: str) -> str:
    """Run `code` in a fresh interpreter in which `blocked` cannot be imported."""
    program = f"BLOCKED = {blocked!r}\n{BLOCK}\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_imports_without_the_heavy_packages() -> None:
    code = """
import toolsmith_schema
names = [m.name for m in pkgutil.walk_packages(toolsmith_schema.__path__, "toolsmith_schema.")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""
    modules = [path for path in SOURCE.rglob("*.py") if path.name != "__init__.py" or path.parent != SOURCE]
    assert int(run(HEAVY, code)) == len(modules)


def test_the_package_itself_imports_without_the_libraries_that_only_some_calls_need() -> None:
    run((*HEAVY, *LATE), 'import toolsmith_schema; toolsmith_schema.parse(\'{"tool": null, "args": {}}\')')


def test_a_call_is_resolved_without_the_heavy_packages() -> None:
    code = """
from datetime import datetime
from toolsmith_schema import Toolbox, ToolCall, resolve
args = {"amount": "twenty", "from_currency": "quid", "to_currency": "yen"}
call = ToolCall(tool="convert_currency", args=args)
print(resolve(call, Toolbox.default(), datetime(2026, 11, 23)).outcome)
"""
    assert run(HEAVY, code) == "call\n"


def test_help_imports_no_heavy_package_and_no_other_package_of_the_workspace() -> None:
    code = """
from toolsmith_schema.main import main
assert main(["--help"]) == 0
found = {name.partition(".")[0] for name in sys.modules if name.startswith("toolsmith_")}
others = found - {"toolsmith_schema"}
assert not others, others
"""
    assert "route" in run((*HEAVY, "jsonschema", "dateparser", "babel"), code)


def test_the_index_is_sorted_complete_and_true() -> None:
    names = toolsmith_schema.__all__
    tree = ast.parse((SOURCE / "__init__.py").read_text("utf-8"))
    imported = [alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(imported) == sorted(names)
    assert len(set(names)) == len(names)
    assert all(hasattr(toolsmith_schema, name) for name in names)
