"""Does it still stand?  What was wrong once and is well now is no cause of anything now."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tools.cluster.facts import ClusterState, Container, Event, Pod

FRESH = timedelta(minutes=10)
"""Kubelet and scheduler try again, and report again, at least every 5 minutes (documentation, "Pod Lifecycle",
restart back-off; scheduler, unschedulable queue): what was not reported for twice as long is over."""
LONG = timedelta(days=1)
"""Whatever has been wrong for so long did not begin with what is alerted now."""
_BACK_OFF = timedelta(minutes=5)
"""The longest pause before a restart (documentation, "Pod Lifecycle"): many restarts took at least so long each."""
_DNS = ("coredns", "kube-dns")
"""Names of the cluster's DNS (documentation, "Debugging DNS Resolution")."""
FLAPPING = 3
"""Restarts from which a pod that is ready at the moment is still in trouble, if the last was FRESH ago."""


@dataclass(frozen=True)
class Now:
    """A state with what is asked of it again and again."""

    state: ClusterState
    pods: dict[str, list[Pod]] = field(default_factory=dict)
    """Workload -> its pods that are not on their way out."""

    @classmethod
    def of(cls, state: ClusterState) -> "Now":
        pods: dict[str, list[Pod]] = {}
        for pod in state.pods:
            if not pod.deleting:
                pods.setdefault(pod.workload, []).append(pod)
        return cls(state, pods)

    @property
    def dns(self) -> str:
        """The component that resolves names; empty when it was not seen."""
        seen = {one.name for one in self.state.workloads} | set(self.pods)
        return next((name for name in _DNS if name in seen), "")

    def lasting(self, component: str) -> bool:
        """Was all that is wrong with its pods wrong long ago already?"""
        ill = [one for one in self.pods.get(component, ()) if not is_well(one) or self.flaps(one)]
        return bool(ill) and all(self._lasting(one) for one in ill)

    def _lasting(self, pod: Pod) -> bool:
        """It never started since it was made, or its many restarts took longer."""
        if pod.created_at is None or self.state.at - pod.created_at < LONG:
            return False
        return pod.phase == "Pending" or pod.restarts * _BACK_OFF >= LONG

    def whole(self, pod: str) -> str:
        """The workload of the pod of that name; the name itself when there is none."""
        return next((one.workload for one in self.state.pods if one.name == pod), pod)

    def recent(self, at: datetime | None) -> bool:
        return at is not None and self.state.at - at <= FRESH

    def well(self, component: str) -> bool | None:
        """Is the component known to be all there? None when nothing is known of it."""
        pods = self.pods.get(component, [])
        counted = [one for one in self.state.workloads if one.name == component and one.desired is not None]
        nodes = [one for one in self.state.nodes if one.name == component and one.ready]
        if not pods and not counted and not nodes:
            return None
        return (
            all(is_well(pod) and not self.flaps(pod) for pod in pods)
            and all(one.ready is None or one.ready >= (one.desired or 0) for one in counted)
            and all(one.ready == "True" for one in nodes)
        )

    def stands(self, event: Event) -> bool:
        """A warning stands while it is repeated, unless what it is about is gone or known to be well."""
        if event.type == "Normal" or (event.at is not None and not self.recent(event.at)):
            return False
        about = [pod for pod in self.state.pods if event.kind == "Pod" and pod.name == event.name]
        if about:
            return any(not pod.deleting and (not is_well(pod) or self.flaps(pod)) for pod in about)
        gone = event.kind == "Pod" and event.component in self.pods
        return not (gone and self.well(event.component)) and self.well(event.component) is not True

    def flaps(self, pod: Pod) -> bool:
        """It is up, but was restarted again and again until just now; or it ran out of memory just now."""
        again = pod.restarts >= FLAPPING
        return any(self.recent(last_ended(one)) for one in pod.containers if again or one.last_reason == "OOMKilled")


def is_well(pod: Pod) -> bool:
    """Running and ready, or done."""
    return pod.phase == "Succeeded" or pod.status == "Completed" or (pod.ready and pod.phase in {"Running", ""})


def last_ended(container: Container) -> datetime | None:
    """When it was last started again is when it ended before, if nothing else is told."""
    return container.last_ended_at or (container.started_at if container.restarts else None)
