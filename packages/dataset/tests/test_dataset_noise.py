"""What typing does to a training request never touches what is asked for, nor the held-out requests."""

from __future__ import annotations

import pytest

from toolsmith_dataset.draw import Draw
from toolsmith_dataset.expand import expand
from toolsmith_dataset.partition import lines
from toolsmith_dataset.wordings import Wording, load
from toolsmith_schema import Example, Toolbox, ToolCall

BOX = Toolbox.default()
ASIDES = {aside.lower() for aside in lines("asides")}
ORDERS = set(lines("orders"))


def wording(text: str, tool: str, split: str = "train") -> Wording:
    return Wording(
        id=f"{split}/{tool}/1",
        split=split,
        group=tool,
        tool=tool,
        category="",
        text=text,
        register="plain",
    )


def rows(text: str, tool: str, split: str = "train") -> list[Example]:
    return [expand(wording(text, tool, split), Draw("noise", number), BOX) for number in range(300)]


def spelled(row: Example, words: str) -> bool:
    """Whether the request has the `words`, in any case; rows with misspelt words have not."""
    return words in row.request.lower()


def beside(row: Example) -> tuple[bool, bool]:
    """Whether a sentence that asks for nothing stands before and behind."""
    said = row.request.lower()
    return any(said.startswith(a) for a in ASIDES), any(said.endswith(a) for a in ASIDES)


def test_asides_and_capitals_leave_the_arguments_as_they_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolsmith_dataset.noise._TYPOS", 0.0)
    found = rows("Look up {query} for me.", "search_web")
    places = [beside(row) for row in found]
    assert sum(first for first, _ in places) > 10 and sum(last for _, last in places) > 5
    assert any(row.request.isupper() for row in found)
    for row in found:
        assert isinstance(row.decision, ToolCall)
        query = row.decision.args["query"]
        assert query in row.request and spelled(row, f"look up {query.lower()} for me")


def test_misspelt_words_stand_outside_the_values(monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[float, list[Example]] = {}
    for share in (0.0, 1.0):
        monkeypatch.setattr("toolsmith_dataset.noise._TYPOS", share)
        found[share] = rows("Google {query} quickly please", "search_web")
    for right, wrong in zip(found[0.0], found[1.0], strict=True):
        assert wrong.decision == right.decision
        if right.request.lower().startswith("google"):
            assert not spelled(wrong, "google") or not spelled(wrong, "quickly please")


def test_only_a_false_order_stands_behind_a_value_that_ends_the_request() -> None:
    behind = []
    for row in rows("Text {to}: {text}", "send_message"):
        assert isinstance(row.decision, ToolCall) and row.decision.tool == "send_message"
        behind.append(row.request.rpartition(row.decision.args["text"])[2].strip())
    assert set(behind) - {""} <= ORDERS
    assert 0 < sum(order in ORDERS for order in behind) < 0.1 * len(behind)


@pytest.mark.parametrize("split", ["dev", "test"])
def test_held_out_requests_are_their_wordings_alone(split: str) -> None:
    for row in rows("Look up {query} for me.", "search_web", split):
        assert row.request.lower().startswith("look up ") and not row.request.isupper()
        assert beside(row) == (False, False)
        assert not any(order in row.request for order in ORDERS)


def test_asides_are_no_wordings() -> None:
    assert not ASIDES & {one.text.lower() for split in ("train", "dev", "test") for one in load(split)}
