"""One incident, live, with nothing in the place of anything: does the alert come, and does the cure work?"""

from pathlib import Path

import pytest

from agent.domain.alert import AlertStatus
from agent.domain.incident import IncidentStatus
from evals.lab.scenarios import SCENARIOS, Incident
from evals.lab.story import Pace, Wish, run
from evals.lab.transcript import Transcript
from tests.system import program

HOW = "apt-get install prometheus prometheus-alertmanager"


def processes_that_name(folder: Path) -> list[str]:
    """The command lines of this machine's processes in which the folder stands."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # It ended meanwhile.
        if str(folder) in line:
            found.append(line)
    return found


@pytest.mark.system
def test_a_bad_deployment_is_diagnosed_rolled_back_once_verified_and_closed(tmp_path: Path) -> None:
    for name in ("prometheus", "prometheus-alertmanager"):
        program(name, HOW)
    scenario = SCENARIOS["deploy-payment"]
    assert isinstance(scenario, Incident)
    wish, said = Wish(scenario, "approve"), list[str]()

    ending = run(wish, Pace(history=30.0), Transcript(said.append), tmp_path)

    assert ending.cause == "payment"
    assert [(effect.path, effect.status) for effect in ending.effects] == [("/services/payment/rollback", 200)]
    assert ending.effects[0].key == ending.incident.effects[0].key
    assert ending.recovered
    by_alertmanager = {(placed.alert.integration, placed.alert.status) for placed in ending.incident.alerts}
    assert by_alertmanager == {("alertmanager", AlertStatus.FIRING), ("alertmanager", AlertStatus.RESOLVED)}
    assert ending.resolved
    assert ending.incident.incident.status is IncidentStatus.CLOSED
    assert ending.as_asked(wish)
    assert processes_that_name(tmp_path) == []
    assert any("FIRING HighErrorRatio frontend /checkout" in line for line in said)
