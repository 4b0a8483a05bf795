import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from evals.case import Case
from evals.observe import analyse, asked_at, observe
from tests.unit.agent.analysis.made import NOW, STEP, slow_back
from tests.unit.evals.made import write_case


def _case(root: Path) -> Case:
    write_case(root / "made" / "one", slow_back())
    return Case("made/one", root / "made" / "one")


def test_a_case_is_observed_as_the_survey_observes(tmp_path: Path) -> None:
    seen = asyncio.run(observe(_case(tmp_path)))

    assert (seen.now, seen.step, [alert.service for alert in seen.alerts]) == (NOW, STEP, ["front"])
    assert seen.topology == slow_back().topology()
    assert {reading.series.labels["service"] for reading in seen.readings} == {"front", "middle", "back", "side"}
    assert analyse(_case(tmp_path / "again")).component == "back"


def test_a_case_that_does_not_say_when_is_asked_about_five_minutes_after_its_last_alert(tmp_path: Path) -> None:
    case = _case(tmp_path)
    (case.folder / "meta.json").write_text(json.dumps({"step_s": 30}))

    assert asked_at(case) == slow_back().began + timedelta(minutes=5)


def test_a_moment_may_be_told_as_iso_8601_and_a_step_of_nothing_is_none(tmp_path: Path) -> None:
    case = _case(tmp_path)
    (case.folder / "meta.json").write_text(json.dumps({"now": NOW.isoformat(), "step_s": 0}))

    assert (case.now, case.step) == (NOW, timedelta(minutes=1))
    (case.folder / "meta.json").write_text(json.dumps({"now": NOW.timestamp() * 1000}))
    assert case.now == NOW
    (case.folder / "meta.json").write_text(json.dumps({"now": "lately"}))
    with pytest.raises(ValueError, match="no time: 'lately'"):
        _ = case.now


def test_alerts_that_are_all_over_are_asked_about_as_while_they_fired(tmp_path: Path) -> None:
    case = _case(tmp_path)
    body = json.loads(case.alert)
    over = {**body["alerts"][0], "status": "resolved", "endsAt": NOW.isoformat()}
    (case.folder / "alert.json").write_text(json.dumps({**body, "status": "resolved", "alerts": [over]}))

    asked = json.loads(case.bodies)

    assert (asked["status"], [one["status"] for one in asked["alerts"]]) == ("firing", ["firing"])


def test_a_storm_of_no_alerts_leaves_the_alert(tmp_path: Path) -> None:
    case = _case(tmp_path)
    (case.folder / "alerts.jsonl").write_text("")

    assert case.bodies == case.alert
