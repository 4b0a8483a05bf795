import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.entrypoints.cli.frame import run
from tests.farends.answers import Answer
from tests.farends.loopback import Saying

PAYLOAD = Path(__file__).parents[5] / "evals/cases/lab/pool-cart/alert.json"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder that must stay untouched."""
    for name in ("PROMETHEUS_URL", "LOKI_URL", "AGENT_CONFIG", "AGENT_MODEL", "OPENAI_API_KEY", "AGENT_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AGENT_DATA", str(tmp_path / "data"))
    yield tmp_path / "data"
    assert not (tmp_path / "data").exists()


def test_an_alert_in_a_file_is_investigated_and_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["investigate", str(PAYLOAD), "--json"]) == 0
    [told] = json.loads(capsys.readouterr().out)["incidents"]
    sent = json.loads(PAYLOAD.read_text())["alerts"]
    assert sorted(placed["alert"]["name"] for placed in told["alerts"]) == sorted(
        alert["labels"]["alertname"] for alert in sent
    )
    [made] = told["runs"]
    assert (made["diagnosis"]["analysed_by"], bool(made["report"]), told["effects"]) == ("analysis", True, [])


def test_what_fires_at_an_alertmanager_is_investigated(capsys: pytest.CaptureFixture[str]) -> None:
    alert = json.loads(PAYLOAD.read_text())["alerts"][0]
    firing = [{**alert, "status": {"state": "active", "silencedBy": [], "inhibitedBy": []}}]
    with Saying(Answer(200, firing)) as alertmanager:
        assert run(["investigate", alertmanager.url]) == 0
    [asked] = alertmanager.asked
    assert (asked.path, asked.one("active"), asked.one("silenced")) == ("/api/v2/alerts", "true", "false")
    assert "Diagnosis (" in capsys.readouterr().out


@pytest.mark.parametrize("body", [{"status": "error"}, [1], "<html>", "[" * 100_000, None])
def test_what_is_no_alertmanager_is_named(body: object, capsys: pytest.CaptureFixture[str]) -> None:
    with Saying(Answer(200, body)) as other:
        assert run(["investigate", other.url]) == 1
    told = capsys.readouterr().err
    assert (told.startswith(f"{other.url} did not answer as an Alertmanager does: "), told.count("\n")) == (True, 1)


def test_an_old_alert_is_looked_at_as_on_its_day(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["investigate", str(PAYLOAD), "--at", "2026-01-02T03:04:05", "--json"]) == 0
    [told] = json.loads(capsys.readouterr().out)["incidents"]
    assert told["incident"]["opened_at"].startswith("2026-01-02T03:04")


def test_a_body_that_cannot_be_understood_is_refused_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"not json")))
    assert run(["investigate", "-"]) == 1
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n"), "JSON" in told.err) == ("", 1, True)


def test_alerts_that_are_over_are_told_from_such_as_repeat(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = json.loads(PAYLOAD.read_text())
    over = [{**alert, "status": "resolved", "endsAt": alert["startsAt"]} for alert in body["alerts"]]
    file = tmp_path / "over.json"
    file.write_text(json.dumps({**body, "status": "resolved", "alerts": over}))

    assert run(["investigate", str(file)]) == 1
    assert capsys.readouterr().err.startswith("Its alerts are over: nothing fires.")


@pytest.mark.parametrize(
    ("source", "says"),
    [("/nonexistent.json", "/nonexistent.json cannot be read: "), ("http://127.0.0.1:1", "http://127.0.0.1:1 did not")],
)
def test_a_source_that_is_not_there_is_named(source: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["investigate", source]) == 1
    assert capsys.readouterr().err.startswith(says)
