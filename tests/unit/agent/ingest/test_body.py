import gzip
import json
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.ingest.body import MAX_BODY, MAX_ITEMS, elements, read


def test_object_and_its_list_are_read_apart() -> None:
    found = read(b' {"version": "4", "alerts": [ {"a": 1} , 2 ], "n": [3]} ', "alerts")

    assert found.fields == {"version": "4", "n": [3]}
    assert [(item.value, item.raw) for item in found.items] == [({"a": 1}, b'{"a": 1}'), (2, b"2")]
    assert found.unparsed == []


def test_object_that_comes_alone_is_its_own_element() -> None:
    body = b'{"title": "x"}'

    assert [(item.value, item.raw) for item in elements(read(body, "alerts"))] == [({"title": "x"}, b'{"title": "x"}')]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "The body is empty."),
        (b" \n", "The body is empty."),
        (b"null", "The body is neither a JSON object nor a list."),
        (b'"text"', "The body is neither a JSON object nor a list."),
        (b"<xml/>", "The body is neither a JSON object nor a list."),
        (b'{"a": 1', "The body is not JSON from character 7 on: it breaks off."),
        (b'{"a" 1}', "The body is not JSON from character 5 on: expected a colon."),
        (b"{1: 2}", "The body is not JSON from character 2 on: expected a name in quotes."),
        (b'{"a": }', "The body is not JSON from character 6 on: expecting value."),
        (b'{"a": 1} {"b": 2}', "The body is not JSON from character 9 on: there is text after the end."),
        (b'{"a": "\x00"}', "The body is not JSON from character 7 on: invalid control character at."),
        (b'{"a": NaN}', "NaN is not JSON."),
        (b'{"a": -Infinity}', "-Infinity is not JSON."),
        (b'{"a": 1e400}', "The number '1e400' is too large."),
        (b'{"a": 1, "a": 2}', "The name 'a' stands twice in one object."),
        (b'{"alerts": [], "alerts": []}', "The name 'alerts' stands twice in one object."),
        (b'{"a": {"b": 1, "b": 2}}', "The name 'b' stands twice in one object."),
        (b'{"a": "\\ud800"}', "A text holds half a surrogate pair, which is no character."),
        (b'{"a\\udfff": 1}', "A text holds half a surrogate pair, which is no character."),
        (b'{"a": ["\\u0000"]}', "A text holds the character NUL."),
        (b"\xef\xbb\xbf{}", "The body begins with a byte order mark, which JSON must not (RFC 8259, section 8.1)."),
        (gzip.compress(b" " * 10**7), "The body is compressed; send it as it is."),
        (b"\xff\xfe{\x00}\x00", "The body is not UTF-8: byte 0."),
        (b'{"a": "\xc3"}', "The body is not UTF-8: byte 7."),
        (b"[" * 10_000, "The body is nested more than 32 deep."),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "The body is nested more than 32 deep."),
        (b"[" + b"{}," * 200_001 + b"{}]", "The body has more than 200000 objects and lists."),
        (b"[" + b"1," * 600_001 + b"1]", "The body has more than 600000 values."),
    ],
)
def test_unusable_body_is_kept_whole_with_the_reason(body: bytes, reason: str) -> None:
    found = read(body, "alerts")

    assert (found.fields, found.items) == ({}, [])
    assert [(part.body, part.reason) for part in found.unparsed] == [(body, reason)]


def test_a_long_number_is_refused_without_being_converted() -> None:
    found = read(b'{"a": ' + b"9" * 1_000_000 + b"}")

    assert [part.reason[-20:] for part in found.unparsed] == ["999999…' is too long."[-20:]]


def test_pairs_of_surrogates_and_brackets_in_texts_are_no_trouble() -> None:
    text = "[{" * 100
    body = json.dumps(
        {"alerts": [{"emoji": "\U0001f525", "quoted": '\\"', "brackets": text, "nul": "\\u0000"}]}
    ).encode()

    assert [item.value for item in read(body, "alerts").items] == [
        {"emoji": "\U0001f525", "quoted": '\\"', "brackets": text, "nul": "\\u0000"}
    ]


