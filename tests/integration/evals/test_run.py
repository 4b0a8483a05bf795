"""The whole agent on recorded cases of the lab: whoever serves the metrics, whatever the services are called."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from evals.__main__ import main
from tests.e2e.test_model import honest
from tests.farends.openai import OpenAIFarEnd
from tests.system import program

ROOT = Path(__file__).parents[3]
LAB = ROOT / "evals/cases/lab"
SOME = [str(LAB / name) for name in ("deploy-payment", "pool-cart", "healthy-batch")]


def _run(out: Path, *arguments: str, cases: list[str] = SOME) -> dict[str, dict[str, Any]]:
    assert main(["run", *cases, "--out", str(out), "--jobs", "2", *arguments]) == 0
    return {row["id"]: row for row in json.loads(out.read_text())["cases"]}


def _ranked(row: Mapping[str, Any]) -> tuple[str, dict[str, float]]:
    return row["verdict"], {one["component"]: round(one["score"], 6) for one in row["suspects"]}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Answered from the recordings in the process itself."""
    return _run(tmp_path_factory.mktemp("plain") / "r.json", "--metrics", "recorded")


def test_a_case_is_answered_by_the_whole_agent_within_its_means(plain: dict[str, dict[str, Any]]) -> None:
    told = plain["lab/deploy-payment"]

    assert (told["verdict"], told["suspects"][0]["component"], told["category"]) == ("cause", "payment", "deployment")
    assert (told["incidents"], told["llm_calls"], told["cost_usd"], told["error"]) == (1, 0, 0.0, "")
    assert (told["claims"] > 0, told["seconds"] > 0) == (True, True)
    assert {row["peak_mb"] < 100 for row in plain.values()} == {True}


def test_a_real_prometheus_and_the_adapter_give_the_same_ranking(
    tmp_path: Path, plain: dict[str, dict[str, Any]]
) -> None:
    program("prometheus", "apt-get install prometheus")

    real = _run(tmp_path / "r.json", "--metrics", "prometheus")

    assert {id_: _ranked(row) for id_, row in real.items()} == {id_: _ranked(row) for id_, row in plain.items()}


def test_the_ranking_is_the_same_when_every_service_has_another_name(
    tmp_path: Path, plain: dict[str, dict[str, Any]]
) -> None:
    renamed = _run(tmp_path / "r.json", "--metrics", "recorded", "--rename-seed", "7")

    assert {id_: _ranked(row) for id_, row in renamed.items()} == {id_: _ranked(row) for id_, row in plain.items()}


def test_the_cause_is_found_when_the_alerts_start_late(tmp_path: Path, plain: dict[str, dict[str, Any]]) -> None:
    late = _run(tmp_path / "r.json", "--metrics", "recorded", "--delay-seed", "7", cases=SOME[:2])

    assert {id_: row["suspects"][0]["component"] for id_, row in late.items()} == {
        id_: plain[id_]["suspects"][0]["component"] for id_ in late
    }


def test_a_model_behind_any_compatible_endpoint_is_asked_and_its_usage_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OpenAIFarEnd(honest) as endpoint:
        monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        asked = ("--metrics", "recorded", "--model", "openai:scripted")
        [row] = _run(tmp_path / "r.json", *asked, cases=SOME[:1]).values()
        calls = len(endpoint.journal)

    assert (row["verdict"], row["suspects"][0]["component"], row["degraded_because"]) == ("cause", "payment", "")
    assert calls > 0
    assert (row["llm_calls"], row["input_tokens"], row["output_tokens"]) == (calls, 1000 * calls, 100 * calls)
    assert row["claims_dropped"] > 0


def test_no_model_is_asked_unless_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with OpenAIFarEnd(honest) as endpoint:
        monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        [row] = _run(tmp_path / "r.json", "--metrics", "recorded", cases=SOME[:1]).values()

        assert (row["llm_calls"], endpoint.journal) == (0, [])


def test_a_run_that_is_stopped_leaves_what_it_has_and_goes_on_with_the_rest(tmp_path: Path) -> None:
    out = tmp_path / "r.json"
    command = [sys.executable, "-m", "evals", "run", str(LAB), "--out", str(out), "--metrics", "recorded"]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 120
    while time.monotonic() < until and not (out.exists() and json.loads(out.read_text())["cases"]):
        assert running.poll() is None
        time.sleep(0.05)
    running.terminate()
    told = running.communicate(timeout=60)

    rows = json.loads(out.read_text())["cases"]
    assert (running.returncode, 0 < len(rows) < len(list(LAB.iterdir()))) == (130, True)
    assert "Stopped. The same command goes on where it stood." in told[1]
    assert {row["error"] for row in rows} == {""}
