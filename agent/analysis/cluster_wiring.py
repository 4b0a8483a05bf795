"""Do services, ports, selectors and probes fit together, and do they answer?

Kubernetes documentation, "Debug Services" (selector, endpoints, targetPort, a connection tried from inside) and
"Debugging DNS Resolution".
"""

from collections.abc import Collection, Iterable, Mapping

from pydantic import JsonValue

from agent.analysis.cluster_standing import LONG, Now
from agent.analysis.cluster_trouble import BROKEN, FAILING, WRONG, Trouble
from agent.analysis.wording import quoted
from agent.domain.hypothesis import Fault
from tools.cluster.facts import ClusterState, ContainerSpec, Probe, Service, Workload


def troubles(now: Now) -> list[Trouble]:
    state = now.state
    return [
        *(found for service in state.services for found in _service(service, state)),
        *(
            found
            for workload in state.workloads
            for one in workload.containers
            for found in _probe_ports(workload, one)
        ),
        *_isolated(now),
        *(found for probe in state.probes for found in _probe(probe, now)),
    ]


def _service(service: Service, state: ClusterState) -> Iterable[Trouble]:
    if not service.selector:
        return
    chosen = [one for one in state.workloads if one.labels and _matches(service.selector, one.labels)]
    pods = [one for one in state.pods if one.labels and _matches(service.selector, one.labels)]
    about = f"Service {service.namespace}/{service.name}"
    content: JsonValue = {"selector": _written(service.selector), "addresses": service.addresses}
    labelled = any(one.labels for one in state.workloads) or any(one.labels for one in state.pods)
    owner = chosen[0].name if chosen else pods[0].workload if pods else service.name
    if labelled and not chosen and not pods:
        wanted = _written(service.selector)
        text = f"service {service.name} selects {quoted(wanted)}, which no pod carries"
        strength = BROKEN if service.addresses == 0 else WRONG
        yield Trouble(service.name, "selector", text, strength, Fault.CONFIGURATION, about, content)
    elif service.addresses == 0:
        text = f"service {service.name} has {service.addresses} ready endpoints"
        yield Trouble(owner, "endpoints", text, FAILING, Fault.DEPENDENCY, about, content, own=False)
    for workload in chosen:
        yield from _target_ports(service, workload, about)


def _written(labels: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def _matches(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return selector.items() <= labels.items()


def _target_ports(service: Service, workload: Workload, about: str) -> Iterable[Trouble]:
    known = {name for one in workload.containers for name in one.ports} | {
        str(number) for one in workload.containers for number in one.ports.values()
    }
    listens: list[JsonValue] = [*sorted(known)]
    for one in service.ports:
        if _misses(one.target, known):
            has = ", ".join(sorted(known))
            text = f"service {service.name} sends port {one.port} to {one.target}, but {workload.name} listens on {has}"
            content: JsonValue = {"target": one.target, "container_ports": listens}
            yield Trouble(service.name, "target", text, WRONG, Fault.CONFIGURATION, about, content)


def _misses(port: str, known: Collection[str]) -> bool:
    """A port that is not among those that are declared; a name only where names are told."""
    comparable = port.isdigit() or any(not one.isdigit() for one in known)
    return bool(port and known) and comparable and port not in known


def _probe_ports(workload: Workload, container: ContainerSpec) -> Iterable[Trouble]:
    known = set(container.ports) | {str(number) for number in container.ports.values()}
    for which, port in container.probes.items():
        if _misses(port, known):
            has = ", ".join(sorted(known))
            text = f"the {which} probe of {workload.name} asks port {port}, but its container has {has}"
            about = f"{workload.kind} {workload.namespace}/{workload.name}"
            yield Trouble(workload.name, "probe port", text, WRONG, Fault.CONFIGURATION, about, {"port": port})


def _probe(probe: Probe, now: Now) -> Iterable[Trouble]:
    if probe.works or _wrong_port(probe, now.state):
        return
    if probe.node:
        text = f"{quoted(probe.what)} does not run on node {probe.target}"
        yield Trouble(
            probe.target,
            f"daemon {probe.what}",
            text,
            BROKEN,
            Fault.INFRASTRUCTURE,
            f"Node {probe.target}",
            {"daemon": probe.what, "works": False},
        )
    elif probe.unresolved and now.dns and any(one.name == probe.target for one in now.state.services):
        text = f"the name of service {probe.target}, which exists, could not be resolved from inside the cluster"
        content: JsonValue = {"tried": probe.target, "works": False}
        yield Trouble(now.dns, "dns", text, WRONG, Fault.NETWORK, f"Service {probe.target}", content)
    else:
        text = f"{probe.target} could not be reached on {probe.what} from inside the cluster"
        yield Trouble(
            probe.target,
            "reach",
            text,
            WRONG,
            Fault.NETWORK,
            f"Service {probe.target}",
            {"tried": probe.what, "works": False},
            own=False,
        )


def _wrong_port(probe: Probe, state: ClusterState) -> bool:
    """Whoever tried asked for a port that the service does not offer: that says nothing."""
    ports = {f"port {port.port}" for one in state.services if one.name == probe.target for port in one.ports}
    return bool(ports) and probe.what not in ports


def _isolated(now: Now) -> Iterable[Trouble]:
    """Who could not be reached, and is shut off by a network policy that is not there for long."""
    state = now.state
    failed = {one.target for one in state.probes if not (one.works or one.node or one.unresolved)}
    labels = {one.name: one.labels for one in state.workloads} | {one.workload: one.labels for one in state.pods}
    for policy in state.isolations:
        young = policy.created_at is None or state.at - policy.created_at < LONG
        for name in sorted(failed & set(labels)):
            if young and _matches(policy.selector, labels[name]):
                text = f"network policy {policy.name} lets nobody in to {name} but whom it lists"
                about = f"NetworkPolicy {policy.namespace}/{policy.name}"
                content: JsonValue = {"selects": _written(policy.selector), "not reached": name}
                yield Trouble(name, "policy", text, WRONG, Fault.NETWORK, about, content)
