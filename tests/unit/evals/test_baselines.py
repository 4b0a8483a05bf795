from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evals.__main__ import main
from evals.baselines import RULES, Windows, deepest_anomalous, idf, max_z, median_robust_z, ranked_correlation, work
from evals.case import find
from tests.unit.agent.analysis.made import NOW, slow_back
from tests.unit.evals.made import write_case


@pytest.fixture
def windows() -> Windows:
    return Windows.of(slow_back().observed())


def _first(ranking: Mapping[str, float]) -> str:
    return max(ranking, key=lambda name: ranking[name])


def test_the_split_is_where_the_first_alert_starts(windows: Windows) -> None:
    assert windows.before.shape[1] + windows.after.shape[1] == len(windows.table.times)
    assert windows.table.at(windows.before.shape[1]) == slow_back().began


def test_deviations_are_in_units_of_the_quiet_before(windows: Windows) -> None:
    rows = [place for place, row in enumerate(windows.table.rows) if row.component == "back"]
    expected = max(
        float(np.max(np.abs(windows.after[row] - windows.before[row].mean()) / windows.before[row].std()))
        for row in rows
    )

    assert max_z(windows)["back"] == pytest.approx(expected)
    assert median_robust_z(windows)["back"] > median_robust_z(windows)["side"]


def test_the_deepest_anomalous_component_calls_nobody_anomalous(windows: Windows) -> None:
    assert _first(deepest_anomalous(windows)) == "back"
    assert "middle" not in deepest_anomalous(windows)


def test_the_alerted_component_is_not_its_own_cause_by_correlation(windows: Windows) -> None:
    found = ranked_correlation(windows)

    assert "front" not in found
    assert all(0 <= score <= 1 for score in found.values())


def test_an_alert_that_everybody_raises_says_nothing(windows: Windows) -> None:
    shop = slow_back()
    alerts = [shop.alert("Slow", service=name) for name in ("front", "middle", "back")]
    seen = replace(windows.seen, alerts=(*alerts, shop.alert("Full", service="back")), now=NOW)

    assert idf(Windows.of(seen)) == pytest.approx({"front": 0.0, "middle": 0.0, "back": np.log(3)})


@pytest.mark.parametrize("rule", sorted(RULES))
def test_what_a_rule_says_is_a_row_of_results(tmp_path: Path, rule: str) -> None:
    write_case(tmp_path / "made" / "one", slow_back())

    [row] = work(rule, iter(find(tmp_path)))

    assert (row["id"], row["error"], row["confidence"]) == ("made/one", "", 0.0)
    assert {suspect["why"] for suspect in row["suspects"]} <= {rule}


def test_a_rule_is_applied_and_scored_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_case(tmp_path / "made" / "one", slow_back())
    out = tmp_path / "r.json"

    assert main(["baselines", str(tmp_path), "--rule", "deepest_anomalous", "--out", str(out)]) == 0
    assert main(["score", str(out), "--truth", str(tmp_path)]) == 0

    assert "| made | 1 | 1.000 |" in capsys.readouterr().out


def test_an_unknown_rule_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baselines", str(tmp_path), "--rule", "guess", "--out", str(tmp_path / "r.json")]) == 1

    assert "there is no rule 'guess'; there are: max_z" in capsys.readouterr().err
