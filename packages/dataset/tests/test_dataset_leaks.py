from dataclasses import replace

from toolsmith_dataset import leaks
from toolsmith_dataset.leaks import masked_request, shared_wordings
from toolsmith_schema import Example, NoTool, Toolbox, ToolCall

TRAIN = [
    Example(
        id="t1",
        request="before we leave, could you check how cold it gets in Oslo tomorrow morning please",
        decision=ToolCall(tool="get_weather", args={"city": "Oslo", "date": "tomorrow morning"}),
    ),
    Example(
        id="t2",
        request="invite Ana and Bo Berg to lunch with Ada on Friday",
        decision=ToolCall(
            tool="create_event",
            args={"title": "lunch with Ada", "date": "Friday", "attendees": ["Ana", "Bo Berg"]},
        ),
    ),
    Example(id="t3", request="ok", decision=NoTool()),
]


def held_out(request: str, tool: str = "", **args: object) -> list[Example]:
    decision = ToolCall(tool=tool, args=args) if tool else NoTool()
    return [Example(id="h1", request=request, decision=decision)]


def test_unrelated_rows_share_nothing(toolbox: Toolbox) -> None:
    found = leaks(TRAIN, held_out("umbrella in Lima?", "get_weather", city="Lima"), toolbox)
    assert not found and found.figures["near_duplicates"] == 0


def test_a_wording_of_the_training_file_is_caught_whatever_its_case_and_punctuation(toolbox: Toolbox) -> None:
    assert shared_wordings(["How is {city}?"], ["how is {city}", "how was {city}"]) == ["how is {city}"]
    found = leaks(
        TRAIN, [], toolbox, train_wordings=["{title}, {date}"], held_out_wordings=["{title} {date}!"]
    )
    assert found.wordings and "wordings" in found.paragraphs("test.jsonl")[0]


def test_an_equal_value_is_caught(toolbox: Toolbox) -> None:
    found = leaks(TRAIN, held_out("OSLO: sun?", "get_weather", city="OSLO"), toolbox)
    assert found.values == ("city: 'OSLO' has 'Oslo'",)


def test_a_value_that_contains_a_training_value_is_caught(toolbox: Toolbox) -> None:
    rows = held_out("mail Ana Lund that we won", "send_email", to="Ana Lund", body="we won")
    assert leaks(TRAIN, rows, toolbox).values == ("person: 'Ana Lund' has 'Ana'",)


def test_the_same_word_as_another_kind_of_value_is_no_leak(toolbox: Toolbox) -> None:
    assert not leaks(TRAIN, held_out("look up Oslo", "search_web", query="Oslo"), toolbox).values


def test_a_near_duplicate_as_written_is_caught(toolbox: Toolbox) -> None:
    request = "before we leave, could you check how cold it gets in Oslo tomorrow morning thanks"
    found = leaks(TRAIN, held_out(request), toolbox)
    assert found.near and "t1" in found.near[0]


def test_a_request_hidden_in_a_longer_training_request_is_caught(toolbox: Toolbox) -> None:
    found = leaks(TRAIN, held_out("could you check how cold it gets in Oslo"), toolbox)
    assert found.near and found.figures["requests"]["written"]["max_containment"] == 1.0


def test_the_same_sentence_with_other_values_is_caught_by_masking(toolbox: Toolbox) -> None:
    rows = held_out(
        "invite Kim and Lou to brunch on 5 May",
        "create_event",
        title="brunch",
        date="5 May",
        attendees=["Kim", "Lou"],
    )
    assert "masked" in leaks(TRAIN, rows, toolbox).near[0]
    assert masked_request(rows[0], toolbox).split() == (
        "invite ATTENDEES and ATTENDEES to TITLE on DATE".split()
    )


def test_the_same_short_request_is_caught(toolbox: Toolbox) -> None:
    assert leaks(TRAIN, held_out("OK!"), toolbox).near


def test_leaks_do_not_depend_on_the_order_of_the_rows(toolbox: Toolbox) -> None:
    rows = held_out("before we leave, could you check how cold it gets in Oslo tomorrow morning thanks")
    more = [*TRAIN, replace(TRAIN[0], id="t4", request="something else")]
    assert leaks(more, rows, toolbox).near == leaks(more[::-1], rows, toolbox).near
