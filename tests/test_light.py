"""Light means proven light: no heavy library is imported, whether it is installed or not."""

import subprocess
import sys
import time

BLOCKED = (
    "accelerate",
    "datasets",
    "matplotlib",
    "numpy",
    "peft",
    "scipy",
    "tokenizers",
    "torch",
    "transformers",
    "trl",
)

BLOCKING = f"""
import importlib.abc, sys

class Blocking(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {BLOCKED}:
            raise RuntimeError(f"a light module imports {{name}}")

sys.meta_path.insert(0, Blocking())
"""


def python(code, *arguments):
    """Run `code` in an interpreter of its own, with the heavy libraries blocked."""
    done = subprocess.run(
        [sys.executable, "-c", BLOCKING + code, *arguments], capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_of_a_light_package_is_light(light):
    python("import importlib\nfor name in sys.argv[1:]: importlib.import_module(name)", *light.modules)


def test_the_commands_of_every_package_are_light(member):
    places = [place.partition(":")[0] for place in member.commands.values()]
    python("import importlib\nfor name in sys.argv[1:]: importlib.import_module(name)", *places)


def test_the_index_of_every_package_is_light(member):
    python("import importlib\nimportlib.import_module(sys.argv[1])", member.module)


def test_the_help_is_light_and_names_every_command(members):
    shown = python("from toolsmith_schema.main import main\nsys.exit(main(['--help']))")
    listed = {line.split()[0] for line in shown.partition("Commands:")[2].splitlines() if line.strip()}
    assert {command for member in members.values() for command in member.commands} <= listed


def test_the_help_of_every_command_is_light(member):
    for command in member.commands:
        python("from toolsmith_schema.main import main\nsys.exit(main([sys.argv[1], '--help']))", command)


def test_the_help_is_quick():
    """Half a second on an idle machine; the best of five, against the start of the interpreter beside it."""
    run = "from toolsmith_schema.main import main; main(['--help'])"
    best = min(_seconds(run) for _ in range(5)) - min(_seconds("pass") for _ in range(5))
    assert best < 1.0


def _seconds(code):
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return time.perf_counter() - started
