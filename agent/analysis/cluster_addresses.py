"""Do the addresses in the environment of containers lead anywhere?

Kubernetes documentation, "Define Environment Variables for a Container", "DNS for Services and Pods" (a name is that
of a service, never of a deployment) and "Debug Services".
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from agent.analysis.cluster_standing import Now
from agent.analysis.cluster_trouble import HINT, WRONG, Trouble
from agent.domain.hypothesis import Fault
from agent.domain.wording import counted
from tools.cluster.facts import ClusterState, ContainerSpec, Service, Workload

_HOST = r"([a-z](?:[a-z0-9-]*[a-z0-9])?)(\.[a-z0-9.-]+)?"
_ADDRESS = re.compile(rf"(?:\w+://)?(?:[^/@\s]*@)?{_HOST}:(\d{{2,5}})(?:/\S*)?", re.IGNORECASE)
_NAME = re.compile(_HOST, re.IGNORECASE)
_LOCAL = {"localhost"}
_SEVERAL = 2
"""Callers that name the same port: rather one service was changed than all of them."""


@dataclass(frozen=True)
class Address:
    """What a workload is told to call."""

    workload: Workload
    variable: str
    host: str
    port: int
    here: bool
    """In the workload's own namespace."""

    def said(self) -> str:
        return f"{self.variable} of {self.workload.name} is {self.host}:{self.port}"


def addresses(state: ClusterState) -> list[Address]:
    return [found for workload in state.workloads for one in workload.containers for found in _addresses(workload, one)]


def _addresses(workload: Workload, container: ContainerSpec) -> Iterable[Address]:
    """In one variable, or in two that are called alike, `..._HOST` and `..._PORT`."""
    for variable, value in container.env.items():
        if found := _ADDRESS.fullmatch(value.strip()):
            yield from _address(workload, variable, found[1], found[2], found[3])
        elif variable.upper().endswith("HOST") and (found := _NAME.fullmatch(value.strip())):
            port = container.env.get(variable[:-4] + ("PORT" if variable.isupper() else "port"), "").strip()
            yield from _address(workload, variable, found[1], found[2], port)


def _address(workload: Workload, variable: str, host: str, domain: str | None, port: str) -> Iterable[Address]:
    if port.isdigit() and host.lower() not in _LOCAL:
        here = not domain or domain.startswith(f".{workload.namespace}")
        yield Address(workload, variable, host, int(port), here)


def troubles(now: Now) -> list[Trouble]:
    services = {one.name: one for one in now.state.services}
    every = addresses(now.state)
    if not services:
        return []
    by_target: dict[tuple[str, int], list[Address]] = defaultdict(list)
    for one in every:
        by_target[one.host, one.port].append(one)
    listed = 2 * sum(one.host in services for one in every) > len(every)
    found: list[Trouble] = []
    for (host, _), those in by_target.items():
        if host in services:
            found += _wrong_port(services[host], those, every)
        else:
            found += _no_service(host, [one for one in those if one.here], now, listed=listed)
    return found


def _wrong_port(service: Service, those: Sequence[Address], every: Sequence[Address]) -> Iterable[Trouble]:
    """A port that the service has not: the caller's fault, or the service's when all callers agree."""
    ports = {one.port for one in service.ports}
    if not ports or those[0].port in ports:
        return
    has = ", ".join(map(str, sorted(ports)))
    agreed = all(one.port not in ports for one in every if one.host == service.name)
    callers = {one.workload.name for one in those}
    if agreed and len(callers) >= _SEVERAL:
        who = counted(len(callers), "workload")
        text = f"{who} call {service.name}:{those[0].port}, e.g. {min(callers)}, but that service has port {has}"
        about = f"Service {service.namespace}/{service.name}"
        content: JsonValue = {"called": those[0].port, "ports": has}
        yield Trouble(service.name, "address", text, WRONG, Fault.CONFIGURATION, about, content)
        return
    for one in those:
        yield _of_caller(one, WRONG, f"{one.said()}, but that service has port {has}")


def _no_service(host: str, those: Sequence[Address], now: Now, *, listed: bool) -> Iterable[Trouble]:
    """`listed`: most services that are called were seen, so that one which was not is not there."""
    if listed and those and (host in now.pods or any(one.name == host for one in now.state.workloads)):
        text = f"{those[0].said()}, but {host} has no service of that name"
        about = f"Service {those[0].workload.namespace}/{host}"
        content: JsonValue = {"called by": those[0].workload.name, "port": those[0].port}
        yield Trouble(host, "no service", text, WRONG, Fault.CONFIGURATION, about, content)
        return
    for one in those:
        yield _of_caller(one, HINT, f"{one.said()}, but no such service was seen")


def _of_caller(one: Address, strength: float, text: str) -> Trouble:
    about = f"{one.workload.kind} {one.workload.namespace}/{one.workload.name}"
    content: JsonValue = {"variable": one.variable, "host": one.host, "port": one.port}
    return Trouble(one.workload.name, "address", text, strength, Fault.CONFIGURATION, about, content)
