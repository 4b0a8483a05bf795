"""Can a human merge and split incidents, and does everything that follows agree, also after a restart?"""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from agent.bootstrap import Application
from agent.domain.alert import Fate
from agent.domain.approval import ApprovalStatus
from agent.domain.errors import Conflict, NotFound
from agent.domain.event import EventType
from agent.domain.incident import Incident, IncidentStatus
from agent.identity.roles import Caller
from tests.clocks import Clock
from tests.integration.agent.service.test_placement import _alert, _body, _open, _receive
from tests.integration.agent.storage.proposals import VALID, proposal

ANN = Caller(name="ann", kind="person", scopes=frozenset({"approve:low"}))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def opened(tmp_path: Path, clock: Clock) -> AsyncIterator[Application]:
    async with _open(tmp_path, clock) as application:
        yield application


async def _two(application: Application) -> tuple[str, str]:
    """Incidents of the cart and of the shop."""
    told = await _receive(application, _body(_alert("Errors", "cart"), _alert("Latency", "shop")))
    (_, cart), (_, shop) = told
    assert cart != shop
    return str(cart), str(shop)


async def _incident(application: Application, id_: str) -> Incident:
    return (await application.views.incident(id_)).incident


async def _alerts(application: Application, incident: str) -> dict[str, str]:
    """Name to id."""
    return {one.alert.name: one.id for one in (await application.views.incident(incident)).alerts}


async def _events(application: Application, incident: str, kind: EventType) -> list[tuple[str, str]]:
    timeline = (await application.views.incident(incident)).timeline
    return [(entry.event.actor, entry.event.text) for entry in timeline if entry.event.type is kind]


async def test_merged_incident_is_closed_and_its_alerts_say_why(opened: Application) -> None:
    cart, shop = await _two(opened)
    both = await opened.service.regrouping.merge(shop, cart, "one outage", ANN)

    gone = await _incident(opened, shop)
    assert (gone.status, gone.merged_into, both.id, both.title) == (
        IncidentStatus.CLOSED,
        cart,
        cart,
        "Errors on cart (2 alerts)",
    )
    reasons = {one.alert.name: one.reason for one in (await opened.views.incident(cart)).alerts}
    assert reasons["Latency"].endswith(f" Merged from {shop} into {cart}: ann says: one outage.")
    assert (await opened.views.incident(shop)).alerts == ()
    assert await _events(opened, shop, EventType.INCIDENT_MERGED) == [
        ("ann", f"Merged into {cart} and closed: ann says: one outage.")
    ]
    assert await _events(opened, cart, EventType.INCIDENT_MERGED) == [
        ("ann", f"Taken over from {shop}: 1 message. ann says: one outage.")
    ]


async def test_merging_twice_is_merging_once(opened: Application) -> None:
    cart, shop = await _two(opened)
    first = await opened.service.regrouping.merge(shop, cart, "one outage", ANN)
    before = await opened.views.journal_head()

    assert await opened.service.regrouping.merge(shop, cart, "again", ANN) == first
    assert await opened.views.journal_head() == before


async def test_later_alerts_follow_the_merge_also_after_a_restart(tmp_path: Path, clock: Clock) -> None:
    async with _open(tmp_path, clock) as application:
        cart, shop = await _two(application)
        await application.service.regrouping.merge(shop, cart, "one outage", ANN)
        assert await _receive(application, _body(_alert("Saturation", "shop"))) == [(Fate.INCIDENT, cart)]
        assert await _receive(application, _body(_alert("Latency", "shop"))) == [(Fate.DUPLICATE, cart)]
    async with _open(tmp_path, clock) as application:
        assert await _receive(application, _body(_alert("Errors", "shop"))) == [(Fate.INCIDENT, cart)]
        ended = [_alert(name, "shop", "resolved") for name in ("Latency", "Saturation", "Errors")]
        await _receive(application, _body(*ended))
        assert (await _incident(application, cart)).status is IncidentStatus.OPEN
        await _receive(application, _body(_alert("Errors", "cart", "resolved")))
        assert (await _incident(application, cart)).status is IncidentStatus.RESOLVED


async def test_merge_withdraws_what_the_incident_asks_and_stops_who_works_on_it(opened: Application) -> None:
    cart, shop = await _two(opened)
    leases = [await opened.queue.lease("w", timedelta(minutes=1)) for _ in range(2)]
    held = {lease.job.incident: lease for lease in leases if lease}
    asked = await opened.record.approvals.request(proposal(shop), "a human is asked", "Restart?", VALID)
    await opened.service.regrouping.merge(shop, cart, "one outage", ANN)

    assert (await opened.views.approval(asked.id)).status is ApprovalStatus.EXPIRED
    kept = await opened.queue.renew([held[shop], held[cart]], timedelta(minutes=1))
    assert [lease.job for lease in kept] == [held[cart].job]
    assert await opened.queue.lease("w", timedelta(minutes=1)) is None


async def test_incident_merged_into_a_resolved_one_opens_it_again(opened: Application) -> None:
    cart, shop = await _two(opened)
    await _receive(opened, _body(_alert("Errors", "cart", "resolved")))
    both = await opened.service.regrouping.merge(shop, cart, "", ANN)

    assert (both.status, both.episode, both.resolved_at) == (IncidentStatus.OPEN, 2, None)


