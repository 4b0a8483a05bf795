import re
import subprocess
from pathlib import Path

import yaml

from agent.llm.usage import Meter
from agent.telemetry import Meters
from tests.system import program

FOLDER = Path(__file__).parents[3] / "deploy/monitoring"


def test_prometheus_itself_accepts_configuration_and_rules_and_each_rule_fires_when_it_should() -> None:
    promtool = program("promtool", "apt-get install prometheus")
    for arguments in (
        ["check", "config", "--syntax-only", "prometheus.yml"],
        ["check", "rules", "rules.yml"],
        ["test", "rules", "rules_test.yml"],
    ):
        told = subprocess.run(
            [promtool, *arguments], cwd=FOLDER, capture_output=True, text=True, check=False, timeout=60
        )
        assert told.returncode == 0, f"{arguments}: {told.stdout}{told.stderr}"


def test_alertmanager_itself_accepts_its_configuration() -> None:
    amtool = program("amtool", "apt-get install prometheus-alertmanager")
    told = subprocess.run(
        [amtool, "check-config", "alertmanager.yml"], cwd=FOLDER, capture_output=True, check=False, timeout=60
    )
    assert told.returncode == 0, told.stderr


def test_the_rules_watch_numbers_that_are_published() -> None:
    meters = Meters()
    Meter(meters.registry)  # those of models join in
    published = {f"{family.name}{suffix}" for family in meters.registry.collect() for suffix in ("", "_total")}
    watched = {name for rule in _rules() for name in re.findall(r"\b(?:incident_agent|llm)_\w+", str(rule["expr"]))}
    assert sorted(watched - published) == []


def test_every_rule_says_how_bad_it_is_what_it_means_and_what_to_do() -> None:
    assert [
        rule["alert"]
        for rule in _rules()
        if rule["labels"]["severity"] not in {"critical", "high", "medium", "low"}
        or set(rule["annotations"]) != {"summary", "description"}
    ] == []


def _rules() -> list[dict[str, dict[str, str]]]:
    loaded = yaml.safe_load((FOLDER / "rules.yml").read_text())
    return [rule for group in loaded["groups"] for rule in group["rules"]]
