"""The span grammar lets every right answer through and stops what the request does not hold."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import llguidance.hf
import pytest
from transformers import AutoTokenizer

from toolsmith_router import load_model
from toolsmith_router.constraint import Grammars
from toolsmith_schema import DEFAULT_NOW, Decision, NoTool, Toolbox, ToolCall, read_examples
from toolsmith_schema.coerce import coerce
from toolsmith_schema.prompt import target

BOX = Toolbox.default()
ROOT = Path(__file__).parents[3]
RIGHT: list[tuple[str, Decision]] = [
    ("weather in São Paulo?", ToolCall(tool="get_weather", args={"city": "São Paulo"})),
    (
        "how hot is it in Lima tomorrow, in C",
        ToolCall(tool="get_weather", args={"city": "Lima", "date": "tomorrow", "units": "celsius"}),
    ),
    (
        'tell Bo "the door\\gate is open" 🙏🏽 on slack',
        ToolCall(
            tool="send_message", args={"to": "Bo", "text": "the door\\gate is open", "channel": "slack"}
        ),
    ),
    (
        "lunch with Ana and 李雷 on 3/12 at half past one",
        ToolCall(
            tool="create_event",
            args={"title": "lunch", "date": "3/12", "time": "half past one", "attendees": ["Ana", "李雷"]},
        ),
    ),
    ("1,499.50 yen in euros", ToolCall(tool="convert_currency", args={"amount": "1,499.50"})),
    (
        "50 $ to €",
        ToolCall(tool="convert_currency", args={"amount": "50", "from_currency": "$", "to_currency": "€"}),
    ),
    ("tell Bo 🙏🏽", ToolCall(tool="send_message", args={"to": "Bo", "text": "🙏🏽"})),
    ("show me refunds", ToolCall(tool="query_table", args={"table": "refunds"})),
    ("hi", NoTool()),
]


def consumed(base: Path, request: str, answer: str) -> tuple[int, int]:
    """Tokens of `answer` that the grammar of `request` takes, and how many there are."""
    tokenizer = AutoTokenizer.from_pretrained(base)
    ids: list[int] = tokenizer(answer, add_special_tokens=False)["input_ids"]
    wrapped = llguidance.hf.from_tokenizer(tokenizer, n_vocab=len(tokenizer))
    grammars = Grammars(wrapped, len(tokenizer))
    matcher = grammars.matcher(BOX, request)
    for taken, token in enumerate(ids):
        if not grammars.allowed([matcher])[0][token]:
            return taken, len(ids)
        matcher.consume(token)
    return len(ids), len(ids)


@pytest.mark.parametrize(("request_", "decision"), RIGHT, ids=lambda value: str(value)[:30])
def test_a_right_answer_passes(base: Path, request_: str, decision: Decision) -> None:
    for answer in (target(decision, BOX), target(decision, BOX, request=request_)):
        taken, wanted = consumed(base, request_, answer)
        assert taken == wanted


def test_a_model_keeps_the_tokens_that_its_files_declare(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "base"
    shutil.copytree(base, folder)
    settings = json.loads((folder / "tokenizer.json").read_text())
    settings["model"]["merges"] = [["Ġ", "5"]]
    settings["model"]["vocab"]["Ġ5"] = settings["model"]["vocab"].pop("Ā")  # of a byte that no text has
    (folder / "tokenizer.json").write_text(json.dumps(settings))
    loaded = load_model(folder)
    assert loaded.tokenizer.tokenize("at 5") == ["a", "t", "Ġ5"]
    assert len(loaded.tokenizer) <= loaded.model.config.vocab_size


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ("weather in Oslo", '{"tool": "get_weather", "args": {"city": "Tokyo"}}'),
        ("weather in Oslo", '{"tool": "rm_rf", "args": {}}'),
        ("weather in Oslo", '{"tool": "get_weather", "args": {"city": "Oslo", "units": "kelvin"}}'),
        ("weather in Oslo?", '{"tool": "get_weather", "args": {"city": "?"}}'),
        ("hi", 'Sure! {"tool": null, "args": {}}'),
        ("weather in Oslo", '{"tool": "get_weather", "args": {"city": "Oslo", "date": "in Oslo"}}'),
        ("weather in Oslo at 5", '{"tool": "get_weather", "args": {"city": "Oslo", "date": "Oslo at 5"}}'),
        ("mail bo@a-b.sch.uk", '{"tool": "send_email", "args": {"to": "bo@a-b.sch"}}'),
        ("mail bo@a-b.sch.uk", '{"tool": "send_email", "args": {"to": "a-b.sch.uk"}}'),
        ("5 beans in euros", '{"tool": "convert_currency", "args": {"amount": "beans"}}'),
        ("5 beans in euros", '{"tool": "convert_currency", "args": {"from_currency": " beans"}}'),
    ],
)
def test_what_nobody_said_is_stopped(base: Path, request_: str, answer: str) -> None:
    taken, wanted = consumed(base, request_, answer)
    assert taken < wanted


@pytest.mark.skipif(not (ROOT / "data").is_dir(), reason="the data set is not here")
@pytest.mark.parametrize(("name", "every"), [("train", 60), ("dev", 4), ("test", 4), ("handwritten", 1)])
def test_every_labelled_answer_that_can_be_carried_out_passes(base: Path, name: str, every: int) -> None:
    tokenizer = AutoTokenizer.from_pretrained(base)
    wrapped = llguidance.hf.from_tokenizer(tokenizer, n_vocab=len(tokenizer))
    grammars = Grammars(wrapped, len(tokenizer))
    for example in read_examples(ROOT / "data" / f"{name}.jsonl")[::every]:
        for decision in (example.decision, *example.alternatives):
            if isinstance(decision, ToolCall) and coerce(decision, BOX, DEFAULT_NOW).violations:
                continue
            answer = target(decision, BOX, request=example.request)
            ids = tokenizer(answer, add_special_tokens=False)["input_ids"]
            matcher = grammars.matcher(BOX, example.request)
            assert matcher.grammar.try_consume_tokens(ids) == len(ids), (example.request, answer)
