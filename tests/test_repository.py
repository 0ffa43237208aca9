"""What is in the repository holds on every machine."""

import re

MACHINE_PATH = re.compile(r"(?<![\w.:/-])/(?:home|root|Users|work|mnt|opt/\w+)/[\w.-]+")
INDEX = re.compile(
    r"(?i)--(?:extra-)?index-url|\bindex-url\s*=|\[\[tool\.uv\.index\]\]|https?://[\w.-]+(?:/[\w.+-]+)*/simple\b"
)


def text_of(path):
    """The text of a file, or "" of one that is none."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return ""


def found(tracked, root, pattern):
    """File and line of every match, this file's own patterns aside."""
    return [
        f"{path.relative_to(root)}:{number}: {line.strip()[:120]}"
        for path in tracked
        if path.name != "test_repository.py"
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_lock_file_is_tracked(tracked):
    assert [
        path for path in tracked if path.name in ("uv.lock", "poetry.lock", "Pipfile.lock", "pylock.toml")
    ] == []


def test_no_file_names_a_place_on_one_machine(tracked, root):
    assert found(tracked, root, MACHINE_PATH) == []


def test_no_file_names_a_package_index(tracked, root):
    assert found(tracked, root, INDEX) == []


def test_no_output_of_tools_is_tracked(tracked, root):
    folders = {
        "__pycache__",
        ".venv",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".mypy_cache",
        ".hypothesis",
        "dist",
    }
    assert [path for path in tracked if folders & set(path.relative_to(root).parts)] == []


def test_a_file_has_at_most_16_megabytes(tracked):
    assert [path for path in tracked if path.stat().st_size > 16 * 2**20] == []


def test_the_ci_command_can_be_run(root):
    script = root / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert script.read_text("utf-8").startswith("#!/usr/bin/env bash\n")
