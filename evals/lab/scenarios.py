"""What can go wrong in the shop, what may go on beside it, and what heals it?"""

from dataclasses import dataclass

from pydantic import JsonValue

from evals.lab.casefile import Remedy
from evals.lab.shop.changes import ChangeKind
from evals.lab.shop.supervisor import Fault


@dataclass(frozen=True)
class Heal:
    """The remedy by its name in the catalogue, and the call to the control port that it comes to."""

    remedy: Remedy
    path: str
    body: JsonValue = None


@dataclass(frozen=True)
class Herring:
    """An innocent change, so many seconds before the fault."""

    before_s: float
    service: str
    kind: ChangeKind
    summary: str = ""
    author: str = "mira.holt"


@dataclass(frozen=True)
class Incident:
    """A fault of one service."""

    name: str
    service: str
    fault: Fault
    family: str
    evidence: str
    heal: Heal
    herrings: tuple[Herring, ...] = ()
    author: str = "jonas.eck"
    """Who made the change, when the fault is one."""
    called: str = ""
    """The kind of fault by its own name, when the switch's says too little."""


@dataclass(frozen=True)
class FalseAlarm:
    """Something healthy that trips a jumpy rule."""

    name: str
    service: str
    evidence: str
    lasts_s: float
    traffic: float = 1.0
    """The factor; 1 means that it is a batch job instead."""
    herrings: tuple[Herring, ...] = ()


Scenario = Incident | FalseAlarm


def restart(service: str) -> Heal:
    return Heal(Remedy(action="restart-service", arguments={"service": service}), f"/services/{service}/restart")


def roll_back(service: str) -> Heal:
    return Heal(Remedy(action="roll-back-deploy", arguments={"service": service}), f"/services/{service}/rollback")


def switch_off(service: str, flag: str) -> Heal:
    remedy = Remedy(action="disable-flag", arguments={"service": service, "flag": flag})
    return Heal(remedy, f"/services/{service}/flags/{flag}", {"enabled": False})


def _incidents() -> tuple[Incident, ...]:
    return (
        Incident(
            "deploy-payment",
            "payment",
            "deploy",
            "deployment",
            "service:error_ratio of payment; log 'unhandled KeyError'; deployment 2.3.1 -> 2.4.0",
            roll_back("payment"),
            (Herring(150, "catalogue", "deploy"),),
        ),
        Incident(
            "pool-cart",
            "cart",
            "pool-leak",
            "resource_pool",
            "service:pool_in_use_ratio of cart; log 'waiting for a store connection'",
            restart("cart"),
            (Herring(170, "payment", "config", "payment: acquirer time-out 5 s -> 4 s"),),
        ),
        Incident(
            "flag-payment",
            "payment",
            "flag",
            "configuration",
            "service:latency_p95_seconds of payment; slow-antifraud switched on",
            switch_off("payment", "slow-antifraud"),
        ),
        Incident(
            "crash-inventory",
            "inventory",
            "crash",
            "crash",
            "service:up of inventory; log 'local cache is corrupt'",
            restart("inventory"),
            (Herring(120, "frontend", "deploy"),),
        ),
        Incident(
            "hang-store",
            "store",
            "hang",
            "crash",
            "service:up of store; cart, catalogue and inventory log 'store: no answer'",
            restart("store"),
        ),
        Incident(
            "cpu-catalogue",
            "catalogue",
            "hog",
            "resource_cpu",
            "service:cpu_cores of catalogue; log 'ranking did not converge'",
            restart("catalogue"),
            (Herring(140, "cart", "deploy"),),
        ),
        Incident(
            "leak-checkout",
            "checkout",
            "leak",
            "resource_memory",
            "service:memory_bytes and service:collection_ratio of checkout; log 'above soft limit'",
            restart("checkout"),
        ),
        Incident(
            "deploy-catalogue",
            "catalogue",
            "deploy",
            "deployment",
            "service:latency_p95_seconds of catalogue; log 'promotion lookup failed'; deployment 3.0.4 -> 3.1.0",
            roll_back("catalogue"),
            (Herring(60, "checkout", "config", "checkout: order confirmation text changed"),),
        ),
        Incident(
            "hang-payment",
            "payment",
            "hang",
            "crash",
            "service:up of payment; checkout logs 'payment: no answer'",
            restart("payment"),
            (Herring(80, "inventory", "deploy"),),
        ),
        Incident(
            "pool-inventory",
            "inventory",
            "pool-leak",
            "resource_pool",
            "service:pool_in_use_ratio of inventory; log 'waiting for a store connection'",
            restart("inventory"),
        ),
        Incident(
            "cpu-checkout",
            "checkout",
            "hog",
            "resource_cpu",
            "service:cpu_cores of checkout; log 'ranking did not converge'",
            restart("checkout"),
            (Herring(90, "payment", "deploy"),),
        ),
        Incident(
            "leak-cart",
            "cart",
            "leak",
            "resource_memory",
            "service:memory_bytes and service:collection_ratio of cart; log 'above soft limit'",
            restart("cart"),
            (Herring(50, "catalogue", "config", "catalogue: page size 20 -> 24 for 1% of visitors"),),
        ),
        Incident(
            "deploy-inventory",
            "inventory",
            "deploy",
            "deployment",
            "store logs 'no such column'; service:error_ratio of inventory; deployment 1.7.2 -> 1.8.0",
            roll_back("inventory"),
            (Herring(70, "payment", "deploy"),),
        ),
        Incident(
            "lock-store",
            "store",
            "lock",
            "resource_pool",
            "store logs 'database is locked' after 'exclusive reorganisation started'; writes fail, reads do not",
            restart("store"),
        ),
        Incident(
            "quota-store",
            "store",
            "flag",
            "configuration",
            "store logs 'database or disk is full'; strict-quota switched on",
            switch_off("store", "strict-quota"),
            (Herring(110, "cart", "deploy"),),
            called="full-disk",
        ),
        Incident(
            "flag-catalogue",
            "catalogue",
            "flag",
            "configuration",
            "service:latency_p95_seconds of catalogue; live-prices switched on",
            switch_off("catalogue", "live-prices"),
            (Herring(45, "frontend", "deploy"),),
        ),
        Incident(
            "crash-cart",
            "cart",
            "crash",
            "crash",
            "service:up of cart; log 'local cache is corrupt'",
            restart("cart"),
        ),
    )


def _false_alarms() -> tuple[FalseAlarm, ...]:
    return (
        FalseAlarm("healthy-traffic", "frontend", "twice the usual traffic, served as well as ever", 60.0, traffic=2.0),
        FalseAlarm("healthy-batch", "catalogue", "a scheduled index rebuild burns a core; no request is slower", 75.0),
        FalseAlarm(
            "healthy-campaign",
            "frontend",
            "traffic of a campaign after an innocent deployment; no request fails",
            90.0,
            traffic=2.3,
            herrings=(Herring(55, "frontend", "deploy"),),
        ),
    )


_ALL: tuple[Scenario, ...] = (*_incidents(), *_false_alarms())
SCENARIOS = {scenario.name: scenario for scenario in _ALL}
