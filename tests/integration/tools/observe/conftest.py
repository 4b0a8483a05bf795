from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.farends.kubernetes import VIEWER, KubernetesFarEnd
from tools.clients.kubernetes import Cluster

NOW = datetime(2026, 11, 21, 21, 30, tzinfo=UTC)


@pytest.fixture
def api() -> Iterator[KubernetesFarEnd]:
    with KubernetesFarEnd(now=lambda: NOW) as far_end:
        yield far_end


@pytest.fixture
def cluster(api: KubernetesFarEnd, tmp_path: Path) -> Cluster:
    return api.cluster(tmp_path, VIEWER)
