import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from toolsmith_dataset import build, load
from toolsmith_dataset.build import group_of
from toolsmith_dataset.draw import Draw
from toolsmith_dataset.expand import expand
from toolsmith_dataset.values.registry import arguments, filler
from toolsmith_dataset.wordings import Wording
from toolsmith_schema import Example, NoTool, Toolbox, ToolCall, ToolsmithError, resolve

Files = dict[str, list[Example]]
HASHES = """
from toolsmith_dataset.build import build
from toolsmith_dataset.manifest import hashes
print(sorted(hashes(build()).items()))
"""


def spans(row: Example, toolbox: Toolbox) -> Iterator[str]:
    if isinstance(row.decision, NoTool):
        return
    for name, value in row.decision.args.items():
        if "enum" not in toolbox[row.decision.tool].properties[name]:
            yield from value if isinstance(value, list) else [value]


def test_two_processes_with_other_hash_seeds_make_the_same_bytes() -> None:
    outputs = [
        subprocess.run(
            [sys.executable, "-c", HASHES],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1] and outputs[0].count("jsonl") == 5


def test_another_seed_makes_other_rows(files: Files) -> None:
    other = build(2)
    assert [row.request for row in other["test.jsonl"]] != [row.request for row in files["test.jsonl"]]


def test_a_row_depends_on_its_own_wording_only(toolbox: Toolbox) -> None:
    wording = next(wording for wording in load("train") if wording.id == "train/get_weather/1")
    first, second = (expand(wording, Draw(1, wording.id, 0, 0), toolbox) for _ in range(2))
    assert first == second


def test_every_gold_value_is_a_part_of_its_request(files: Files, toolbox: Toolbox) -> None:
    for rows in files.values():
        for row in rows:
            assert all(value and value in row.request for value in spans(row, toolbox)), row


def test_every_decision_resolves_and_misses_only_what_its_wording_leaves_out(
    files: Files, toolbox: Toolbox
) -> None:
    known = {wording.id: wording for split in ("train", "dev", "test") for wording in load(split)}
    for row in (*files["dev.jsonl"], *files["test.jsonl"], *files["train.jsonl"][:2000]):
        wanted = "no_tool" if isinstance(row.decision, NoTool) else "call"
        wanted = "need_argument" if known[row.wording].missing else wanted
        assert resolve(row.decision, toolbox, row.now).outcome == wanted, row


@pytest.mark.parametrize(
    ("name", "easy", "hard"),
    [
        ("train.jsonl", 6000, 1500),
        ("dev.jsonl", 400, 150),
        ("test.jsonl", 480, 480),
        ("seed/train.jsonl", 172, 71),
        ("seed/test.jsonl", 54, 43),
    ],
)
def test_the_files_are_large_enough_and_refuse_often_enough(
    name: str, easy: int, hard: int, files: Files
) -> None:
    for bucket, least in (("easy", easy), ("hard", hard)):
        rows = [row for row in files[name] if row.bucket == bucket]
        assert len(rows) >= least
        assert sum(isinstance(row.decision, NoTool) for row in rows) * 7 >= len(rows)


def test_the_seed_preset_has_the_sizes_of_the_published_recipe(files: Files) -> None:
    assert len(files["seed/train.jsonl"]) == 243
    assert Counter(row.bucket for row in files["seed/test.jsonl"]) == {"easy": 54, "hard": 43}
    whole = {row.request for row in files["test.jsonl"]}
    assert all(row.request in whole for row in files["seed/test.jsonl"])


def test_requests_are_distinct_and_ids_unique_within_a_file(files: Files) -> None:
    for rows in files.values():
        assert len({row.request for row in rows}) == len({row.id for row in rows}) == len(rows)


def test_every_tool_has_eighty_train_and_twenty_five_test_wordings(toolbox: Toolbox) -> None:
    for split, least in (("train", 80), ("test", 25)):
        counts = Counter(wording.tool for wording in load(split))
        assert all(counts[name] >= least for name in toolbox.names)


def test_some_rows_leave_out_a_required_argument(files: Files) -> None:
    left_out = {
        wording.id for split in ("train", "dev", "test") for wording in load(split) if wording.missing
    }
    for name in ("train.jsonl", "dev.jsonl", "test.jsonl"):
        assert sum(row.wording in left_out for row in files[name]) >= 10


def test_the_clock_varies(files: Files) -> None:
    clocks = {row.now for row in files["train.jsonl"]}
    assert 150 <= len(clocks) <= 200
    assert {clock.year for clock in clocks} == {2026, 2027} and len(
        {clock.weekday() for clock in clocks}
    ) == 7


def test_enumerated_arguments_carry_the_value_and_not_the_words(files: Files) -> None:
    said = {
        row.decision.args["table"]
        for row in files["train.jsonl"]
        if isinstance(row.decision, ToolCall) and row.decision.tool == "query_table" and row.decision.args
        if "table" in row.decision.args
    }
    assert said == {"orders", "refunds", "invoices", "customers", "tickets"}
    assert any("clients" in row.request for row in files["train.jsonl"] if group_of(row) == "query_table")


def test_a_distractor_is_never_the_gold_value(toolbox: Toolbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolsmith_dataset.noise._TYPOS", 0.0)  # the words that split the request stay
    text = "Forecast for {~city}, sorry, I meant {city}, {on_date}, not {~on_date}."
    wording = Wording(
        id="train/x/1",
        split="train",
        group="hard",
        tool="get_weather",
        category="",
        text=text,
        register="plain",
    )
    for number in range(200):
        row = expand(wording, Draw(number), toolbox)
        assert isinstance(row.decision, ToolCall)
        lead = row.request.casefold().split(", sorry")[0].split(". forecast for")[0]
        assert row.decision.args["city"].casefold() not in lead


def test_every_wording_is_of_known_parts(toolbox: Toolbox) -> None:
    for split in ("train", "dev", "test"):
        for wording in load(split):
            tags = [part.value for part in wording.parts if part.kind == "open"]
            given = [*tags, *wording.fixed, *(name for slot in wording.slots for name in arguments(slot))]
            assert all(filler(slot) for slot in wording.slots)
            if wording.tool:
                required = set(toolbox[wording.tool].required)
                assert required - set(given) == set(wording.missing), wording.id
                assert set(given) <= set(toolbox[wording.tool].properties), wording.id
                assert len(given) == len(set(given)), wording.id
            else:
                assert not given, wording.id


def test_a_toolbox_without_wordings_is_refused_with_what_is_missing(toolbox: Toolbox) -> None:
    other = Toolbox.from_json([{"name": "book_flight", "inputSchema": {"type": "object", "properties": {}}}])
    with pytest.raises(ToolsmithError, match="Without wordings: book_flight"):
        build(toolbox=other)
