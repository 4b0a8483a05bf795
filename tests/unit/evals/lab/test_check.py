import socket
from pathlib import Path

import pytest

from evals.lab.casefile import Arm, Recording, Truth, write_case
from evals.lab.check import complaints
from tests.unit.evals.lab.recordings import INJECTED, NOW, STEP_S, error_ratio, incident, log_line


def checked(recording: Recording, folder: Path) -> list[str]:
    write_case(recording, folder)
    return complaints(folder)


def test_a_good_recording_gives_nothing_to_complain_of(tmp_path: Path) -> None:
    assert checked(incident(), tmp_path) == []


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    write_case(incident(), tmp_path)
    (tmp_path / "after" / "action.json").unlink()

    assert complaints(tmp_path) == ["missing: after/action.json"]


@pytest.mark.parametrize("name", ["127.0.0.1", "/tmp/run/shop", socket.gethostname()])
def test_a_recording_that_names_the_machine_is_refused(tmp_path: Path, name: str) -> None:
    before = Arm(incident().before.series, [log_line("1970-01-12T13:51:20Z", f"cannot reach {name}")])

    (complaint,) = checked(incident(before=before), tmp_path)

    assert complaint.startswith("logs.jsonl.xz names the machine")


def test_metrics_later_than_now_are_refused(tmp_path: Path) -> None:
    before = Arm([error_ratio(1_000_000.0, NOW + 10, INJECTED)], [])

    assert checked(incident(before=before), tmp_path) == ["metrics later than now by 10 s"]


def test_a_fault_that_nobody_can_see_is_refused(tmp_path: Path) -> None:
    calm = Arm([error_ratio(1_000_000.0, NOW, 1e12)], [])

    assert checked(incident(before=calm), tmp_path) == ["nothing to be seen at the moment of asking"]


def test_a_history_in_which_customers_were_hurt_is_refused(tmp_path: Path) -> None:
    before = Arm([error_ratio(1_000_000.0, NOW, INJECTED - 100)], [])

    assert checked(incident(before=before), tmp_path) == ["the history is not calm"]


def test_an_action_that_did_not_heal_is_refused(tmp_path: Path) -> None:
    healed = Arm([error_ratio(NOW + 100, NOW + 200, 0.0)], [])

    assert checked(incident(healed=healed), tmp_path) == ["the action did not heal it"]


def test_a_fault_that_went_away_by_itself_is_refused(tmp_path: Path) -> None:
    unhealed = Arm([error_ratio(NOW + STEP_S, NOW + 100, 0.0, NOW + 50)], [])

    assert checked(incident(unhealed=unhealed), tmp_path) == ["it healed by itself"]


def test_an_arm_shorter_than_a_minute_is_refused(tmp_path: Path) -> None:
    unhealed = Arm([error_ratio(NOW + STEP_S, NOW + 30, 0.0)], [])

    assert checked(incident(unhealed=unhealed), tmp_path) == ["unhealed is shorter than 60 s"]


def test_a_false_alarm_during_which_customers_were_hurt_is_refused(tmp_path: Path) -> None:
    truth = Truth(root_cause="", fault_type="healthy", fault_family="none", injected_at=INJECTED, evidence="traffic")

    assert checked(incident(truth=truth, remedy=None), tmp_path) == [
        "customers were hurt in metrics.om.xz",
        "customers were hurt in after/unhealed.om.xz",
    ]
