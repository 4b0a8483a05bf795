"""How are a real Prometheus and a real Alertmanager set to watch one shop, and what does Prometheus say?"""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources

import httpx2
import jinja2

from evals.lab.processes import Leashed, free_ports
from evals.lab.shop.layout import HOST, Layout, Webhook

PROMETHEUS_PAGE = "http://prometheus.example:9090"
ALERTMANAGER_PAGE = "http://alertmanager.example:9093"
"""What the two call themselves in bodies and links, so that no machine's name gets into a recording."""
SCRAPE_EVERY = "2s"
READY_WITHIN_S = 15.0


class NotInstalled(Exception):
    """A program of the operating system is missing."""

    def __init__(self, programs: Sequence[str]) -> None:
        names = " and ".join(programs)
        super().__init__(f"Not installed: {names}. Run: apt-get install prometheus prometheus-alertmanager")


class DidNotStart(Exception):
    """A program of the lab did not come up."""


@dataclass(frozen=True)
class Sample:
    at: float
    """Seconds since the epoch."""
    value: float


@dataclass(frozen=True)
class Series:
    labels: dict[str, str]
    """`__name__` included."""
    samples: tuple[Sample, ...]


class Prometheus:
    """The running Prometheus, asked over HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx2.Client(base_url=url, timeout=10.0)

    def value(self, query: str) -> float | None:
        """The newest value of the query's first series."""
        result = self._client.get("/api/v1/query", params={"query": query}).raise_for_status().json()["data"]["result"]
        return float(result[0]["value"][1]) if result else None

    def ranges(self, query: str, start: float, end: float, step_s: float) -> list[Series]:
        """Every series the selector finds, at `start`, `start + step_s`, ... up to `end`."""
        parameters: dict[str, str | float] = {"query": query, "start": start, "end": end, "step": step_s}
        answer = self._client.get("/api/v1/query_range", params=parameters).raise_for_status().json()
        return [
            Series(found["metric"], tuple(Sample(float(at), float(value)) for at, value in found["values"]))
            for found in answer["data"]["result"]
        ]

    def ready(self) -> bool:
        return _answers(self._client, "/-/ready")

    def close(self) -> None:
        self._client.close()


class Monitoring:
    """Prometheus and Alertmanager as processes of this lab, on loopback, with their data in the run folder."""

    def __init__(self, layout: Layout, receiver: Webhook) -> None:
        self._run = layout.run / "monitoring"
        self._prometheus_port, self._alertmanager_port = free_ports(2)
        self._programs = find_programs()
        self._write_configuration(layout, receiver)
        self.prometheus = Prometheus(f"http://{HOST}:{self._prometheus_port}")
        self.alertmanager_url = f"http://{HOST}:{self._alertmanager_port}"
        self._processes: list[Leashed] = []

    def start(self) -> None:
        """Both answer when this returns; DidNotStart with their last words otherwise."""
        self._processes = [self._start_alertmanager(), self._start_prometheus()]
        with httpx2.Client(base_url=self.alertmanager_url, timeout=2.0) as alertmanager:
            wait_until(lambda: _answers(alertmanager, "/-/ready"), READY_WITHIN_S, self._processes[0])
        wait_until(self.prometheus.ready, READY_WITHIN_S, self._processes[1])

    def stop(self) -> None:
        self.prometheus.close()
        for process in reversed(self._processes):
            process.stop()

    def _start_prometheus(self) -> Leashed:
        command = [
            self._programs["prometheus"],
            f"--config.file={self._run / 'prometheus.yml'}",
            f"--storage.tsdb.path={self._run / 'tsdb'}",
            f"--web.listen-address={HOST}:{self._prometheus_port}",
            f"--web.external-url={PROMETHEUS_PAGE}",
            "--log.level=warn",
        ]
        return Leashed("prometheus", command, self._run / "prometheus.log", {"GOMAXPROCS": "1"})

    def _start_alertmanager(self) -> Leashed:
        command = [
            self._programs["prometheus-alertmanager"],
            f"--config.file={self._run / 'alertmanager.yml'}",
            f"--storage.path={self._run / 'alertmanager'}",
            f"--web.listen-address={HOST}:{self._alertmanager_port}",
            f"--web.external-url={ALERTMANAGER_PAGE}",
            "--cluster.listen-address=",
            "--log.level=warn",
        ]
        return Leashed("alertmanager", command, self._run / "alertmanager.log", {"GOMAXPROCS": "1"})

    def _write_configuration(self, layout: Layout, receiver: Webhook) -> None:
        self._run.mkdir(parents=True)
        targets = [(service, f"{HOST}:{port}") for service, port in layout.http_ports.items()]
        self._write(
            "prometheus.yml",
            interval=SCRAPE_EVERY,
            rules=str(self._run / "rules.yml"),
            alertmanager=f"{HOST}:{self._alertmanager_port}",
            targets=targets,
        )
        self._write("rules.yml")
        self._write("alertmanager.yml", webhook_url=receiver.url, webhook_key=receiver.key)

    def _write(self, name: str, **values: object) -> None:
        path = self._run / name
        path.touch(mode=0o600)
        path.write_text(rendered(name, **values), encoding="utf-8")


def rendered(name: str, **values: object) -> str:
    """The template with its values; a missing value is an error."""
    text = resources.files("evals.lab").joinpath("templates", name).read_text(encoding="utf-8")
    template = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701 (YAML)
    return template.from_string(text).render(**values)


def find_programs() -> dict[str, str]:
    """Where the two programs are; NotInstalled, saying how to get them, when one is missing."""
    found = {name: shutil.which(name) for name in ("prometheus", "prometheus-alertmanager")}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        raise NotInstalled(missing)
    return {name: path for name, path in found.items() if path is not None}


def wait_until(is_so: Callable[[], bool], within_s: float, process: Leashed | None = None) -> None:
    """Poll until it is so. DidNotStart when the process ends first; TimeoutError when it takes too long."""
    end = time.monotonic() + within_s
    while not is_so():
        if process is not None and not process.running:
            raise DidNotStart(f"{process.name} did not start: {process.last_words()}")
        if time.monotonic() > end:
            raise TimeoutError(f"It did not come true within {within_s:.0f} s.")
        time.sleep(0.1)


def _answers(client: httpx2.Client, path: str) -> bool:
    try:
        return client.get(path).status_code == 200
    except httpx2.TransportError:
        return False
