"""Packs of the default toolbox's siblings, and what typing does to their requests."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from toolsmith_schema import Example, ToolCall
from toolsmith_trainer.pretraining.corpus import Corpus
from toolsmith_trainer.pretraining.forbidden import forbid
from toolsmith_trainer.pretraining.intents import out_of_scope
from toolsmith_trainer.pretraining.perturb import _fewer, perturb
from toolsmith_trainer.pretraining.siblings import Siblings
from toolsmith_trainer.pretraining.tasks import Tasks

from .conftest import EXAMPLES

SHOUTED = Example(
    id="g",
    request="MAIL ANA THAT THE ROOF IS FINISHED",
    decision=ToolCall(tool="send_email", args={"to": "ANA", "body": "THE ROOF IS FINISHED"}),
)


@pytest.fixture(scope="module")
def tasks(corpus: Path) -> Tasks:
    return Tasks(Corpus.read(corpus), [*EXAMPLES, SHOUTED])


def turns(tasks: Tasks, count: int) -> list:  # type: ignore[type-arg]
    rng = random.Random(3)
    found = []
    for _ in range(count):
        pack = tasks.sibling_pack(rng, turns=6)
        forbid(pack.tools)
        names = {
            tool["function"]["name"]: tool["function"]["parameters"]["properties"] for tool in pack.tools
        }
        found += [(turn, names) for turn in pack.turns]
    return found


def test_answers_are_words_of_the_request_and_capitals_are_read_small(tasks: Tasks) -> None:
    for turn, tools in turns(tasks, 60):
        wire = json.loads(turn.target)
        assert not turn.request.isupper()
        for name, value in wire["args"].items():
            assert value in tools[wire["tool"]][name].get("enum", ()) or value in f" {turn.request}"


def test_refusals_are_the_rows_without_tool_and_what_other_assistants_do(tasks: Tasks) -> None:
    refused = [
        turn.request.lower() for turn, _ in turns(tasks, 120) if json.loads(turn.target)["tool"] is None
    ]
    assert any("arrival of spring" in request for request in refused)  # SNIPS/PlayMusic
    assert any("nice day" in request for request in refused)
    assert not any("brill" in request for request in refused)  # SNIPS/GetWeather: a sibling is for it


def test_out_of_scope_takes_some_of_each_intent(corpus: Path) -> None:
    few = out_of_scope(Corpus.read(corpus), random.Random(1), each=1)
    assert len(few) == 2 and len(out_of_scope(Corpus.read(corpus), random.Random(1))) == 4


def test_statements_are_what_people_write_in_messages() -> None:
    made = Siblings([*EXAMPLES, SHOUTED])
    assert made.statements == ["The roof is finished"]


def test_words_left_out_are_small_and_outside_the_spans() -> None:
    request, span = "could you please tell Bo that the cat is in the yard", "the cat is in the yard"
    seen = {_fewer(request, [span], random.Random(seed)) for seed in range(60)}
    assert len(seen) > 4
    for changed in seen:
        assert changed.endswith(span) and "tell Bo" in changed
        assert set(request.split()) - set(changed.split()) <= {"could", "you", "please", "that"}
    assert _fewer("the", ["the"], random.Random(1)) == "the"


def test_no_request_is_put_in_capitals() -> None:
    for seed in range(200):
        changed, said = perturb("Text Bo: I'm late", {"text": "I'm late"}, random.Random(seed))
        assert said["text"] in changed and not changed.isupper()
