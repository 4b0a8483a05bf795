from collections.abc import Iterable
from datetime import timedelta

from agent.analysis.waves import waves
from agent.domain.alert import Fate, Placed
from tests.unit.agent.analysis.made import NOW, alert


def _placed(seconds: Iterable[float], service: str) -> list[Placed]:
    """One alert at each of these seconds after NOW, its id by service and second."""
    return [
        Placed(
            id=f"{service}-{second:g}",
            alert=alert(f"Broken{second:g}", NOW + timedelta(seconds=second), service=service),
            receipt="r",
            received_at=NOW + timedelta(seconds=second),
            fate=Fate.INCIDENT,
        )
        for second in seconds
    ]


FADING = (0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144)
"""As the alerts of one cause come."""
SECOND = tuple(range(180, 190))


def test_a_second_wave_is_told_with_the_alerts_that_a_split_takes() -> None:
    first, second = waves([*_placed(FADING, "cart"), *_placed(SECOND, "mail")])

    assert (len(first.alerts), second.alerts) == (len(FADING), tuple(f"mail-{at}" for at in SECOND))
    assert (second.began, second.services) == (NOW + timedelta(seconds=180), ("mail",))
    assert second.why == "10 of its 22 alerts began in a wave from 12:03:00 UTC on, most of them about mail."


def test_what_one_cause_sets_off_is_one_wave() -> None:
    assert waves(_placed(FADING, "cart")) == ()


def test_few_alerts_more_are_no_wave() -> None:
    assert waves([*_placed(FADING, "cart"), *_placed(SECOND[:5], "mail")]) == ()


def test_messages_that_repeat_an_alert_or_were_silenced_make_no_wave() -> None:
    told = [*_placed(FADING, "cart"), *_placed(SECOND[:5], "mail")]
    silenced = [one.model_copy(update={"fate": Fate.SILENCED}) for one in _placed((200, 201, 202, 203, 204), "web")]
    repeated = [one.model_copy(update={"id": f"again-{one.id}"}) for one in told]

    assert waves([*told, *repeated, *silenced]) == ()
