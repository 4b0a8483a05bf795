from pathlib import Path

import pytest
import yaml
from jinja2 import UndefinedError

from evals.lab.monitoring import NotInstalled, find_programs, rendered, wait_until


def test_every_service_is_scraped_under_its_own_name_and_no_machine_name() -> None:
    text = rendered(
        "prometheus.yml",
        interval="2s",
        rules="rules.yml",
        alertmanager="127.0.0.1:9",
        targets=[("cart", "127.0.0.1:1"), ("store", "127.0.0.1:2")],
    )

    assert yaml.safe_load(text)["scrape_configs"][0]["static_configs"] == [
        {"targets": ["127.0.0.1:1"], "labels": {"service": "cart", "instance": "cart:8080"}},
        {"targets": ["127.0.0.1:2"], "labels": {"service": "store", "instance": "store:8080"}},
    ]


def test_the_webhook_key_is_sent_as_a_bearer_token() -> None:
    text = rendered("alertmanager.yml", webhook_url="http://127.0.0.1:1/hook", webhook_key="secret")

    assert yaml.safe_load(text)["receivers"][0]["webhook_configs"] == [
        {
            "url": "http://127.0.0.1:1/hook",
            "send_resolved": True,
            "http_config": {"authorization": {"type": "Bearer", "credentials": "secret"}},
        }
    ]


def test_a_template_without_its_value_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="webhook_key"):
        rendered("alertmanager.yml", webhook_url="http://127.0.0.1:1/hook")


def test_the_rules_keep_prometheus_own_templates() -> None:
    groups = yaml.safe_load(rendered("rules.yml"))["groups"]

    alerts = {rule["alert"]: rule["annotations"]["summary"] for group in groups[1:] for rule in group["rules"]}
    assert sorted(alerts) == ["HighCpu", "HighErrorRatio", "HighLatency", "TargetDown", "TrafficSurge"]
    assert alerts["TargetDown"] == "{{ $labels.service }} does not answer the scraper"


def test_a_machine_without_the_programs_is_told_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NotInstalled) as caught:
        find_programs()

    assert str(caught.value) == (
        "Not installed: prometheus and prometheus-alertmanager. Run: apt-get install prometheus prometheus-alertmanager"
    )


def test_waiting_ends_with_a_clear_error() -> None:
    with pytest.raises(TimeoutError, match="within 0 s"):
        wait_until(lambda: False, within_s=0.0)
