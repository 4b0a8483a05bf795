import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from evals.case import Case
from evals.perturb import delay_of, perturbed
from tests.unit.agent.analysis.made import NOW, slow_back
from tests.unit.evals.made import write_case

MINUTE = timedelta(minutes=1)


def _case(folder: Path, **alert: str) -> Case:
    write_case(folder / "made" / "one", slow_back())
    path = folder / "made" / "one" / "alert.json"
    body = json.loads(path.read_text())
    body["alerts"][0] |= alert
    path.write_text(json.dumps(body))
    return Case("made/one", path.parent)


def _at(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp).astimezone(UTC)


def test_alerts_start_late_by_the_seed_and_nothing_else_changes(tmp_path: Path) -> None:
    case = _case(tmp_path, startsAt=(NOW - 30 * MINUTE).isoformat())
    by = delay_of(case, 1)

    with perturbed(case, delay_seed=1) as given:
        [before], [after] = (json.loads(one.alert)["alerts"] for one in (case, given.case))
        seen = {path.name for path in given.case.folder.iterdir()}

    assert MINUTE <= by <= 10 * MINUTE
    assert _at(after.pop("startsAt")) - _at(before.pop("startsAt")) == by
    assert after == before
    assert (given.case.id, seen) == (case.id, {"alert.json", "meta.json", "metrics.om.xz", "topology.json"})
    assert delay_of(case, 1) != delay_of(case, 2)


def test_no_alert_starts_after_the_moment_it_is_asked_about(tmp_path: Path) -> None:
    case = _case(tmp_path, startsAt=(NOW - timedelta(seconds=5)).isoformat())

    with perturbed(case, delay_seed=1) as given:
        assert _at(json.loads(given.case.alert)["alerts"][0]["startsAt"]) == NOW


def test_a_storm_is_late_as_a_whole(tmp_path: Path) -> None:
    case = _case(tmp_path)
    starts = [NOW - 40 * MINUTE, NOW - 30 * MINUTE]
    lines = [json.dumps({"labels": {"alertname": "A"}, "startsAt": start.isoformat()}) for start in starts]
    (case.folder / "alerts.jsonl").write_text("\n".join(lines))

    with perturbed(case, delay_seed=3) as given:
        moved = [_at(one["startsAt"]) for one in json.loads(given.case.bodies)["alerts"]]

    assert moved == [start + delay_of(case, 3) for start in starts]


def test_the_agent_sees_of_a_copy_no_more_than_of_the_case(tmp_path: Path) -> None:
    case = _case(tmp_path)

    with perturbed(case, delay_seed=1, rename_seed=1) as given:
        assert given.case.meta() == {"now": NOW.timestamp(), "step_s": 30.0}
        assert given.case.file("truth.json") is None
    assert not given.case.folder.exists()
