"""Which workload is a part of, by its owner or by the name that a controller gave it?"""

import pytest

from tools.cluster.names import Names


@pytest.mark.parametrize(
    ("kind", "name", "whole"),
    [
        ("Pod", "web-7d9f8c6b54-x1k2p", "web"),
        ("Pod", "web-front-bcdfghjklm-zxcvb", "web-front"),
        ("Pod", "store-0", "store"),
        ("Pod", "import-wpsss", "import"),
        ("Pod", "standalone", "standalone"),
        ("Pod", "web-front", "web-front"),
        ("ReplicaSet", "web-7d9f8c6b54", "web"),
        ("Job", "nightly-28912345", "nightly"),
        ("Deployment", "web-7d9f8c6b54", "web-7d9f8c6b54"),
        ("Node", "worker-01", "worker-01"),
    ],
)
def test_without_an_owner_the_form_of_the_name_tells(kind: str, name: str, whole: str) -> None:
    assert Names(()).whole(kind, name) == whole


def test_a_workload_that_is_known_is_the_whole_of_what_begins_with_its_name() -> None:
    names = Names(["web", "web-front"])
    assert [names.whole("Pod", name) for name in ("web-newrs-7c-001", "web-front-newrs-7c-001")] == ["web", "web-front"]


def test_an_owner_is_believed_before_any_name() -> None:
    names = Names(["web"])
    assert names.whole("Pod", "web-abcde", "StatefulSet", "store") == "store"
    assert names.whole("Pod", "web-7d9f8c6b54-x1k2p", "ReplicaSet", "mail-7d9f8c6b54") == "mail"
