"""Light means proven light: no module imports torch, numpy, scipy or matplotlib."""

import ast
import subprocess
import sys
from pathlib import Path

import toolsmith_evaluator

SOURCE = Path(toolsmith_evaluator.__file__).parent
HEAVY = (
    "torch",
    "transformers",
    "numpy",
    "scipy",
    "matplotlib",
    "peft",
    "trl",
    "datasets",
    "toolsmith_router",
)

CODE = """
import importlib, pkgutil, sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Block())
import toolsmith_evaluator
names = [m.name for m in pkgutil.walk_packages(toolsmith_evaluator.__path__, "toolsmith_evaluator.")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""


def test_every_module_imports_without_the_heavy_packages():
    program = f"BLOCKED = {HEAVY!r}\n{CODE}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len([path for path in SOURCE.glob("*.py") if path.name != "__init__.py"])


def test_the_index_is_sorted_complete_and_short():
    names = toolsmith_evaluator.__all__
    tree = ast.parse((SOURCE / "__init__.py").read_text("utf-8"))
    imported = [alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(imported) == sorted(names)
    assert names == sorted(names, key=lambda name: (not name.isupper(), name[0].islower(), name))
    assert 5 <= len(names) <= 12
