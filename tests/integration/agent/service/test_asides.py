"""What becomes of alerts that were set aside and are placed again?"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from agent.bootstrap import Application, Replaced, bootstrap
from agent.correlate.correlator import Correlator
from agent.domain.alert import Fate
from agent.domain.incident import IncidentStatus
from agent.graph.context import Sources
from agent.identity.roles import Caller
from agent.service.placement import ALONE
from agent.settings import Settings
from agent.testing import NoMemory
from tests.clocks import Clock
from tests.integration.agent.service.test_placement import BEGAN, _alert, _body
from tests.integration.agent.service.test_poison import POISON, Failing, raises

ANN = Caller(name="ann", kind="person", scopes=frozenset({"approve:low"}))
FIRED = _alert("Errors", POISON)
OVER = _alert("Errors", POISON, "resolved")


@asynccontextmanager
async def _open(folder: Path, clock: Clock, correlator: Correlator | None = None) -> AsyncIterator[Application]:
    settings = Settings.model_validate({"data": folder / "data", "runbooks": folder / "none"})
    replaced = Replaced(
        clock=clock, sources=Sources(), executors={}, memory=NoMemory(), channels=(), correlator=correlator
    )
    async with bootstrap(settings, replaced) as application:
        yield application


async def _receive(application: Application, *sent: dict[str, object]) -> str:
    receipt = await application.service.intake.receive("alertmanager", "test", _body(*sent))
    await _placed(application)
    return receipt.id


async def _placed(application: Application) -> None:
    while await application.service.placement.place_waiting():
        pass


async def _fates(application: Application, receipt: str) -> list[Fate | None]:
    return [placed.fate for placed in (await application.views.receipt(receipt)).alerts]


async def test_what_was_over_before_it_could_be_placed_leaves_no_incident_open(tmp_path: Path) -> None:
    clock = Clock()
    async with _open(tmp_path, clock, Failing(raises)) as application:
        fired = await _receive(application, FIRED)
    clock.time += timedelta(minutes=2)
    async with _open(tmp_path, clock) as application:
        over = await _receive(application, OVER)
        assert [await _fates(application, one) for one in (fired, over)] == [[Fate.QUARANTINED], [Fate.DUPLICATE]]

        clock.time += timedelta(hours=1)
        assert await application.service.asides.place_again([], ANN) == 1
        await _placed(application)
        assert [await _fates(application, one) for one in (fired, over)] == [[Fate.INCIDENT], [Fate.INCIDENT]]
        [incident] = (await application.views.incidents()).incidents
        assert incident.status is IncidentStatus.RESOLVED


async def test_one_that_fails_again_is_set_aside_again_and_holds_up_nobody(tmp_path: Path) -> None:
    async with _open(tmp_path, Clock(), Failing(raises)) as application:
        fired = await _receive(application, FIRED)
        for _ in range(2):
            assert await application.service.asides.place_again([], ANN) == 1
            later = await _receive(application, _alert("Errors", "till", began=BEGAN + timedelta(minutes=1)))
            assert (await _fates(application, fired), None in await _fates(application, later)) == (
                [Fate.QUARANTINED],
                False,
            )
        assert [one.receipt for one in await application.service.asides.listed(ANN)] == [fired]


async def test_alerts_that_the_rules_fail_of_are_tried_alone_and_those_between_them_placed(tmp_path: Path) -> None:
    failing = Failing(raises)
    async with _open(tmp_path, Clock(), failing) as application:
        sent = [_alert(name, service) for name in "ab" for service in ("till", POISON, "cart")]
        receipt = await _receive(application, *sent)
        fates = [Fate.INCIDENT, Fate.QUARANTINED, Fate.INCIDENT] * 2
        assert (await _fates(application, receipt), failing.tried) == (fates, 2 * ALONE)
