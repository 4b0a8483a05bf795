"""Where does each process of one shop listen, and where does it write?"""

import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from evals.lab.processes import free_ports
from evals.lab.shop.topology import SERVICES

HOST = "127.0.0.1"


class Webhook(BaseModel):
    """Somewhere to post to, with its bearer key."""

    model_config = ConfigDict(frozen=True)

    url: str
    key: str


class Layout(BaseModel):
    """One shop on this machine; written to `shop.json` in its run folder, read by each of its processes."""

    model_config = ConfigDict(frozen=True)

    run: Path
    control_port: int
    http_ports: dict[str, int]
    """Each service answers requests (the store: only /metrics) here."""
    store_port: int
    """The store's own protocol."""
    operator_token: str
    """May heal: restart, roll back, flip a flag, resize a pool."""
    lab_token: str
    """May break: faults, changes, traffic. Nobody but the lab has it."""
    requests_per_second: float
    changes: Webhook | None = None
    """Who is told of every change; None: nobody."""

    @property
    def logs(self) -> Path:
        return self.run / "logs"

    @property
    def effects(self) -> Path:
        """The control port's journal."""
        return self.run / "effects.jsonl"

    @property
    def control_url(self) -> str:
        return f"http://{HOST}:{self.control_port}"

    def url(self, service: str) -> str:
        return f"http://{HOST}:{self.http_ports[service]}"

    def log_file(self, service: str) -> Path:
        return self.logs / f"{service}.jsonl"

    def scratch(self, pod: str) -> Path:
        """The pod's own disk: it outlives a crash and goes with the pod."""
        return self.run / "scratch" / pod

    def save(self) -> Path:
        """Readable by this user only: it holds the tokens."""
        path = self.run / "shop.json"
        path.touch(mode=0o600)
        path.write_text(self.model_dump_json(indent=1), encoding="utf-8")
        return path


def lay_out(run: Path, requests_per_second: float, changes: Webhook | None = None) -> Layout:
    """Free ports and fresh tokens for a shop in the folder `run`, which is made."""
    control, store, *http = free_ports(2 + len(SERVICES))
    layout = Layout(
        run=run,
        control_port=control,
        store_port=store,
        http_ports=dict(zip(SERVICES, http, strict=True)),
        operator_token=secrets.token_urlsafe(24),
        lab_token=secrets.token_urlsafe(24),
        requests_per_second=requests_per_second,
        changes=changes,
    )
    for folder in (layout.logs, run / "scratch"):
        folder.mkdir(parents=True, exist_ok=True)
    return layout


def load_layout(path: Path) -> Layout:
    return Layout.model_validate_json(path.read_text(encoding="utf-8"))
