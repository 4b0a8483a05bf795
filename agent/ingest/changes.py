"""What did a CI system change?  A body -> changes, to be read beside an incident's onset.

    {"service": "cart", "kind": "deploy", "summary": "cart 1.4.2", "at": "2026-11-21T19:30:00Z",
     "source": "github", "author": "ada", "link": "https://…"}

One object, a list, or `{"changes": [...]}`. PagerDuty's change events are read too.
https://developer.pagerduty.com/docs/send-change-event
"""

from datetime import datetime

from pydantic import JsonValue

from agent.ingest import body
from agent.ingest.fields import Fields, fields, first, link, moment, name
from agent.ingest.pagerduty import without_key
from agent.ingest.strict_json import Unusable
from agent.ports import Unparsed
from tools.base import Change


def parse(content: bytes, received_at: datetime) -> tuple[list[Change], list[Unparsed]]:
    """Never raises, as `ports.Parser`; a change without a time happened when it was received."""
    found = body.read(content, "changes")
    changes: list[Change] = []
    unparsed = list(found.unparsed)
    for item in body.elements(found):
        try:
            changes.append(_change(fields(item.value), received_at))
        except Unusable as problem:
            unparsed.append(item.unparsed(str(problem)))
    return changes, [part.model_copy(update={"body": without_key(part.body)}) for part in unparsed]


def _change(item: Fields, received_at: datetime) -> Change:
    payload = item.get("payload")
    said = payload if isinstance(payload, dict) else item
    details = said.get("custom_details")
    more = details if isinstance(details, dict) else {}
    service, summary = first(said, "service", "component", "app") or first(more, "service"), first(said, "summary")
    if not service and not summary:
        raise Unusable("A change needs a service or a summary.")
    kind = _kind(first(said, "kind", "type"))
    return Change(
        at=moment(first(said, "at", "timestamp", "time")) or received_at,
        service=service[:200],
        kind=kind,
        summary=name(summary, f"{kind} of {service}"),
        source=(first(said, "source") or "webhook")[:100],
        author=first(said, "author", "user")[:200],
        link=link(said.get("link"), said.get("url"), *_links(item)),
    )


_KINDS = {
    word: kind
    for kind, words in {
        "deploy": "deploy deployment release rollout rollback upgrade",
        "config": "config configuration settings secret",
        "flag": "flag feature_flag toggle experiment",
        "scale": "scale scaling autoscale",
        "restart": "restart reboot",
        "infrastructure": "infrastructure infra terraform migration maintenance",
    }.items()
    for word in words.split()
}


def _kind(word: str) -> str:
    return _KINDS.get(word.lower(), "other" if word else "deploy")


def _links(item: Fields) -> list[JsonValue]:
    links = item.get("links")
    return [one.get("href") for one in links if isinstance(one, dict)] if isinstance(links, list) else []
