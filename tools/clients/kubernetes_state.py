"""What state is a real cluster in now?  Its objects, and what containers that crash wrote last."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tools.base import BackendError
from tools.clients.kubernetes import OF_A_NAMESPACE, OF_THE_CLUSTER, Cluster
from tools.cluster.facts import ClusterState, Pod
from tools.cluster.gathered import Gathered
from tools.cluster.logs import of_text

AT_ONCE = 4
"""Questions under way at once."""
MOST_LOGS = 5
"""Crashing pods, one a workload, whose last words are read."""
_LINES = 50
_SINCE = timedelta(hours=6)


class KubernetesState:
    """`ClusterSource` over the Kubernetes API: some namespaces, and the nodes as far as they may be read."""

    def __init__(self, cluster: Cluster, namespaces: Sequence[str] = ()) -> None:
        """`namespaces` empty: the cluster's own default one."""
        self._cluster = cluster
        self._namespaces = tuple(namespaces)
        self._places = asyncio.Semaphore(AT_ONCE)

    async def state(self, now: datetime) -> ClusterState:
        """What may not be read is told in `not_checked`; BackendError when nothing may."""
        namespaces = self._namespaces or (await self._cluster.home(),)
        asked = [(kind, space) for space in namespaces for kind in OF_A_NAMESPACE]
        asked += [(kind, "") for kind in OF_THE_CLUSTER]
        into = Gathered()
        await asyncio.gather(*(self._read(kind, space, into) for kind, space in asked))
        if len(into.not_checked) == len(asked):
            raise BackendError(into.not_checked[0])
        query = f"objects in {', '.join(namespaces)}"
        for pod in _crashing(into.state(now, query, now).pods):
            await self._last_words(pod, into)
        return into.state(now, query, now)

    async def _read(self, kind: str, namespace: str, into: Gathered) -> None:
        try:
            async with self._places:
                listing = await self._cluster.objects(kind, namespace)
        except BackendError as error:
            into.not_checked.append(str(error))
            return
        into.add(dict(item) for item in listing.items)
        if listing.cut:
            where = f" in {namespace}" if namespace else ""
            into.not_checked.append(f"Only the first objects of kind {kind}{where} were read.")

    async def _last_words(self, pod: Pod, into: Gathered) -> None:
        container = next((one.name for one in pod.containers if one.restarts), "")
        try:
            log = await self._cluster.log(
                pod.namespace, pod.name, container=container, previous=True, since=_SINCE, lines=_LINES
            )
        except BackendError as error:
            into.not_checked.append(str(error))
            return
        into.lines += of_text(log.text, pod.workload)


def _crashing(pods: Iterable[Pod]) -> list[Pod]:
    """One of each workload."""
    found = {pod.workload: pod for pod in pods if not pod.ready and any(one.restarts for one in pod.containers)}
    return list(found.values())[:MOST_LOGS]
