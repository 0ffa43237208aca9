import json

import pytest
from click.testing import CliRunner

from toolsmith_agent import commands, session
from toolsmith_agent.tiers import TIERS, load_tiers
from toolsmith_schema import MissingPackage, Router, ScriptedRouter, ToolsmithError, hints
from toolsmith_schema.main import main

from .conftest import EMAIL, WEATHER, wire

NOW = ("--now", "2026-11-23T09:00")


@pytest.fixture
def tiers(monkeypatch):
    """Replaces the tiers of the command by scripted ones: ``tiers(text, text, …)``."""

    def script(*answers):
        routers = [ScriptedRouter([answer], name=f"tier-{i}") for i, answer in enumerate(answers, 1)]
        monkeypatch.setattr(session, "load_tiers", lambda names, endpoint=None: routers)

    return script


@pytest.fixture
def typed(monkeypatch):
    """``typed(text, *arguments)`` runs the command with a person at the terminal who types `text`."""

    def run(text, *arguments):
        monkeypatch.setattr(session, "person_is_there", lambda: True)
        return CliRunner().invoke(commands.agent, list(arguments), input=text, standalone_mode=False)

    return run


def test_the_call_is_printed_with_the_tier_that_gave_it(tiers, capsys):
    tiers(WEATHER)
    assert main(["agent", "run", "weather in Oslo"]) == 0
    assert capsys.readouterr().out == 'call (tier-1): {"tool": "get_weather", "args": {"city": "Oslo"}}\n'


def test_an_answer_that_cannot_stand_is_exit_code_1_with_one_sentence_a_reason(tiers, capsys):
    tiers('{"tool": "get_weather", "args": {"city": "Oslo", "units": "kelvin"}}')
    assert main(["agent", "run", "weather in Oslo in kelvin"]) == 1
    head, *reasons = capsys.readouterr().out.splitlines()
    assert head.startswith("invalid (tier-1)")
    assert len(reasons) == 1
    assert "/units" in reasons[0]


def test_what_is_missing_is_printed_with_its_description(tiers, capsys):
    tiers('{"tool": "get_weather", "args": {}}')
    assert main(["agent", "run", "how is the weather"]) == 0
    assert "missing city: City or place, as the user named it" in capsys.readouterr().out


