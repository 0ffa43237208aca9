"""The server against programs that were not written here: the conformance suite, the Inspector, hadolint.

``nox -s conformance`` installs them and runs this file with NODE_MODULES, the folder that npm filled, and
HADOLINT, the program. Which scenarios do not apply, and why, is in CONFORMANCE.md.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MODULES = Path(os.environ["NODE_MODULES"])
NODE = str(own if (own := MODULES / "node" / "bin" / "node").exists() else shutil.which("node"))
SUITE = MODULES / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
INSPECTOR = MODULES / "@modelcontextprotocol" / "inspector" / "clients" / "launcher" / "build" / "index.js"
ROW = re.compile(r"^\| `([\w-]+)` \| ([\d, -]+) \|", re.MULTILINE)
CHECK = re.compile(r"^\| `([\w-]+)` \| `([\w-]+)` \|", re.MULTILINE)
SPECS = ("2025-11-25", "2026-07-28")


@pytest.fixture
def server():
    """The address of a running server, which ends with exit code 0 afterwards."""
    command = [sys.executable, str(HERE / "server.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            yield process.stdout.readline().strip()
            process.send_signal(signal.SIGTERM)
            assert process.wait(120) == 0
        finally:
            process.kill()


LIST = (HERE.parent / "CONFORMANCE.md").read_text("utf-8")


def not_applicable(spec):
    """The scenarios that CONFORMANCE.md lists for a revision."""
    return sorted(name for name, revisions in ROW.findall(LIST) if spec in revisions)


def failed_checks(folder, scenario):
    """Which checks of a scenario failed."""
    (path,) = folder.glob(f"server-{scenario}-2*/checks.json")
    return {check["id"] for check in json.loads(path.read_text("utf-8")) if check["status"] == "FAILURE"}


@pytest.mark.parametrize("spec", SPECS)
def test_every_scenario_passes_that_is_not_listed_and_every_listed_one_fails(server, spec, tmp_path):
    """The suite itself fails on a listed scenario that passes."""
    listed = not_applicable(spec)
    assert listed
    expected = tmp_path / "expected.yml"
    expected.write_text("server:\n" + "".join(f"  - {name}\n" for name in listed))
    command = [NODE, str(SUITE), "server", "--url", server, "--suite", "all", "--spec-version", spec]
    command += ["--expected-failures", str(expected), "--timeout", "120000", "-o", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=900)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    in_part = {name for name, _ in CHECK.findall(LIST)} & set(listed)
    assert bool(in_part) == (spec == SPECS[-1])
    for scenario in in_part:
        expected = {check for name, check in CHECK.findall(LIST) if name == scenario}
        assert failed_checks(tmp_path / "out", scenario) == expected


def inspector(home, *arguments):
    """The result that the Inspector's command line prints."""
    command = [NODE, str(INSPECTOR), "--cli", *arguments, "--format", "json", "--connect-timeout", "120000"]
    environment = {
        **os.environ,
        "HOME": str(home),
        "PATH": f"{Path(NODE).parent}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=600, env=environment)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(done.stdout)["result"]


STDIO = (sys.executable, "-m", "toolsmith_schema.main", "serve")
CALL = ("--method", "tools/call", "--tool-name", "route_to_tool", "--tool-arg", "request=weather in Tokyo")


@pytest.mark.parametrize("era", ["legacy", "modern"])
@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_the_inspector_lists_and_calls_the_tools(request, tmp_path, transport, era):
    """Over both transports, in both eras."""
    target = STDIO if transport == "stdio" else (request.getfixturevalue("server"),)
    listed = inspector(tmp_path, *target, "--method", "tools/list", "--protocol-era", era)
    names = [tool["name"] for tool in listed["tools"]]
    assert names[:3] == ["route_to_tool", "run_request", "get_weather"]
    answer = inspector(tmp_path, *target, *CALL, "--protocol-era", era)
    assert answer["structuredContent"]["args"] == {"city": "Tokyo"}
    assert answer["structuredContent"]["tier"] == "rules"


def test_the_dockerfile_has_nothing_to_complain_about():
    """With hadolint's own rules, none switched off."""
    done = subprocess.run(
        [os.environ["HADOLINT"], str(HERE.parent / "Dockerfile")], capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout
