import json

import pytest
from click.testing import CliRunner

from toolsmith_agent import commands
from toolsmith_agent.tiers import TIERS, load_tiers
from toolsmith_schema import MissingPackage, Router, ScriptedRouter, ToolsmithError, hints
from toolsmith_schema.main import main


@pytest.fixture
def tiers(monkeypatch):
    """Replaces the tiers of the command by scripted ones: ``tiers(text, text, …)``."""

    def script(*answers):
        routers = [ScriptedRouter([answer], name=f"tier-{i}") for i, answer in enumerate(answers, 1)]
        monkeypatch.setattr(commands, "load_tiers", lambda names: routers)

    return script


def test_the_call_is_printed_with_the_tier_that_gave_it(tiers, capsys):
    tiers('{"tool": "get_weather", "args": {"city": "Oslo"}}')
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
    assert main(["agent", "run", "weather in Oslo tomorrow", "--now", "2026-11-23T09:00", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["args"] == {"city": "Oslo", "date": "2026-11-24"}
    assert result["said_args"] == {"city": "Oslo", "date": "tomorrow"}
    assert [attempt["outcome"] for attempt in result["attempts"]] == ["invalid", "call"]
    assert (result["tool"], result["valid"], result["tier"]) == ("get_weather", True, "tier-2")


def test_a_clock_that_is_none_is_a_usage_error(tiers, capsys):
    tiers("unused")
    assert main(["agent", "run", "weather", "--now", "noon"]) == 2
    assert "--now" in capsys.readouterr().err


def test_the_rule_tier_needs_nothing_else():
    (router,) = load_tiers(["rules"])
    assert isinstance(router, Router)


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