def test_bad_element_does_not_take_the_others_with_it() -> None:
    body = b'{"alerts": [{"a": 1}, {"b": NaN}, {"c": 1, "c": 2}, {"d": "\\udead"}, {"e": 1e999}, {"f": 2}]}'
    found = read(body, "alerts")

    assert [item.value for item in found.items] == [{"a": 1}, {"f": 2}]
    assert [(part.body, part.reason) for part in found.unparsed] == [
        (b'{"b": NaN}', "NaN is not JSON."),
        (b'{"c": 1, "c": 2}', "The name 'c' stands twice in one object."),
        (b'{"d": "\\udead"}', "A text holds half a surrogate pair, which is no character."),
        (b'{"e": 1e999}', "The number '1e999' is too large."),
    ]


def test_body_that_breaks_off_gives_what_came_before() -> None:
    found = read(b'{"version": "4", "alerts": [{"a": 1}, {"b": 2}, {"c": ', "alerts")

    assert [item.value for item in found.items] == [{"a": 1}, {"b": 2}]
    assert [(part.body, part.reason) for part in found.unparsed] == [
        (b', {"c": ', "The body is not JSON from character 54 on: expecting value.")
    ]


@pytest.mark.attack("S38")
def test_elements_over_the_cap_are_counted_and_kept() -> None:
    body = json.dumps({"alerts": [{"n": n} for n in range(MAX_ITEMS + 7)]}).encode()
    found = read(body, "alerts")

    assert [item.value for item in found.items] == [{"n": n} for n in range(MAX_ITEMS)]
    left = ", ".join(f'{{"n": {n}}}' for n in range(MAX_ITEMS, MAX_ITEMS + 7))
    assert [(part.body.decode(), part.reason, part.count) for part in found.unparsed] == [
        (left, f"7 alerts over the cap of {MAX_ITEMS} in one body.", 7)
    ]


@pytest.mark.attack("S37")
def test_body_over_the_size_is_used_up_to_it() -> None:
    item = b'{"text": "' + "é".encode() * 1_000 + b'"}'
    body = b'{"alerts": [' + b",".join([item] * (MAX_BODY // len(item) + 10)) + b"]}"
    found = read(body, "alerts")

    whole = (MAX_BODY - len(b'{"alerts": [')) // (len(item) + 1)
    assert len(found.items) == whole
    assert [part.reason.split(". ")[-1] for part in found.unparsed] == [
        f"The body has more than {MAX_BODY} bytes; only these were kept."
    ]
    assert len(found.unparsed[0].body) < 2 * len(item)


@pytest.mark.parametrize(
    "body",
    [
        b'"' + b'\\"' * (MAX_BODY // 2),
        b'{"a": ["' + b'\\"' * (MAX_BODY // 2 - 10) + b"[" * 40,
        b"[" + b'"aa",' * 100_000 + b'"aa"]',
        b"[" + b"[]," * 99_000 + b"[]]",
        b'[[{"a":1}' + b',{"a":1}' * 190_000 + b"]]",
        b'{"alerts":[' + b'{"n":1},' * 90_000 + b"1]}",
        b" " * MAX_BODY,
        b'{"alerts":[' + b"," * 500_000,
        b'["' + b"\\u00e9" * (MAX_BODY // 6 - 10) + b'"]',
        (b'["' + b"a" * (MAX_BODY - 20)) + "\U0001f525".encode() + b'"]',
    ],
    ids=lambda body: body[:12].decode(),
)
@pytest.mark.attack("S37")
def test_worst_bodies_cost_bounded_time_and_memory(body: bytes) -> None:
    started = time.process_time()
    read(body, "alerts")
    seconds = time.process_time() - started
    tracemalloc.start()
    read(body, "alerts")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 64 * 2**20
    assert seconds < 60


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:\\u0dalerts1eN \x00\ufeff', max_size=80).map(str.encode))
@pytest.mark.attack("S37")
def test_any_bytes_are_read_or_kept(body: bytes) -> None:
    found = read(body, "alerts")

    assert found.unparsed or json.loads(body) is not None
    assert all(part.reason.endswith(".") for part in found.unparsed)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(max_size=4), values, max_size=4), st.lists(values, max_size=5), st.booleans())
def test_what_json_reads_is_read_alike(fields: dict[str, object], items: list[object], escaped: bool) -> None:
    clean = "\\u0000" not in json.dumps([fields, items])
    fields.pop("alerts", None)
    body = json.dumps({**fields, "alerts": items}, ensure_ascii=escaped).encode("utf-8")
    found = read(body, "alerts")

    if clean:
        assert (found.fields, [item.value for item in found.items], found.unparsed) == (fields, items, [])