def test_json_prints_the_whole_result(tiers, capsys):
    tiers("hm", '{"tool": "get_weather", "args": {"city": "Oslo", "date": "tomorrow"}}')
    assert main(["agent", "run", "weather in Oslo tomorrow", *NOW, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["args"] == {"city": "Oslo", "date": "2026-11-24"}
    assert result["said_args"] == {"city": "Oslo", "date": "tomorrow"}
    assert [attempt["outcome"] for attempt in result["attempts"]] == ["invalid", "call"]
    assert (result["tool"], result["valid"], result["tier"]) == ("get_weather", True, "tier-2")
    assert (result["effect"], result["result"]) == (None, None)


def test_a_clock_that_is_none_is_a_usage_error(tiers, capsys):
    tiers("unused")
    assert main(["agent", "run", "weather", "--now", "noon"]) == 2
    assert "--now" in capsys.readouterr().err


def test_execute_runs_the_mock_tool(tiers, capsys):
    tiers(WEATHER)
    assert main(["agent", "run", "weather in Oslo", "--execute"]) == 0
    assert '"city": "Oslo", "date": null' in capsys.readouterr().out


def test_a_destructive_tool_needs_a_yes(tiers, capsys):
    tiers(EMAIL)
    assert main(["agent", "run", "mail Zoe hello", "--execute"]) == 1
    assert "nobody to confirm" in capsys.readouterr().out
    tiers(EMAIL)
    assert main(["agent", "run", "mail Zoe hello", "--execute", "--yes"]) == 0
    assert '"sent": true' in capsys.readouterr().out


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
def test_a_person_is_shown_the_call_and_asked(tiers, typed, answer, code):
    tiers(EMAIL)
    done = typed(answer, "run", "mail Zoe hello", "--execute")
    assert done.return_value == code
    assert '"to": "Zoe"' in done.stderr


def test_a_person_is_asked_for_what_is_missing(tiers, typed):
    tiers(wire("set_reminder", text="milk"))
    done = typed("tomorrow at noon\n", "run", "remind me of milk", "--execute", *NOW)
    assert done.return_value == 0
    assert "2026-11-24T12:00" in done.stdout


def test_the_log_and_the_ledger_beside_it_are_written(tiers, tmp_path, capsys):
    tiers(EMAIL)
    log = tmp_path / "logs" / "run-1.jsonl"
    assert main(["agent", "run", "mail Zoe hello", "--execute", "--yes", "--log", str(log)]) == 0
    assert "Zoe" not in log.read_text()
    assert '"completed"' in (log.parent / "ledger.jsonl").read_text()
    assert main(["agent", "report", str(log.parent)]) == 0
    assert "1 run in 1 file, 1 succeeded" in capsys.readouterr().out


def test_a_log_that_cannot_be_opened_is_one_sentence(tiers, tmp_path, capsys):
    tiers(WEATHER)
    (tmp_path / "file").write_text("")
    assert main(["agent", "run", "x", "--log", str(tmp_path / "file" / "log.jsonl")]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_strict_refuses_a_tier_that_was_trained_on_another_toolbox(monkeypatch, capsys):
    router = ScriptedRouter([WEATHER], name="tuned")
    router.trained_on = "0" * 64
    monkeypatch.setattr(session, "load_tiers", lambda names, endpoint=None: [router])
    assert main(["agent", "run", "weather in Oslo"]) == 0
    assert "warning: The tier tuned was trained" in capsys.readouterr().err
    assert main(["agent", "run", "weather in Oslo", "--strict"]) == 1
    assert "tuned was trained on" in capsys.readouterr().err


def test_ctrl_c_in_a_run_ends_with_130_and_a_whole_log(monkeypatch, tmp_path, capsys):
    class Interrupted:
        name = "interrupted"

        def route(self, requests, toolbox):
            raise KeyboardInterrupt

    monkeypatch.setattr(session, "load_tiers", lambda names, endpoint=None: [Interrupted()])
    log = tmp_path / "run-1.jsonl"
    assert main(["agent", "run", "weather", "--log", str(log)]) == 130
    capsys.readouterr()
    last = json.loads(log.read_text().splitlines()[-1])
    assert (last["event"], last["outcome"]) == ("end", "interrupted")


def test_the_repl_answers_line_by_line_and_an_interruption_stops_one_request(monkeypatch, typed):
    class Router:
        name = "scripted"

        def route(self, requests, toolbox):
            from toolsmith_schema import Routed

            if requests == ["stop me"]:
                raise KeyboardInterrupt
            return [Routed.from_text(WEATHER)]

    monkeypatch.setattr(session, "load_tiers", lambda names, endpoint=None: [Router()])
    done = typed("weather in Oslo\n\nstop me\nweather in Oslo\nexit\nnever\n", "repl")
    assert done.return_value == 0, done.output
    assert done.stdout.count("call (scripted)") == 2
    assert "stopped" in done.stderr


def test_the_repl_ends_with_its_input(tiers, typed):
    tiers(WEATHER)
    assert typed("", "repl").return_value == 0


def test_the_demo_shows_every_way_and_its_log_can_be_reported_on(tmp_path, capsys):
    log = tmp_path / "logs" / "run-demo.jsonl"
    assert main(["agent", "demo", "--output", str(log)]) == 0
    shown = capsys.readouterr().out
    for words in ("→ repair", "→ repeated-output", "→ tier-failed", "missing when", "no_tool", "unknown: "):
        assert words in shown
    assert main(["agent", "report", str(log), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["runs"] == 7
    page = tmp_path / "report.html"
    assert main(["agent", "report", str(log), "--html", str(page)]) == 0
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert main(["agent", "demo", "--output", str(log), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows["side-effect-unknown"]["effect"]["status"] == "unknown"


def test_a_report_without_logs_is_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["agent", "report"]) == 1
    assert "there is no such file or folder" in capsys.readouterr().err


def test_an_unknown_side_effect_is_listed_and_settled(tmp_path, capsys):
    from toolsmith_agent import Ledger
    from toolsmith_schema import ToolCall

    place = tmp_path / "ledger.jsonl"
    ledger = Ledger(place)
    key, _ = ledger.begin("run-1", ToolCall(tool="send_email"))
    ledger.close()
    assert main(["agent", "settle", "--ledger", str(place)]) == 0
    assert key in capsys.readouterr().out
    assert main(["agent", "settle", key, "failed", "--ledger", str(place)]) == 0
    assert main(["agent", "settle", "--ledger", str(place)]) == 0
    assert capsys.readouterr().out == ""
    assert main(["agent", "settle", "nothing", "failed", "--ledger", str(place)]) == 1
    assert main(["agent", "settle", key, "--ledger", str(place)]) == 2
    assert main(["agent", "settle", "--ledger", str(tmp_path / "none")]) == 1
    assert "there is no ledger" in capsys.readouterr().err


def test_the_rule_tier_needs_nothing_else():
    (router,) = load_tiers(["rules"])
    assert isinstance(router, Router)


def test_the_endpoint_tier_is_the_router_that_is_given():
    router = ScriptedRouter([])
    assert load_tiers(["endpoint"], endpoint=router) == [router]
    with pytest.raises(ToolsmithError, match="URL"):
        load_tiers(["endpoint"])


def test_the_endpoint_of_the_options_is_asked(monkeypatch, capsys):
    made = []

    class Endpoint(ScriptedRouter):
        def __init__(self, url, model, *, api_key, answers):
            super().__init__([WEATHER], name="endpoint")
            made.append((url, model, api_key, answers))

        def close(self):
            made.append("closed")

    monkeypatch.setattr(session, "EndpointRouter", Endpoint)
    monkeypatch.setenv("TOOLSMITH_ENDPOINT_KEY", "k")
    options = ["--endpoint", "http://127.0.0.1:1/v1", "--endpoint-model", "m", "--endpoint-answers", "text"]
    assert main(["agent", "run", "weather in Oslo", *options]) == 0
    assert "call (endpoint)" in capsys.readouterr().out
    assert made == [("http://127.0.0.1:1/v1", "m", "k", "text"), "closed"]


def test_a_model_without_its_packages_names_the_install_line(monkeypatch):
    def absent(module):
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    monkeypatch.setattr(hints, "import_module", absent)
    with pytest.raises(MissingPackage, match=r'pip install "toolsmith-agent\[model\]"'):
        load_tiers(["tuned"])


def test_an_unknown_tier_is_named_with_the_known_ones():
    with pytest.raises(ToolsmithError, match=", ".join(TIERS)):
        load_tiers(["frontier"])


def test_the_help_shows_the_tiers():
    shown = CliRunner().invoke(commands.agent, ["run", "--help"]).output
    assert all(tier in shown for tier in TIERS)
    assert "settle" in CliRunner().invoke(commands.agent, ["--help"]).output
