"""Which workload is a pod, a replica set or an event's object a part of?

By its owner reference where there is one; else by the names that controllers give: a deployment's pods are
`<deployment>-<pod-template-hash>-<5 characters>`, a stateful set's `<name>-<ordinal>`, a daemon set's or job's
`<name>-<5 characters>` (Kubernetes documentation, "Deployments", "StatefulSets", "Jobs").
"""

import re
from collections.abc import Iterable

_RANDOM = "bcdfghjklmnpqrstvwxz2456789"
"""What Kubernetes draws suffixes from (apimachinery, `util/rand`): no vowels, so that they spell nothing."""
_HASH = rf"(?:[{_RANDOM}]{{8,10}}|(?=[a-z0-9]*\d)[a-z0-9]{{6,10}})"
_SUFFIX = r"[a-z0-9]{5}"
_OF_DEPLOYMENT = re.compile(rf"(.+?)-{_HASH}-{_SUFFIX}")
_OF_SET = re.compile(rf"(.+)-(?:\d{{1,4}}|[{_RANDOM}]{{5}}|(?=[a-z0-9]*\d)(?![a-z]+\d$){_SUFFIX})")
_REPLICA_SET = re.compile(rf"(.+)-{_HASH}")
_CRON_JOB = re.compile(r"(.+)-\d{8,10}")

MADE_OF_PARTS = frozenset({"Pod", "ReplicaSet", "Job"})
"""Kinds whose names a controller makes from its own."""


class Names:
    """The workloads that are known, to tell a part's whole from."""

    def __init__(self, workloads: Iterable[str]) -> None:
        self._workloads = sorted(set(workloads), key=len, reverse=True)

    def whole(self, kind: str, name: str, owner_kind: str = "", owner: str = "") -> str:
        """The workload's name; the object's own when it is part of none."""
        if kind not in MADE_OF_PARTS:
            return name
        if owner_kind in MADE_OF_PARTS:
            return self.whole(owner_kind, owner)
        return owner or self._known(name) or _by_form(kind, name)

    def _known(self, name: str) -> str:
        """The longest workload's name that it begins with."""
        return next((one for one in self._workloads if name == one or name.startswith(f"{one}-")), "")


def _by_form(kind: str, name: str) -> str:
    forms = {"Pod": (_OF_DEPLOYMENT, _OF_SET), "ReplicaSet": (_REPLICA_SET,), "Job": (_CRON_JOB,)}[kind]
    return next((found.group(1) for form in forms if (found := form.fullmatch(name))), name)
