"""Which components does a result show to exist?  Only what a back end itself said, never what was asked for."""

from collections.abc import Iterable, Mapping, Sequence

LABELS = (
    "service",
    "app",
    "component",
    "deployment",
    "statefulset",
    "daemonset",
    "pod",
    "container",
    "job",
    "host",
    "node",
    "instance",
    "source",
    "destination",
    "caller",
    "callee",
    "client",
    "server",
    "service_name",
)
"""Labels whose values name a component, by the field's conventions."""
MOST = 100


def named(label_sets: Iterable[Mapping[str, str]], service_label: str = "service") -> tuple[str, ...]:
    """The components that the labels name, in the order of first sight."""
    wanted: Sequence[str] = (service_label, *LABELS)
    found = {labels[label]: None for labels in label_sets for label in wanted if labels.get(label)}
    return tuple(found)[:MOST]
