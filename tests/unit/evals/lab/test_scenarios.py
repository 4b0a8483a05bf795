from pathlib import Path

import pytest
import yaml

from agent.domain.hypothesis import Fault
from evals.lab.scenarios import SCENARIOS, FalseAlarm, Incident
from evals.lab.shop.topology import FLAGS, SERVICES, STORE_CLIENTS
from evals.lab.shop.versions import bad_version

RUNBOOKS = Path(__file__).parents[4] / "runbooks"
INCIDENTS = [scenario for scenario in SCENARIOS.values() if isinstance(scenario, Incident)]
FALSE_ALARMS = [scenario for scenario in SCENARIOS.values() if isinstance(scenario, FalseAlarm)]


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda incident: incident.name)
def test_what_heals_an_incident_is_in_the_catalogue_with_these_arguments(incident: Incident) -> None:
    action = yaml.safe_load((RUNBOOKS / incident.heal.remedy.action / "action.yaml").read_text(encoding="utf-8"))

    path = action["do"]["call"]["path"].format(**incident.heal.remedy.arguments)
    assert (sorted(action["arguments"]), path, action["do"]["call"].get("body")) == (
        sorted(incident.heal.remedy.arguments),
        incident.heal.path,
        incident.heal.body,
    )


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda incident: incident.name)
def test_the_shop_can_do_what_the_incident_asks_for(incident: Incident) -> None:
    able = {
        "deploy": bad_version(incident.service) is not None,
        "flag": incident.service in FLAGS,
        "pool-leak": incident.service in STORE_CLIENTS,
        "lock": incident.service == "store",
    }

    assert incident.service in SERVICES
    assert able.get(incident.fault, True)
    assert Fault(incident.family) not in {Fault.NONE, Fault.UNKNOWN}


def test_there_are_many_incidents_of_many_kinds_and_some_false_alarms() -> None:
    assert len(INCIDENTS) >= 12
    assert len({incident.fault for incident in INCIDENTS}) >= 6
    assert len({incident.service for incident in INCIDENTS}) >= 5
    assert len(FALSE_ALARMS) >= 2
