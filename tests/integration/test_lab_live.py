"""The whole lab for a short run: a fault is switched on, and the real Alertmanager posts the alert by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from agent.config import Config
from evals.lab.live import CONTROL_TOKEN_ENV, Lab
from evals.lab.receiver import Post, WebhookReceiver
from evals.lab.shop.layout import Webhook
from tests.system import program

HOW = "apt-get install prometheus prometheus-alertmanager"


@pytest.fixture(name="receiver", scope="module")
def fixture_receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver("webhook-key") as receiver:
        yield receiver


@pytest.fixture(name="pipeline", scope="module")
def fixture_pipeline() -> Iterator[WebhookReceiver]:
    """Where the shop's changes are announced."""
    with WebhookReceiver("pipeline-key") as receiver:
        yield receiver


@pytest.fixture(name="lab", scope="module")
def fixture_lab(
    receiver: WebhookReceiver, pipeline: WebhookReceiver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    for name in ("prometheus", "prometheus-alertmanager"):
        program(name, HOW)
    run = tmp_path_factory.mktemp("lab") / "shop"
    webhook, changes = (Webhook(url=one.url, key=one.key) for one in (receiver, pipeline))
    with Lab(run, webhook, changes=changes) as lab:
        lab.wait_healthy()
        yield lab


def firing_names(post: Post) -> set[tuple[str, str, str]]:
    labels = [alert["labels"] for alert in post.body["alerts"]]
    return {(label["alertname"], label["service"], label.get("route", "")) for label in labels}


@pytest.mark.system
def test_a_bad_deployment_pages_by_itself_and_is_announced(
    lab: Lab, receiver: WebhookReceiver, pipeline: WebhookReceiver
) -> None:
    lab.shop.break_it("payment", "deploy", author="ada")

    expected = ("HighErrorRatio", "frontend", "/checkout")
    page = receiver.wait_for(lambda post: post.status == "firing" and expected in firing_names(post), within_s=120.0)
    change = pipeline.wait_for(lambda _: True, within_s=30.0)

    assert page.body["externalURL"] == "http://alertmanager.example:9093"
    told = {name: change.body[name] for name in ("service", "kind", "summary", "author")}
    assert told == {"service": "payment", "kind": "deploy", "summary": "payment 2.3.1 -> 2.4.0", "author": "ada"}
    assert (lab.prometheus.value('service:error_ratio{service="payment"}') or 0.0) > 0.1


@pytest.mark.system
def test_the_agent_is_told_all_it_needs_to_watch_and_to_heal(lab: Lab, tmp_path: Path) -> None:
    lab.write_agent_config(tmp_path / "agent.yaml")

    config = Config.model_validate(yaml.safe_load((tmp_path / "agent.yaml").read_text()))

    assert config.endpoints["shop-control"].url == lab.layout.control_url
    assert ("checkout", "payment") in config.topology
    assert config.policy.autonomy == "approve"
    assert lab.agent_environment(tmp_path / "agent.yaml") == {
        "PROMETHEUS_URL": lab.prometheus.url,
        "AGENT_CONFIG": str(tmp_path / "agent.yaml"),
        CONTROL_TOKEN_ENV: lab.control_token,
    }
