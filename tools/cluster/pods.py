"""What does a pod of the Kubernetes API say?  JSON -> facts; a partial object gives partial facts.

Beside the API's fields some of our own may stand, when a printed table is all there is: `printed` (`status`, `ready`,
`restarts`, as kubectl prints them), `agoSeconds` and `madeSecondsAgo`.
"""

from collections.abc import Sequence
from datetime import datetime

from tools.cluster import fields
from tools.cluster.facts import Condition, Container, Pod
from tools.cluster.fields import Object
from tools.cluster.names import Names
from tools.cluster.times import AGE, MADE, before, moment

_DONE = "Completed"


def pod_of(item: Object, names: Names, at: datetime | None = None) -> Pod:
    """`at`: what ages count from."""
    status, printed = fields.status(item), fields.mapping(item, "printed")
    containers = tuple(_container(one, at, init=False) for one in fields.members(status, "containerStatuses"))
    inits = tuple(_container(one, at, init=True) for one in fields.members(status, "initContainerStatuses"))
    conditions = fields.conditions(item)
    word = fields.text(printed, "status") or _word(status, containers, inits)
    return Pod(
        name=fields.name(item),
        namespace=fields.namespace(item),
        workload=fields.whole(item, names),
        phase=fields.text(status, "phase") or _phase(word),
        status=word,
        ready=_ready(printed, containers, conditions),
        node=fields.text(fields.spec(item), "nodeName"),
        deleting=bool(fields.text(fields.meta(item), "deletionTimestamp")) or word == "Terminating",
        reason=fields.text(status, "reason"),
        message=fields.text(status, "message"),
        restarts=max(fields.count(printed, "restarts") or 0, sum(one.restarts for one in (*containers, *inits))),
        labels=fields.texts(fields.mapping(fields.meta(item), "labels")),
        containers=(*containers, *inits, *_printed_container(printed, at, bool(containers))),
        conditions=conditions,
        images=tuple(fields.text(one, "image") for one in fields.members(fields.spec(item), "containers")),
        started_at=moment(status.get("startTime")),
        created_at=moment(fields.meta(item).get("creationTimestamp")) or before(at, printed.get(MADE)),
    )


def _printed_container(printed: Object, at: datetime | None, known: bool) -> tuple[Container, ...]:
    """A table's `RESTARTS 5 (2m ago)` speaks of a container that has no name there."""
    ended = before(at, printed.get(AGE))
    if known or ended is None:
        return ()
    return (Container("", bool(printed.get("ready")), fields.count(printed, "restarts") or 0, "", last_ended_at=ended),)


def _ready(printed: Object, containers: Sequence[Container], conditions: Sequence[Condition]) -> bool:
    told = next((one.status == "True" for one in conditions if one.type == "Ready"), None)
    if told is not None:
        return told
    if containers:
        return all(one.ready for one in containers)
    return bool(printed.get("ready", False))


def _word(status: Object, containers: Sequence[Container], inits: Sequence[Container]) -> str:
    """As kubectl chooses the one word it prints (`printPod`)."""
    failing = next((one for one in inits if one.reason and one.reason != _DONE and one.state != "running"), None)
    if failing and failing.reason != "PodInitializing":
        return f"Init:{failing.reason}"
    for one in containers:
        if one.reason and one.state in {"waiting", "terminated"} and one.reason != _DONE:
            return one.reason
    return fields.text(status, "reason") or fields.text(status, "phase")


def _phase(word: str) -> str:
    """The phase behind the word that kubectl prints."""
    if word in {"Running", "Pending", "Succeeded", "Failed", "Unknown"}:
        return word
    if word == _DONE:
        return "Succeeded"
    waits = {"ContainerCreating", "PodInitializing"} | {"ImagePullBackOff", "ErrImagePull", "InvalidImageName"}
    return "Pending" if word in waits or word.startswith("Init:") else ""


def _container(item: Object, at: datetime | None, *, init: bool) -> Container:
    states = fields.mapping(item, "state")
    state = next((word for word in ("waiting", "terminated", "running") if word in states), "")
    now, last = fields.mapping(states, state), fields.mapping(fields.mapping(item, "lastState"), "terminated")
    return Container(
        name=fields.text(item, "name"),
        ready=bool(item.get("ready")),
        restarts=fields.count(item, "restartCount") or 0,
        state=state,  # type: ignore[arg-type]  # one of the three words above, or none
        reason=fields.text(now, "reason"),
        message=fields.text(now, "message"),
        exit_code=fields.count(now, "exitCode"),
        started_at=moment(now.get("startedAt")),
        ended_at=moment(now.get("finishedAt")),
        last_reason=fields.text(last, "reason"),
        last_exit_code=fields.count(last, "exitCode"),
        last_ended_at=moment(last.get("finishedAt")) or before(at, last.get(AGE)),
        init=init,
    )
