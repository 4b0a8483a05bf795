"""What does a field of a Kubernetes object say?  One that is missing, or of another shape, says nothing."""

from collections.abc import Mapping
from typing import Any

from tools.cluster.facts import Condition
from tools.cluster.names import Names

Object = Mapping[str, Any]
"""A Kubernetes object as JSON, or a part of one."""


def mapping(item: Object, key: str) -> Object:
    found = item.get(key)
    return found if isinstance(found, Mapping) else {}


def members(item: Object, key: str) -> list[Object]:
    found = item.get(key)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def text(item: Object, key: str) -> str:
    found = item.get(key)
    return "" if found is None else str(found)


def texts(item: Object) -> dict[str, str]:
    return {str(key): str(value) for key, value in item.items()}


def count(item: Object, key: str) -> int | None:
    try:
        return int(item[key])
    except (KeyError, TypeError, ValueError):
        return None


def meta(item: Object) -> Object:
    return mapping(item, "metadata")


def spec(item: Object) -> Object:
    return mapping(item, "spec")


def status(item: Object) -> Object:
    return mapping(item, "status")


def name(item: Object) -> str:
    return text(meta(item), "name")


def namespace(item: Object) -> str:
    return text(meta(item), "namespace")


def template(item: Object) -> Object:
    """Of the pods it makes: their spec."""
    return spec(mapping(spec(item), "template"))


def conditions(item: Object) -> tuple[Condition, ...]:
    return tuple(
        Condition(text(one, "type"), text(one, "status"), text(one, "reason"), text(one, "message"))
        for one in members(status(item), "conditions")
    )


def owner(item: Object) -> tuple[str, str]:
    """(kind, name) of what made it; empty when nothing did."""
    owners = members(meta(item), "ownerReferences")
    found = next((one for one in owners if one.get("controller", True)), {})
    return text(found, "kind"), text(found, "name")


def whole(item: Object, names: Names) -> str:
    """The workload it is a part of, else its own name."""
    kind, own = text(item, "kind"), name(item)
    owned_by = owner(item)
    node = owned_by[1] if owned_by[0] == "Node" else text(spec(item), "nodeName")
    if kind == "Pod" and node and own.endswith(f"-{node}"):
        # A kubelet names what it runs from a file after its node (documentation, "Create static Pods").
        return own.removesuffix(f"-{node}")
    return names.whole(kind, own, *owned_by)
