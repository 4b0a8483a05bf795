"""What does an event of the Kubernetes API say?  One of either shape, or of a printed table with ages alone."""

from collections.abc import Callable
from datetime import datetime

from tools.cluster import fields
from tools.cluster.facts import Event
from tools.cluster.fields import Object
from tools.cluster.times import AGE, before, moment


def event_of(item: Object, whole: Callable[[str, str], str], at: datetime | None = None) -> Event:
    """`whole` of a kind and a name: the workload that such an object is a part of. `at`: what ages count from."""
    about = fields.mapping(item, "involvedObject") or fields.mapping(item, "regarding")
    series = fields.mapping(item, "series")
    kind, name = fields.text(about, "kind"), fields.text(about, "name")
    written = (series.get("lastObservedTime"), item.get("lastTimestamp"), item.get("eventTime"))
    return Event(
        type=fields.text(item, "type") or "Normal",
        reason=fields.text(item, "reason"),
        kind=kind,
        name=name,
        namespace=fields.text(about, "namespace") or fields.namespace(item),
        component=whole(kind, name),
        message=fields.text(item, "message") or fields.text(item, "note"),
        count=fields.count(series, "count") or fields.count(item, "count") or 1,
        at=next(filter(None, map(moment, written)), None)
        or before(at, item.get(AGE))
        or moment(fields.meta(item).get("creationTimestamp")),
    )
