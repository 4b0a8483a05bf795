"""The lab as one thing: shop, traffic, Prometheus and Alertmanager, started together, broken, healed, and ended."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import yaml
from pydantic import JsonValue

from evals.lab.monitoring import DidNotStart, Monitoring, Prometheus, wait_until
from evals.lab.processes import Leashed
from evals.lab.shop.changes import Change, ChangeKind
from evals.lab.shop.effects import Effect
from evals.lab.shop.layout import Webhook, lay_out
from evals.lab.shop.supervisor import Fault, ServiceState
from evals.lab.shop.topology import EDGES, ENTRY, SERVICES

CONTROL_TOKEN_ENV = "SHOP_CONTROL_TOKEN"  # noqa: S105 (a variable's name)
REQUESTS_PER_SECOND = 18.0
STARTED_WITHIN_S = 30.0


class Refused(Exception):
    """The control port refused the request."""


class Lab:
    """A shop under real monitoring in the folder `run`. A context manager.

    Alertmanager posts to `receiver`; every deployment and every flag is announced to `changes`, when there is one.

    Everything listens on loopback and is ended by its own process, also when this process dies.
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
        self._shop: Leashed | None = None
        self._client = httpx2.Client(base_url=self.layout.control_url, timeout=20.0)

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

    def __enter__(self) -> "Lab":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Every process answers when this returns; wait_healthy() says when the metrics do."""
        shop_file = self.layout.save()
        self._shop = Leashed(
            "shop",
            [sys.executable, "-m", "evals.lab.shop", "supervisor", "--layout", str(shop_file)],
            self.layout.run / "shop.log",
        )
        self._monitoring.start()
        wait_until(self._control_answers, STARTED_WITHIN_S, self._shop)

    def stop(self) -> None:
        self._client.close()
        self._monitoring.stop()
        if self._shop is not None:
            self._shop.stop()

    def wait_healthy(self, within_s: float = 60.0) -> None:
        """Until Prometheus sees every service up, requests served, and no route failing."""
        wait_until(self._healthy, within_s)

    def break_it(self, service: str, fault: Fault, author: str = "") -> float:
        """Switch the fault on. When, in seconds since the epoch."""
        at = time.time()
        self._lab(f"/lab/services/{service}/fault", {"fault": fault, "author": author})
        return at

    def change(self, service: str, kind: ChangeKind, summary: str, author: str) -> None:
        """A change that does no harm."""
        self._lab(f"/lab/services/{service}/change", {"kind": kind, "summary": summary, "author": author})

    def run_job(self, service: str, seconds: float) -> None:
        """A harmless batch job that burns a core."""
        self._lab(f"/lab/services/{service}/job", {"seconds": seconds})

    def set_traffic(self, factor: float) -> None:
        self._lab("/lab/traffic", {"factor": factor})

    def heal(self, path: str, body: JsonValue, key: str) -> ServiceState:
        """An operator's call (`/services/cart/restart`), carried out once per key. Refused when it is not done."""
        headers = {"Authorization": f"Bearer {self.control_token}", "Idempotency-Key": key}
        return ServiceState.model_validate(self._answer(self._client.post(path, json=body, headers=headers)))

    def state(self, service: str) -> ServiceState:
        return ServiceState.model_validate(self._operator(f"/services/{service}"))

    def effect(self, key: str) -> Effect | None:
        """What the control port's own journal says of the key."""
        try:
            return Effect.model_validate(self._operator(f"/effects/{key}"))
        except Refused:
            return None

    def changes(self) -> list[Change]:
        headers = {"Authorization": f"Bearer {self.layout.lab_token}"}
        answer = self._answer(self._client.get("/lab/changes", headers=headers))
        return [Change.model_validate(change) for change in answer]

    def agent_config(self) -> dict[str, Any]:
        """The content of an AGENT_CONFIG with which an agent can watch this shop and, when approved, heal it."""
        return {
            "service_label": "service",
            "topology": [list(edge) for edge in EDGES],
            "endpoints": {"shop-control": {"url": self.layout.control_url, "token_env": CONTROL_TOKEN_ENV}},
            "log_files": {"paths": [str(self.layout.logs / "*.jsonl")]},
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

    def _control_answers(self) -> bool:
        try:
            self.state(SERVICES[0])
        except httpx2.TransportError:
            return False
        return True

    def _healthy(self) -> bool:
        if self._shop is not None and not self._shop.running:
            raise DidNotStart(f"The shop ended: {self._shop.last_words()}")
        up = self.prometheus.value("sum(service:up)")
        failing = self.prometheus.value("max(route:error_ratio)")
        edges = self.prometheus.value("count(edge:request_rate > 0)")
        return (up, failing, edges) == (len(SERVICES), 0.0, len(EDGES))

    def _lab(self, path: str, body: JsonValue) -> Any:
        headers = {"Authorization": f"Bearer {self.layout.lab_token}"}
        return self._answer(self._client.post(path, json=body, headers=headers))

    def _operator(self, path: str) -> Any:
        return self._answer(self._client.get(path, headers={"Authorization": f"Bearer {self.control_token}"}))

    def _answer(self, response: httpx2.Response) -> Any:
        if response.status_code != 200:
            raise Refused(f"{response.request.url.path}: {response.status_code} {response.text}")
        return response.json()
