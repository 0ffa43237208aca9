import pytest

from toolsmith_dataset.partition import KINDS, lines, partition, runs, slot, words


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_test_value_equals_or_contains_a_train_value_of_its_kind(kind: str) -> None:
    values = {
        split: {words(value) for name in KINDS[kind] for value in slot(name)[split]}
        for split in ("train", "dev", "test")
    }
    for held_out in ("dev", "test"):
        assert not [value for value in values[held_out] if any(run in values["train"] for run in runs(value))]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_about_a_fifth_of_the_values_is_for_the_test_file(kind: str) -> None:
    whole = partition(kind, [value for name in KINDS[kind] for value in lines(name)])
    sizes = {split: list(whole.values()).count(split) for split in ("train", "dev", "test")}
    total = sum(sizes.values())
    assert 0.13 < sizes["test"] / total < 0.28 and 0.02 < sizes["dev"] / total < 0.15


def test_the_split_of_a_value_depends_on_nothing_but_the_value() -> None:
    values = ["Oslo", "Lima", "Tromsø", "Porto", "Quito", "Accra"]
    alone = {value: partition("city", [value])[value] for value in values}
    assert partition("city", values[::-1]) == alone


def test_a_value_inside_another_goes_where_the_other_goes() -> None:
    for name in ("Lima", "Oslo", "Quito", "Porto", "Accra", "York"):
        found = partition("city", [name, f"New {name}", f"Port of New {name}"])
        assert len(set(found.values())) == 1


def test_case_accents_and_outer_punctuation_do_not_make_another_value() -> None:
    assert words("  «Zoë» naïve, COFFEE! ") == ("zoe", "naive", "coffee")


@pytest.mark.parametrize("name", ["titles", "tasks", "texts", "queries"])
def test_values_for_training_alone_leave_the_held_out_values_as_they_are(name: str) -> None:
    kind = next(kind for kind, files in KINDS.items() if name in files)
    whole = partition(kind, [value for file in KINDS[kind] for value in lines(file)])
    found = slot(name)
    for split in ("dev", "test"):
        assert list(found[split]) == [value for value in lines(name) if whole[value] == split]
    more = set(found["train"]) - set(lines(name))
    assert len(more) > 300 and more <= set(lines(f"train/{name}"))
    held = {words(value) for value, split in whole.items() if split != "train"}
    assert not [value for value in more if any(run in held for run in runs(words(value)))]
