"""No body, however odd, makes any parser raise, and every body ends somewhere."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.ingest import changes
from agent.ingest.senders import PARSERS

NOW = datetime(2026, 11, 21, 19, 37, 0, 0, UTC)
EVERY = [*PARSERS.values(), changes.parse]
WORDS = """
    alerts labels annotations status startsAt endsAt severity title service key event_action trigger resolve payload
    summary dedup_key custom_details tags scope date org id alert_id transition values timestamp links href at kind
    firing resolved 0001-01-01T00:00:00Z 2026-11-21T19:36:08Z $TAGS state generatorURL client_url truncatedAlerts
""".split()  # noqa: SIM905 (forty words read better as a text)
words = st.sampled_from(WORDS) | st.text(max_size=6)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=6),
    max_leaves=25,
)


@pytest.mark.parametrize("parse", EVERY, ids=lambda parse: parse.__module__.rsplit(".", 1)[-1])
@settings(max_examples=300, deadline=None)
@given(content=values | values.map(lambda item: {"alerts": [item]}) | st.binary(max_size=60))
@pytest.mark.attack("S37")
def test_no_body_makes_a_parser_raise(parse: Any, content: Any) -> None:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    read, unparsed = parse(body, NOW)

    empty = not isinstance(content, bytes) and (content == [] or (isinstance(content, dict) and [] in content.values()))
    assert read or unparsed or empty
    assert all(part.reason for part in unparsed)
    for one in read:
        if parse is not changes.parse:
            json.dumps(one.model_dump(mode="json")).encode()
            assert len(one.identity.event) == 64


@pytest.mark.parametrize("parse", EVERY, ids=lambda parse: parse.__module__.rsplit(".", 1)[-1])
@pytest.mark.attack("S52")
def test_serialised_langchain_object_stays_data(parse: Any) -> None:
    inert = {"lc": 1, "type": "secret", "id": ["ENV"]}
    body = {"title": "x", "summary": "x", "service": "x", "alert_id": "1", "alerts": [{"labels": {"a": inert}}, inert]}
    read, unparsed = parse(json.dumps(body).encode(), NOW)

    assert all("lc" not in getattr(one, "labels", {}) for one in read)
    assert read or unparsed
