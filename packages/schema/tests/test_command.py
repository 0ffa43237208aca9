"""The toolsmith command: lazy, with install lines, one paragraph for an error, and honest exit codes."""

import importlib.metadata
import json
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import click
import pytest

import toolsmith_schema.main as command
from toolsmith_schema import MissingPackage, Toolbox, ToolsmithError
from toolsmith_schema.hints import COMMANDS, install_line, require
from toolsmith_schema.main import main


@pytest.fixture
def points(monkeypatch: pytest.MonkeyPatch) -> list[EntryPoint]:
    """The entry points that the command finds; a test adds to them."""
    found = [EntryPoint("tools", "toolsmith_schema.commands:tools", command.GROUP)]
    monkeypatch.setattr(command, "entry_points", lambda group: found)
    return found


def offer(points: list[EntryPoint], monkeypatch: pytest.MonkeyPatch, made: object) -> None:
    """Offer `made` as the command x."""
    monkeypatch.setattr(command, "_probe", made, raising=False)
    points.append(EntryPoint("x", "toolsmith_schema.main:_probe", command.GROUP))


def test_help_lists_every_command_without_importing_its_package(
    points: list[EntryPoint], capsys: pytest.CaptureFixture[str]
) -> None:
    points += [EntryPoint("route", "no.such.module:route", command.GROUP)]
    points += [EntryPoint("zeta", "no.such.module:zeta", command.GROUP)]
    assert main(["--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for name, (_, line) in COMMANDS.items():
        assert f"{name} {line}" in text
    assert "not installed: pip install toolsmith-agent" in text
    assert "zeta" in text


def test_a_command_whose_package_is_missing_answers_with_the_install_line(
    points: list[EntryPoint], capsys: pytest.CaptureFixture[str]
) -> None:
    for name, (distribution, _) in COMMANDS.items():
        if name != "tools":
            assert main([name, "--anything"]) == 1
            out, err = capsys.readouterr()
            assert out == ""
            assert err.count("\n") == 1
            assert err.rstrip().endswith(f"pip install {distribution}")


def test_a_missing_part_of_a_package_answers_with_the_install_line(
    points: list[EntryPoint], capsys: pytest.CaptureFixture[str]
) -> None:
    class Needs(EntryPoint):
        def load(self) -> None:
            raise ModuleNotFoundError("No module named 'torch'", name="torch")

    points.append(Needs("route", "x:y", command.GROUP))
    assert main(["route"]) == 1
    assert 'pip install "toolsmith-router[torch]"' in capsys.readouterr().err


def test_a_mistake_in_a_package_is_not_called_a_missing_package(points: list[EntryPoint]) -> None:
    points.append(EntryPoint("route", "toolsmith_schema.no_such_module:x", command.GROUP))
    with pytest.raises(ModuleNotFoundError):
        main(["route"])


def test_an_unknown_command_and_a_bad_option_are_usage_errors(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in (["frobnicate"], ["tools", "export", "--format", "xml"], ["tools", "--nope"], []):
        assert main(argv) == 2
        assert "Usage: toolsmith" in capsys.readouterr().err


@pytest.mark.parametrize(("result", "code"), [(None, 0), (0, 0), (1, 1), (2, 2), ("text", 0), (True, 0)])
def test_what_a_command_returns_is_its_exit_code(
    points: list[EntryPoint], monkeypatch: pytest.MonkeyPatch, result: object, code: int
) -> None:
    offer(points, monkeypatch, click.command("x")(lambda: result))
    assert main(["x"]) == code


@pytest.mark.parametrize(
    ("raised", "code", "words"),
    [
        (ToolsmithError("No lift was found. Train longer."), 1, "No lift was found. Train longer."),
        (click.UsageError("bad flag"), 2, "bad flag"),
        (click.ClickException("not today"), 1, "not today"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (click.Abort(), 1, "stopped"),
        (BrokenPipeError(), 0, ""),
        (SystemExit(3), 3, ""),
    ],
)
def test_an_expected_error_is_a_paragraph_and_an_exit_code(
    points: list[EntryPoint],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    raised: BaseException,
    code: int,
    words: str,
) -> None:
    def fail() -> None:
        raise raised

    monkeypatch.setattr("os.dup2", lambda *_: None)
    offer(points, monkeypatch, click.command("x")(fail))
    assert main(["x"]) == code
    err = capfd.readouterr().err
    assert words in err
    assert "Traceback" not in err


def test_an_unexpected_error_is_not_hidden(points: list[EntryPoint], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    offer(points, monkeypatch, click.command("x")(fail))
    with pytest.raises(ZeroDivisionError):
        main(["x"])


def test_a_reader_that_leaves_early_is_no_error() -> None:
    code = "import sys; from toolsmith_schema.main import main; sys.exit(main(sys.argv[1:]))"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "tools", "export", "--format", "mcp"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"toolsmith {importlib.metadata.version('toolsmith-schema')}\n"


def test_tools_list_is_the_same_as_text_and_as_json(
    toolbox: Toolbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tools", "list"]) == 0
    text = capsys.readouterr().out
    assert main(["tools", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == list(toolbox.names)
    for row in rows:
        assert row["description"] in text
    assert "create_event(title, date, time?, duration_minutes?, attendees?)" in text


@pytest.mark.parametrize("form", ["mcp", "openai", "anthropic", "gemini"])
def test_tools_export_writes_each_form_to_stdout_or_a_file(
    toolbox: Toolbox, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    expected = getattr(toolbox, f"to_{form}")()
    assert main(["tools", "export", "--format", form]) == 0
    assert json.loads(capsys.readouterr().out) == expected
    path = tmp_path / "out.json"
    assert main(["tools", "export", "--format", form, "--output", str(path)]) == 0
    assert json.loads(path.read_text("utf-8")) == expected
    out, err = capsys.readouterr()
    assert out == ""
    assert str(path) in err
    assert main(["tools", "--toolbox", str(path), "check"]) == 0


def test_tools_check_and_fingerprint_speak_of_the_toolbox_that_is_given(
    toolbox: Toolbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tools", "fingerprint"]) == 0
    assert capsys.readouterr().out == f"{toolbox.fingerprint}\n"
    path = tmp_path / "box.json"
    path.write_text('[{"name": "t"}]', encoding="utf-8")
    assert main(["tools", "--toolbox", str(path), "check"]) == 0
    assert capsys.readouterr().out.startswith("ok: 1 tool, fingerprint ")


def test_a_malformed_toolbox_is_one_paragraph_and_exit_code_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "box.json"
    path.write_text('{"tools": [{"name": "two words"}]}', encoding="utf-8")
    assert main(["tools", "--toolbox", str(path), "check"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"toolsmith: {path}: at /tools/0/name: ")
    assert err.count("\n") == 1


def test_an_optional_module_is_required_with_a_hint() -> None:
    assert require("json", "this test") is json
    with pytest.raises(MissingPackage, match=r'Install it with: pip install "toolsmith-dataset\[plot\]"'):
        require("no_such_module_here", "the picture", install="toolsmith-dataset[plot]")
    with pytest.raises(MissingPackage, match="pip install no_such_module_here"):
        require("no_such_module_here.sub", "the picture")


def test_install_lines_are_quoted_where_a_shell_needs_it() -> None:
    assert install_line("toolsmith-router") == "pip install toolsmith-router"
    assert install_line("toolsmith-evaluator[plot]") == 'pip install "toolsmith-evaluator[plot]"'
