"""What does an event say, in either of the API's shapes?"""

from datetime import UTC, datetime

from tools.cluster.events import event_of
from tools.cluster.facts import Event

CREATED = "2026-03-01T12:00:00Z"


def test_an_event_of_either_shape_says_the_same() -> None:
    about = {"kind": "Pod", "name": "cart-1", "namespace": "shop"}
    meta = {"metadata": {"creationTimestamp": CREATED}, "type": "Warning", "reason": "BackOff"}
    core = {**meta, "involvedObject": about, "message": "Back-off", "count": 3}
    newer = {**meta, "regarding": about, "note": "Back-off", "series": {"count": 3}}

    found = [event_of(one, lambda kind, name: f"{kind} {name}") for one in (core, newer)]

    assert found == 2 * [
        Event(
            type="Warning",
            reason="BackOff",
            kind="Pod",
            name="cart-1",
            namespace="shop",
            component="Pod cart-1",
            message="Back-off",
            count=3,
            at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        )
    ]
