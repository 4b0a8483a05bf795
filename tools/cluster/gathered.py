"""How do many answers about a cluster become one state?  Objects of the API's shape, partial ones merged by name.

Every reader brings what it read into the shape of the Kubernetes API, so that there is one parser (`objects`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tools.base import LogLine
from tools.cluster import objects
from tools.cluster.facts import ClusterState, LogKind, Monitor, Probe
from tools.cluster.fields import meta, namespace
from tools.cluster.names import Names
from tools.cluster.times import latest

Object = dict[str, Any]

_KEYS = ("name", "type", "containerPort", "port", "key")
"""What tells the members of a list apart, by the API's own merge keys."""
_WHOLES = frozenset({"Deployment", "StatefulSet", "DaemonSet", "CronJob", "Rollout"})


@dataclass
class Gathered:
    """What was read so far."""

    objects: dict[tuple[str, str], dict[str, Object]] = field(default_factory=dict)
    """(kind, name) -> namespace -> the object."""
    events: dict[tuple[str, str, str, str], Object] = field(default_factory=dict)
    monitors: list[Monitor] = field(default_factory=list)
    probes: list[Probe] = field(default_factory=list)
    lines: list[LogLine] = field(default_factory=list)
    log_kinds: list[LogKind] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)

    def add(self, items: Iterable[Object]) -> None:
        """Objects with kind and name; an event needs only what it is about."""
        for item in items:
            if item.get("kind") == "Event":
                self._add_event(item)
            elif item.get("kind") and meta(item).get("name"):
                self._add_object(item)

    def state(self, otherwise: datetime, query: str, at: datetime | None = None) -> ClusterState:
        """As of `at`; None: of the latest time that was read, `otherwise` when there was none."""
        every = [item for places in self.objects.values() for item in places.values()]
        at = at or latest([*every, *self.events.values()], (line.at for line in self.lines)) or otherwise
        names = Names(meta(item)["name"] for item in every if item["kind"] in _WHOLES)
        parsed = objects.parsed(every, self.events.values(), names, at)
        whole = _Whole(names, parsed)
        return ClusterState(
            at=at,
            query=query,
            monitors=tuple(
                replace(one, component=whole.of(one.component) or whole.named(one.name)) for one in self.monitors
            ),
            probes=tuple(self.probes),
            lines=tuple(replace(one, service=whole.of(one.service)) for one in self.lines),
            log_kinds=tuple(replace(one, component=whole.of(one.component)) for one in self.log_kinds),
            not_checked=tuple(self.not_checked),
            **parsed,
        )

    def _add_event(self, item: Object) -> None:
        about = item.get("involvedObject") or item.get("regarding") or {}
        key = (
            str(about.get("kind", "")),
            str(about.get("name", "")),
            str(item.get("reason")),
            str(item.get("message")),
        )
        self.events[key] = merged(self.events.get(key, {}), item)

    def _add_object(self, item: Object) -> None:
        places = self.objects.setdefault((item["kind"], meta(item)["name"]), {})
        place = namespace(item)
        if not place and places:
            place = next(iter(places))
        elif place and "" in places:
            places[place] = places.pop("")
        places[place] = merged(places.get(place, {}), item)


class _Whole:
    """Monitors and logs name services, workloads or pods: whose they are."""

    def __init__(self, names: Names, parsed: objects.Parsed) -> None:
        self._names = names
        self._pods = {one.name: one.workload for one in parsed["pods"]}
        self._own = {one.name for one in parsed["services"]} | {one.name for one in parsed["workloads"]}
        self._own |= {one.name for one in parsed["nodes"]}

    def of(self, name: str) -> str:
        if not name or name in self._own:
            return name
        return self._pods.get(name) or self._names.whole("Pod", name)

    def named(self, text: str) -> str:
        """The first component that stands in it as a word."""
        words = re.findall(r"[\w.-]+", text)
        return next((self._pods.get(word, word) for word in words if word in self._own or word in self._pods), "")


def merged(old: Any, new: Any) -> Any:
    """Maps are merged, lists of named members too; anything else is replaced by what was read later."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return {**old, **{key: merged(old.get(key), value) for key, value in new.items() if value is not None}}
    if isinstance(old, list) and isinstance(new, list) and (key := _key([*old, *new])):
        members = {one[key]: one for one in old}
        for one in new:
            members[one[key]] = merged(members.get(one[key], {}), one)
        return list(members.values())
    return new


def _key(members: list[Any]) -> str:
    whole = bool(members) and all(isinstance(one, Mapping) for one in members)
    return next((key for key in _KEYS if whole and all(key in one for one in members)), "")
