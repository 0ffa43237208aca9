import threading

import pytest

from toolsmith_mcp_server import models
from toolsmith_mcp_server.models import LazyRouter, make_models
from toolsmith_schema import ArtifactMissing, FunctionRouter, Toolbox

BOX = Toolbox.default()
REFUSAL = '{"tool": null, "args": {}}'


def test_a_lazy_router_is_made_once_with_its_first_request():
    made = []

    def make():
        made.append(threading.get_ident())
        return FunctionRouter(lambda request: REFUSAL)

    router = LazyRouter("tuned", make)
    assert not router.loaded and made == []
    assert router.route(["hello"], BOX)[0].raw == REFUSAL
    router.route(["hello"], BOX)
    assert router.loaded and len(made) == 1


def test_a_failed_load_is_tried_again():
    answers = [ArtifactMissing("the base model", "artifacts/base", "toolsmith pretrain"), None]

    def make():
        if error := answers.pop(0):
            raise error
        return FunctionRouter(lambda request: REFUSAL)

    router = LazyRouter("base", make)
    with pytest.raises(ArtifactMissing):
        router.route(["hello"], BOX)
    assert not router.loaded
    assert router.route(["hello"], BOX)[0].raw == REFUSAL


def test_the_rules_need_neither_loading_nor_a_queue():
    made = make_models(["rules"], timeout=1.0)
    assert made.loaded and made.queue is None
    assert [tier.name for tier in made.tiers] == ["rules"]


@pytest.fixture
def with_models(monkeypatch):
    """The packages of the models are there, and loading one gives a router that answers with its name."""
    monkeypatch.setattr(models, "find_spec", lambda name: object())
    loaded = []

    def load(names, *, install):
        loaded.extend(names)
        return [FunctionRouter(lambda request: REFUSAL, name=names[0])]

    monkeypatch.setattr(models, "load_tiers", load)
    return loaded


def test_models_are_loaded_when_they_are_first_asked_and_keep_their_own_names(with_models):
    made = make_models(["tuned", "base"], timeout=5.0)
    assert [tier.name for tier in made.tiers] == ["tuned", "base"]
    assert (with_models, made.loaded) == ([], False)
    assert made.tiers[1].router.route(["hello"], BOX)[0].tier == "base"
    assert with_models == ["base"]
    made.load()
    assert (with_models, made.loaded) == (["base", "tuned"], True)
    made.close()
