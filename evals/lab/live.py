"""The lab as one thing: shop, traffic, Prometheus and Alertmanager, started together, broken, healed, and ended."""

import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from evals.lab.monitoring import DidNotStart, Monitoring, Prometheus, wait_until
from evals.lab.processes import Leashed
from evals.lab.shop.client import ControlClient
from evals.lab.shop.effects import Effect, read_effects
from evals.lab.shop.layout import Layout, Webhook, lay_out
from evals.lab.shop.topology import EDGES, ENTRY, SERVICES

CONTROL_TOKEN_ENV = "SHOP_CONTROL_TOKEN"  # noqa: S105 (a variable's name)
REQUESTS_PER_SECOND = 18.0
STEP_S = 5.0
"""Between the points that the survey, and a recording, look at."""
STARTED_WITHIN_S = 30.0


class Lab:
    """A shop under real monitoring in the folder `run`. A context manager.

    Alertmanager posts to `receiver`; every deployment and every flag is announced to `changes`, when there is one.
    Everything listens on loopback and is ended by its own process, also when this process dies.
    NotInstalled at once when a program of the operating system is missing; DidNotStart when one does not come up.
    """

    def __init__(
        self,
        run: Path,
        receiver: Webhook,
        *,
        changes: Webhook | None = None,
        requests_per_second: float = REQUESTS_PER_SECOND,
    ) -> None:
        self.layout = lay_out(run, requests_per_second, changes)
        self._monitoring = Monitoring(self.layout, receiver)
        self._process: Leashed | None = None
        self.shop = ControlClient(self.layout)

    @property
    def prometheus(self) -> Prometheus:
        return self._monitoring.prometheus

    @property
    def alertmanager_url(self) -> str:
        return self._monitoring.alertmanager_url

    @property
    def control_token(self) -> str:
        """For the environment variable CONTROL_TOKEN_ENV of whoever heals the shop."""
        return self.layout.operator_token

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Every process answers when this returns; wait_healthy() says when the metrics do."""
        self._process = start_shop(self.layout)
        self._monitoring.start()
        wait_until(self.shop.answers, STARTED_WITHIN_S, self._process)

    def stop(self) -> None:
        self.shop.close()
        self._monitoring.stop()
        if self._process is not None:
            self._process.stop()

    def wait_healthy(self, within_s: float = 60.0) -> None:
        """Until Prometheus sees every service up, every edge used, and no route failing."""
        wait_until(self._healthy, within_s)

    def agent_config(self) -> dict[str, Any]:
        """The content of an AGENT_CONFIG with which an agent can watch this shop and, when approved, heal it."""
        return {
            "service_label": "service",
            "topology": [list(edge) for edge in EDGES],
            "endpoints": {"shop-control": self._endpoint()},
            "log_files": {"paths": [str(self.layout.logs / "*.jsonl")]},
            "survey_step": STEP_S,
            "survey_metrics": ['{__name__=~"(service|edge|route):.+"}'],
            "teams": {"storefront": {"services": list(SERVICES)}},
            "policy": {"autonomy": "approve"},
            "correlation": {"group_by": ["service"]},
        }

    def write_agent_config(self, path: Path) -> None:
        path.write_text(yaml.safe_dump(self.agent_config(), sort_keys=False), encoding="utf-8")

    def agent_environment(self, config: Path) -> Mapping[str, str]:
        """What to add to the environment of `incident-agent serve` so that it works on this lab."""
        return {
            "PROMETHEUS_URL": self.prometheus.url,
            "AGENT_CONFIG": str(config),
            CONTROL_TOKEN_ENV: self.control_token,
        }

    def addresses(self) -> Mapping[str, str]:
        """Everything a person wants to know to look around, or to heal by hand."""
        return {
            "PROMETHEUS_URL": self.prometheus.url,
            "ALERTMANAGER_URL": self.alertmanager_url,
            "SHOP_URL": self.layout.url(ENTRY),
            "SHOP_CONTROL_URL": self.layout.control_url,
            CONTROL_TOKEN_ENV: self.control_token,
            "SHOP_LAB_TOKEN": self.layout.lab_token,
            "SHOP_LOGS": str(self.layout.logs),
        }

    def effects(self) -> list[Effect]:
        """What the control port received, in order, as its own journal on the disk has it."""
        return read_effects(self.layout.effects)

    def _endpoint(self) -> dict[str, str]:
        """With the way to look an effect up, so that the agent need not ask a human after a crash."""
        return {"url": self.layout.control_url, "token_env": CONTROL_TOKEN_ENV, "read_back": "/effects/{key}"}

    def _healthy(self) -> bool:
        if self._process is not None and not self._process.running:
            raise DidNotStart(f"The shop ended: {self._process.last_words()}")
        up = self.prometheus.value("sum(service:up)")
        failing = self.prometheus.value("max(route:error_ratio)")
        edges = self.prometheus.value("count(edge:request_rate > 0)")
        return (up, failing, edges) == (len(SERVICES), 0.0, len(EDGES))


def start_shop(layout: Layout) -> Leashed:
    """The supervisor's process, which starts all the others."""
    command = [sys.executable, "-m", "evals.lab.shop", "supervisor", "--layout", str(layout.save())]
    return Leashed("shop", command, layout.run / "shop.log")
