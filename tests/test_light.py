"""Light means proven light: no heavy library is imported, whether it is installed or not."""

import os
import subprocess
import sys

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


def test_the_help_takes_half_a_second_at_most():
    """Of processor time, which does not depend on what else the machine is doing; the best of three."""
    run = [sys.executable, "-c", "from toolsmith_schema.main import main; main(['--help'])"]
    assert min(_processor_seconds(run) for _ in range(3)) < 0.5


def _processor_seconds(command):
    before = os.times()
    subprocess.run(command, check=True, capture_output=True)
    after = os.times()
    return after.children_user - before.children_user + after.children_system - before.children_system
