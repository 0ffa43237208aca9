"""The commands: who brings them, and that documents show only commands that exist."""

import importlib
import re
import shlex
from itertools import takewhile

import click
import pytest

NOX_SESSIONS = re.compile(r"^@nox\.session\n(?:@.*\n)*def (\w+)", re.MULTILINE)


def test_command_names_are_unique_and_known_to_the_hints(members):
    from toolsmith_schema.hints import COMMANDS

    brought = [(command, member) for member in members.values() for command in member.commands]
    assert len({command for command, _ in brought}) == len(brought)
    assert {command: member.project["name"] for command, member in brought} == {
        command: distribution for command, (distribution, _) in COMMANDS.items()
    }


def test_an_entry_point_is_a_click_command_of_its_own_package(member):
    for place in member.commands.values():
        module, _, name = place.partition(":")
        assert module.partition(".")[0] == member.module
        assert isinstance(getattr(importlib.import_module(module), name), click.Command)


def test_only_schema_brings_a_console_script(members):
    scripts = {name: list(member.project.get("scripts", ())) for name, member in members.items()}
    assert {name: found for name, found in scripts.items() if found} == {"schema": ["toolsmith"]}


def documents(root):
    """The documents that show commands."""
    return [root / "README.md", root / "CONTRIBUTING.md", *sorted(root.glob("packages/*/README.md"))]


def shown(text):
    """The lines of a document's code blocks and its inline code, as words of a shell."""
    blocks = re.findall(r"^```(?:console|bash|sh)?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    for line in [*lines, *re.findall(r"`([^`\n]+)`", rest)]:
        for part in line.strip().removeprefix("$ ").split(" && "):
            try:
                words = shlex.split(part, comments=True)
            except ValueError:  # a sentence or a fragment of code, not a command
                continue
            if words:
                yield words


def walk(command, words):
    """Follow `words` into a group; return the last command and the options given to it."""
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command, words = command.commands[words[0]], words[1:]
    return command, [word.partition("=")[0] for word in words if word.startswith("--")]


def test_every_toolsmith_command_in_the_documents_exists(root, members):
    places = {name: place for member in members.values() for name, place in member.commands.items()}
    seen = 0
    for document in documents(root):
        for words in shown(document.read_text("utf-8")):
            if words[0] != "toolsmith" or len(words) == 1 or words[1].startswith("-"):
                continue
            assert words[1] in places, f"{document.relative_to(root)}: {shlex.join(words)}"
            module, _, name = places[words[1]].partition(":")
            command, options = walk(getattr(importlib.import_module(module), name), words[2:])
            known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
            assert set(options) <= known, f"{document.relative_to(root)}: {shlex.join(words)}"
            if isinstance(command, click.Group):
                rest = words[2:]
                assert not rest or rest[0].startswith("-"), (
                    f"{document.relative_to(root)}: {shlex.join(words)}"
                )
            seen += 1
    assert seen > 10


def test_every_nox_session_in_the_documents_exists(root):
    sessions = set(NOX_SESSIONS.findall((root / "noxfile.py").read_text("utf-8")))
    for document in documents(root):
        for words in shown(document.read_text("utf-8")):
            if words[0] == "nox" and "-s" in words:
                asked = takewhile(lambda word: not word.startswith("-"), words[words.index("-s") + 1 :])
                names = {word.partition("(")[0] for word in asked}
                assert names and names <= sessions, f"{document.relative_to(root)}: {shlex.join(words)}"


@pytest.mark.parametrize("path", ["README.md", "CONTRIBUTING.md", "LOG.md", "CHANGELOG.md"])
def test_links_within_the_repository_lead_somewhere(root, path):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (root / path).read_text("utf-8")):
        assert (root / target).exists(), f"{path} links to {target}"
