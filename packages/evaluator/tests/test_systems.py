"""Names, order and shots of the systems; what is missing is answered with what to do."""

import sys
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from toolsmith_evaluator.systems import LABELS, in_order, make_system, pick_shots, system_name
from toolsmith_schema import ArtifactMissing, FunctionRouter, MissingPackage, NoTool, ToolsmithError

from .conftest import call, example


def test_the_name_of_a_system_is_the_name_of_its_file():
    assert system_name("rules", "span") == "rules"
    assert system_name("base", "span", few_shot=True) == "base-span-few-shot"
    assert system_name("tuned", "free", tag="seed2") == "tuned-free-seed2"


def test_known_systems_come_first_and_in_the_order_of_tables():
    assert in_order(["zeta", "tuned-span", "rules", "alpha"]) == ["rules", "tuned-span", "alpha", "zeta"]
    assert in_order(list(LABELS)) == list(LABELS)


def test_shots_take_the_tools_and_the_refusal_by_turns():
    weather, search = call("get_weather", city="Oslo"), call("search_web", query="x")
    rows = [
        example(decision, id=str(i))
        for i, decision in enumerate([weather, weather, search, NoTool(), weather])
    ]
    assert [shot.id for shot in pick_shots(rows, 4)] == ["0", "2", "3", "1"]
    assert pick_shots(rows, 99) == [rows[i] for i in (0, 2, 3, 1, 4)]
    assert pick_shots(rows, 0) == []


def test_rules_need_no_model_and_take_no_shots(toolbox):
    system = make_system("rules", toolbox=toolbox)
    assert system.name == "rules"
    assert system.fingerprint == make_system("rules", toolbox=toolbox).fingerprint
    with pytest.raises(ToolsmithError, match="--shots"):
        make_system("rules", toolbox=toolbox, shots=[example(NoTool())])


def test_a_missing_adapter_names_the_command_that_makes_it(toolbox, tmp_path):
    with pytest.raises(ArtifactMissing, match="toolsmith train"):
        make_system("tuned", toolbox=toolbox, adapter=str(tmp_path / "none"))


def test_a_model_is_loaded_with_the_settings_that_its_fingerprint_covers(toolbox, tmp_path, monkeypatch):
    asked = []

    def load_router(base, adapter, **settings):
        asked.append((base, adapter, settings))
        return FunctionRouter(lambda request: "", name="model")

    package = ModuleType("toolsmith_router")
    package.__file__, package.load_router = str(tmp_path / "__init__.py"), load_router
    code = Path(package.__file__)
    code.write_text("one = 1")
    monkeypatch.setitem(sys.modules, "toolsmith_router", package)
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text("{}")
    shot = example(NoTool())
    make = partial(make_system, toolbox=toolbox, base="hub/id", adapter=str(adapter))
    found = {
        system.name: system.fingerprint
        for system in (
            make("base"),
            make("base", decoding="free"),
            make("base", shots=[shot]),
            make("tuned"),
            make("tuned", tag="again"),
        )
    }
    assert list(found) == ["base-span", "base-free", "base-span-few-shot", "tuned-span", "tuned-span-again"]
    assert len(set(found.values())) == 4
    assert found["tuned-span"] == found["tuned-span-again"]
    assert asked[2] == ("hub/id", str(adapter), {"model": "base", "decoding": "span", "shots": (shot,)})
    (adapter / "adapter_config.json").write_text('{"r": 16}')
    assert make("tuned").fingerprint != found["tuned-span"]
    assert make("base").fingerprint == found["base-span"]
    code.write_text("one = 2")
    assert make("base").fingerprint != found["base-span"]


def test_a_missing_router_package_is_answered_with_the_install_line(toolbox, monkeypatch):
    monkeypatch.setitem(sys.modules, "toolsmith_router", None)
    with pytest.raises(MissingPackage, match=r'pip install "toolsmith-evaluator\[model\]"'):
        make_system("base", toolbox=toolbox)
