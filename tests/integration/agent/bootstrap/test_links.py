"""S51: a link that somebody else chose sends nobody there; only people follow it."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_plus

import pytest

from agent.entrypoints.cli.once import Asked as Alerted
from agent.entrypoints.cli.once import investigated
from agent.notify.slack_api import Picture, Place, SlackApi, Text
from agent.settings import Settings
from tests.clocks import FastClock
from tests.farends.answers import Answer
from tests.farends.loopback import Saying
from tools.base import BackendError

BEGAN = "2026-11-21T12:00:00Z"
CONDITION = 'up{job="cart"} == 0'


NOTHING = Answer(200, {"status": "success", "data": {"resultType": "matrix", "result": []}})
"""What our Prometheus has."""


def _of_alertmanager(link: str) -> dict[str, Any]:
    alert = {
        "status": "firing",
        "labels": {"alertname": "Errors", "service": "cart", "instance": link, "severity": "critical"},
        "annotations": {"runbook_url": link, "dashboard": link, "summary": f"see {link}", "__dashboardUid__": link},
        "startsAt": BEGAN,
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": f"{link}/graph?g0.expr={quote(CONDITION)}&g0.tab=1",
    }
    return {"version": "4", "status": "firing", "groupKey": "{}", "externalURL": link, "alerts": [alert]}


def _of_grafana(link: str) -> dict[str, Any]:
    body = _of_alertmanager(link)
    places = dict.fromkeys(("silenceURL", "dashboardURL", "panelURL", "imageURL"), link)
    return {**body, "version": "1", "orgId": 1, "alerts": [{**body["alerts"][0], **places}]}


def _of_datadog(link: str) -> dict[str, Any]:
    said = {"id": "1", "alert_id": "2", "title": "Errors", "body": f"see {link}", "transition": "Triggered"}
    return {**said, "tags": f"service:cart,url:{link}", "link": link, "snapshot": link, "hostname": link}


def _of_pagerduty(link: str) -> dict[str, Any]:
    shown = {"links": [{"href": link, "text": "x"}], "images": [{"src": link, "href": link}], "client_url": link}
    said = {"summary": "Errors", "source": link, "severity": "critical", "custom_details": {"runbook": link}}
    return {"routing_key": "k", "event_action": "trigger", "dedup_key": "d", "payload": said, **shown}


def _of_anybody(link: str) -> dict[str, Any]:
    return {"title": "Errors", "service": "cart", "link": link, "description": link, "labels": {"url": link}}


SENT = {
    "alertmanager": _of_alertmanager,
    "grafana": _of_grafana,
    "datadog": _of_datadog,
    "pagerduty": _of_pagerduty,
    "generic": _of_anybody,
}


@pytest.mark.attack("S51")
@pytest.mark.parametrize("sender", SENT)
async def test_no_link_of_an_alert_is_followed_by_a_whole_investigation(sender: str, tmp_path: Path) -> None:
    with Saying(Answer(200)) as elsewhere, Saying(NOTHING) as prometheus:
        settings = Settings.model_validate(
            {"data": tmp_path / "data", "runbooks": tmp_path / "none", "prometheus_url": prometheus.url}
        )
        body = json.dumps(SENT[sender](elsewhere.url)).encode()
        [found] = await investigated(settings, Alerted(sender, body))
        assert found.runs[-1].report
        sent = unquote_plus(" ".join(asked.raw_path + " " + asked.body.decode() for asked in prometheus.asked))
        # What Prometheus' own link asks for is asked of ours, wherever it points.
        assert ("up{job" in sent, bool(sent)) == (sender == "alertmanager", True)
        assert elsewhere.asked == []


@pytest.mark.attack("S51", "S34")
async def test_slack_is_answered_and_gets_pictures_at_its_own_addresses_alone() -> None:
    with Saying(Answer(200)) as elsewhere:
        # As whoever stands between could have it answer.
        astray = Answer(200, {"ok": True, "upload_url": f"{elsewhere.url}/upload/1", "file_id": "F1"})
        with Saying(astray) as slack:
            api = SlackApi("xoxb-1", FastClock(), base_url=f"{slack.url}/api/")
            with pytest.raises(BackendError, match="The address to upload to is not Slack's"):
                await api.upload(Place("C1", "1.1"), "chart.png", Picture("Errors", "They rise.", b"png"))
            for url in (
                f"{elsewhere.url}/respond/1",
                f"{slack.url}.evil.example/respond/1",
                slack.url.replace("//", "//x@"),
            ):
                with pytest.raises(BackendError, match="The address to answer at is not Slack's"):
                    await api.respond(url, Text("hello"))
            assert [asked.path for asked in slack.asked] == ["/api/files.getUploadURLExternal"]
        assert elsewhere.asked == []


@pytest.mark.attack("S51", "S34")
@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/actions/1",
        "https://hooks.slack.com.evil.example/actions/1",
        "https://hooks.slack.com@evil.example/actions/1",
        "https://evil.example/https://hooks.slack.com/actions/1",
        "",
    ],
)
async def test_the_real_slack_is_answered_at_one_host(url: str) -> None:
    api = SlackApi("xoxb-1", FastClock())
    with pytest.raises(BackendError, match="not Slack's"):
        await api.respond(url, Text("hello"))
    with pytest.raises(BackendError, match="not Slack's"):
        await api._send(url.replace("hooks", "files"), b"png")