async def test_what_cannot_be_merged_is_refused_with_the_reason(opened: Application) -> None:
    cart, shop = await _two(opened)
    merge = opened.service.regrouping.merge
    with pytest.raises(NotFound, match="There is no incident nope"):
        await merge(cart, "nope", "", ANN)
    with pytest.raises(Conflict, match="cannot be merged into itself"):
        await merge(cart, cart, "", ANN)
    await opened.service.people.close(shop, ANN)
    with pytest.raises(Conflict, match=f"{shop} is closed"):
        await merge(cart, shop, "", ANN)
    with pytest.raises(Conflict, match=f"{shop} is closed"):
        await merge(shop, cart, "", ANN)


async def test_incident_that_was_merged_away_is_merged_nowhere_else(opened: Application) -> None:
    cart, shop = await _two(opened)
    [(_, bank)] = await _receive(opened, _body(_alert("Errors", "bank")))
    await opened.service.regrouping.merge(shop, cart, "", ANN)
    with pytest.raises(Conflict, match=f"was merged into {cart} already"):
        await opened.service.regrouping.merge(shop, str(bank), "", ANN)


async def test_split_alerts_are_a_new_incident_with_their_later_messages(tmp_path: Path, clock: Clock) -> None:
    async with _open(tmp_path, clock) as application:
        body = _body(_alert("Errors", "cart"), _alert("Latency", "cart"))
        [(_, cart), _] = await _receive(application, body)
        await _receive(application, body)
        latency = (await _alerts(application, str(cart)))["Latency"]
        new = await application.service.regrouping.split(str(cart), [latency], "another fault", ANN)

        assert (new.status, new.split_from, new.title) == (IncidentStatus.OPEN, cart, "Latency on cart")
        assert (await _incident(application, str(cart))).title == "Errors on cart"
        moved = (await application.views.incident(new.id)).alerts
        assert [(one.fate, one.alert.name) for one in moved] == [
            (Fate.INCIDENT, "Latency"),
            (Fate.DUPLICATE, "Latency"),
        ]
        assert moved[0].reason.endswith(f" Split from {cart} into {new.id}: ann says: another fault.")
        assert await _events(application, str(cart), EventType.INCIDENT_SPLIT) == [
            ("ann", f"Moved to {new.id}: 2 messages. ann says: another fault.")
        ]
        assert await application.service.regrouping.split(str(cart), [latency], "again", ANN) == new
    async with _open(tmp_path, clock) as application:
        assert await _receive(application, _body(_alert("Latency", "cart"))) == [(Fate.DUPLICATE, new.id)]
        await _receive(application, _body(_alert("Latency", "cart", "resolved")))
        found = [(await _incident(application, one)).status for one in (str(cart), new.id)]
        assert found == [IncidentStatus.OPEN, IncidentStatus.RESOLVED]


async def test_incident_of_which_nothing_fires_any_more_is_resolved_by_the_split(opened: Application) -> None:
    body = _body(_alert("Errors", "cart"), _alert("Latency", "cart"))
    [(_, cart), _] = await _receive(opened, body)
    await _receive(opened, _body(_alert("Errors", "cart", "resolved")))
    new = await opened.service.regrouping.split(str(cart), [(await _alerts(opened, str(cart)))["Latency"]], "", ANN)

    assert (await _incident(opened, str(cart))).status is IncidentStatus.RESOLVED
    assert new.status is IncidentStatus.OPEN


async def test_what_cannot_be_split_is_refused_with_the_reason(opened: Application) -> None:
    cart, shop = await _two(opened)
    split = opened.service.regrouping.split
    errors, latency = (await _alerts(opened, cart))["Errors"], (await _alerts(opened, shop))["Latency"]
    with pytest.raises(NotFound, match="There is no incident nope"):
        await split("nope", [errors], "", ANN)
    with pytest.raises(NotFound, match=f"{cart} has no alert {latency}"):
        await split(cart, [latency], "", ANN)
    with pytest.raises(Conflict, match="These are all the alerts"):
        await split(cart, [errors], "", ANN)
    await opened.service.people.close(cart, ANN)
    with pytest.raises(Conflict, match="is closed"):
        await split(cart, [errors], "", ANN)


async def test_new_episode_names_the_incident_closed_days_before_a_restart(tmp_path: Path, clock: Clock) -> None:
    async with _open(tmp_path, clock) as application:
        [(_, first)] = await _receive(application, _body(_alert("Errors", "cart")))
        await _receive(application, _body(_alert("Errors", "cart", "resolved")))
        await application.service.people.close(str(first), ANN)
    clock.time += timedelta(days=2)
    async with _open(tmp_path, clock) as application:
        [(_, second)] = await _receive(application, _body(_alert("Errors", "cart", began=clock.time)))
        assert (await _incident(application, str(second))).previous == first


async def test_burst_that_starts_anew_is_split_off_on_the_record(opened: Application, clock: Clock) -> None:
    names = ["Errors", "Latency", "Saturation"]
    [(_, first), *_] = await _receive(opened, _body(*(_alert(name, "cart") for name in names)))
    clock.time += timedelta(minutes=5)
    told = await _receive(opened, _body(*(_alert(name, "cart", began=clock.time) for name in names)))
    [second] = {incident for _, incident in told}

    new = await _incident(opened, str(second))
    assert (new.split_from, new.title, second != first) == (first, "Errors on cart (3 alerts)", True)
    split = await _events(opened, str(first), EventType.INCIDENT_SPLIT)
    assert [actor for actor, _ in split] == ["agent"]
    assert (await opened.views.load()).jobs_waiting == 2
