from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.catalogue.catalogue import Catalogue
from agent.catalogue.lint import lint
from agent.domain.errors import ConfigurationError, NotFound
from agent.domain.hypothesis import Fault
from agent.ports import Catalogue as Port
from agent.ports import Executor
from tests.architecture.sources import ROOT
from tests.unit.agent.catalogue.actions import action, diagnosis
from tools.act.command import CommandExecutor
from tools.act.http import Endpoint, HttpExecutor
from tools.act.kubernetes import KubernetesExecutor
from tools.act.mcp import McpExecutor
from tools.clients.kubernetes import Cluster
from tools.clients.mcp import McpServer
from tools.clients.mcp_wires import Place
from tools.clients.recorded import RecordedMetrics

RUNBOOKS = ROOT / "runbooks"
HTTP = HttpExecutor({"shop-control": Endpoint("http://127.0.0.1:9")})
KUBERNETES = KubernetesExecutor(Cluster())


def test_the_projects_own_runbooks_are_fit_for_use_by_the_executors_that_run_them() -> None:
    assert lint(RUNBOOKS, {"http": HTTP, "kubernetes": KUBERNETES, "command": CommandExecutor({})}) == []


def test_each_fault_that_the_shops_actions_can_heal_has_one() -> None:
    catalogue: Port = Catalogue.load(RUNBOOKS).usable({"http": HTTP})
    found = {fault: catalogue.choose(diagnosis(fault=fault), ["checkout"]) for fault in _healable(catalogue)}
    assert {fault: [action.name for action, _ in choices] for fault, choices in found.items()} == {
        Fault.APPLICATION: ["restart-service"],
        Fault.CONFIGURATION: ["disable-flag"],
        Fault.CRASH: ["restart-service"],
        Fault.DEPLOYMENT: ["roll-back-deploy", "disable-flag"],
        Fault.RESOURCE_CPU: ["restart-service"],
        Fault.RESOURCE_MEMORY: ["restart-service"],
        Fault.RESOURCE_POOL: ["restart-service", "resize-pool"],
        Fault.TRAFFIC: ["resize-pool"],
    }


def test_only_what_this_installation_can_carry_out_is_usable() -> None:
    catalogue = Catalogue.load(RUNBOOKS)
    elsewhere = HttpExecutor({"other": Endpoint("http://127.0.0.1:9")})
    installations: dict[str, dict[str, Executor]] = {
        "nothing": {},
        "kubernetes": {"kubernetes": KUBERNETES, "http": elsewhere},
        "http": {"http": HTTP},
    }
    usable = {
        name: sorted(one.name for one in catalogue.usable(executors).actions())
        for name, executors in installations.items()
    }
    assert usable == {
        "nothing": [],
        "kubernetes": ["restart-deployment", "roll-back-rollout", "scale-deployment"],
        "http": ["disable-flag", "resize-pool", "restart-service", "roll-back-deploy"],
    }


def test_an_action_that_is_not_there_is_not_found_and_the_others_are_named() -> None:
    with pytest.raises(NotFound, match="has no action 'reboot'; it has: restart"):
        Catalogue([action("restart")]).get("reboot")


AT = datetime(2026, 11, 21, 21, 0, tzinfo=UTC)
HEALTHY = {
    'service:error_ratio{service="checkout"}': 0.01,
    'service:latency_p95_seconds{service="checkout"}': 0.1,
    'service:up{service="checkout"}': 1,
    'edge:error_ratio{service="frontend",target="checkout"}': 0,
    'service:error_ratio{service="payment"}': 0.9,
    'service:up{service="payment"}': 0,
}


@pytest.mark.parametrize(
    ("now", "missing_signs"),
    [
        (HEALTHY, 0),
        ({**HEALTHY, 'service:error_ratio{service="checkout"}': 0.4}, 1),
        ({**HEALTHY, 'service:latency_p95_seconds{service="checkout"}': 1.5}, 1),
        ({**HEALTHY, 'service:up{service="checkout"}': 0}, 1),
        ({**HEALTHY, 'edge:error_ratio{service="frontend",target="checkout"}': 0.4}, 1),
        ({**HEALTHY, 'edge:latency_p95_seconds{service="frontend",target="checkout"}': 1.5}, 1),
        ({**HEALTHY, 'service:error_ratio{service="checkout"}': 1, 'service:up{service="checkout"}': 0}, 2),
        ({'service:up{service="checkout"}': 1}, None),
        ({}, None),
    ],
)
async def test_each_success_query_counts_the_signs_of_health_that_are_missing(
    tmp_path: Path, now: dict[str, float], missing_signs: int | None
) -> None:
    samples = "".join(f"{series} {value} {AT.timestamp():.0f}\n" for series, value in now.items())
    (tmp_path / "metrics.om").write_text(f"{samples}# EOF\n", encoding="utf-8")
    metrics = RecordedMetrics(tmp_path / "metrics.om")
    catalogue = Catalogue.load(RUNBOOKS)
    answers = {}
    for one in catalogue.actions():
        given = {name: "checkout" for name in one.arguments if name in {"service", "deployment"}}
        found = await metrics.query(catalogue.success_query(one, given), AT)
        answers[one.name] = [float(series.values[-1]) for series in found]
    assert answers == {one.name: [] if missing_signs is None else [missing_signs] for one in catalogue.actions()}


def test_one_bad_runbook_keeps_the_whole_catalogue_from_loading(tmp_path: Path) -> None:
    for name in ("good", "bad"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "SKILL.md").write_text(f"---\nname: {name}\ndescription: x\n---\ntext", encoding="utf-8")
    (tmp_path / "bad" / "action.yaml").write_text("title: x", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"bad/action\.yaml: faults: Field required\."):
        Catalogue.load(tmp_path)


def _healable(catalogue: Port) -> set[Fault]:
    return {fault for one in catalogue.actions() for fault in one.faults}


def test_an_action_may_be_a_tool_of_an_mcp_server_that_the_configuration_allows(tmp_path: Path) -> None:
    runbook = tmp_path / "purge-cache"
    runbook.mkdir()
    (runbook / "SKILL.md").write_text("---\nname: purge-cache\ndescription: Purge it.\n---\n\nText.\n")
    (runbook / "action.yaml").write_text(
        "title: Purge the cache of {service}\n"
        "faults: [resource_memory]\n"
        "arguments:\n  service: {entity: true}\n"
        "risk: medium\nreversible: false\nblast_radius: one cache\n"
        'do: {executor: mcp, call: {server: cache, tool: purge, arguments: {of: "{service}"}}}\n'
        'success: {query: \'up{service="{service}"}\', operator: "==", value: 1, within: 2m, stable_for: 10s}\n'
    )
    server = McpServer(Place("cache", url="http://127.0.0.1:9/mcp"))
    allowed = McpExecutor({"cache": server}, {"cache": frozenset({"purge"})}, lambda *_: (server, ""))
    other = McpExecutor({"cache": server}, {"cache": frozenset({"look"})}, lambda *_: (server, ""))
    catalogue = Catalogue.load(tmp_path)

    assert [action.name for action in catalogue.usable({"mcp": allowed}).actions()] == ["purge-cache"]
    assert catalogue.usable({"mcp": other}).actions() == ()
    assert catalogue.usable({}).actions() == ()
