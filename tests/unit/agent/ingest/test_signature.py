import pytest
from pydantic import JsonValue

from agent.ingest.signature import MAX_LABEL, MAX_LABELS, annotations, labels, merged
from agent.ingest.strict_json import Unusable


def test_labels_are_taken_as_they_are() -> None:
    assert labels({"b": "2", "a": "x", "n": 3, "t": True, "empty": "", "null": None}) == (
        {"a": "x", "b": "2", "n": "3", "t": "true"},
        "",
    )


@pytest.mark.attack("S38")
def test_too_many_labels_keep_the_same_ones_in_any_order() -> None:
    found: dict[str, JsonValue] = {f"l{n:05}": str(n) for n in range(10_000)}
    kept = labels(found)

    assert kept == (
        {f"l{n:05}": str(n) for n in range(MAX_LABELS)},
        "It has 10000 labels; the first 64 by name were used.",
    )
    assert labels(dict(reversed(found.items()))) == kept


def test_values_that_differ_beyond_the_cap_still_differ() -> None:
    first, note = labels({"a": "x" * 2**20 + "1"})
    second, _ = labels({"a": "x" * 2**20 + "2"})

    assert note == "The label 'a' has more than 1024 characters; they were cut."
    assert first != second
    assert max(len(value) for value in first.values()) <= MAX_LABEL


@pytest.mark.parametrize("name", ["", "a\nb", "a\x1b[31m", "x" * 129, "a\u202eb"])
@pytest.mark.attack("S38")
def test_strange_label_names_are_refused(name: str) -> None:
    with pytest.raises(Unusable, match="cannot be the name of a label"):
        labels({name: "v"})


@pytest.mark.parametrize("value", [["a"], {"a": "b"}])
def test_values_that_are_no_texts_are_refused(value: object) -> None:
    with pytest.raises(Unusable, match="The value of 'a' is not a text"):
        labels({"a": value})  # type: ignore[dict-item]


def test_labels_that_are_no_object_are_refused() -> None:
    with pytest.raises(Unusable, match="labels are not an object"):
        labels(["a"])
    assert labels(None) == ({}, "")


def test_merged_lets_the_first_win_and_keeps_the_notes() -> None:
    assert merged(({"a": "1"}, "One."), annotations({"a": "2", "b": "3"}), ({}, "Two.")) == (
        {"a": "1", "b": "3"},
        "One. Two.",
    )
