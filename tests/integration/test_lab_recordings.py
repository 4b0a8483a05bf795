"""A recorded case in a real Prometheus: are its arms what Prometheus itself would read?"""

import lzma
from pathlib import Path

import pytest

from evals.lab.monitoring import Prometheus
from tests.farends.prometheus import prometheus

CASE = Path(__file__).parents[2] / "evals" / "cases" / "lab" / "deploy-payment"
FAILING = 'service:error_ratio{service="payment"}'


def recorded(name: str) -> str:
    return lzma.decompress((CASE / name).read_bytes()).decode()


@pytest.mark.system
@pytest.mark.parametrize(
    ("name", "start", "end", "fails_at_first", "fails_at_last"),
    [
        ("metrics.om.xz", 1795299700.0, 1795299975.0, False, True),
        ("after/unhealed.om.xz", 1795299980.0, 1795300070.0, True, True),
        ("after/healed.om.xz", 0.0, 100.0, True, False),
    ],
)
def test_prometheus_reads_the_fault_out_of_the_recording(
    name: str, start: float, end: float, fails_at_first: bool, fails_at_last: bool
) -> None:
    with prometheus(recorded(name)) as url:
        client = Prometheus(url)
        (series,) = client.ranges(FAILING, start, end, 5.0)
        client.close()

    values = [sample.value for sample in series.samples]
    assert (values[0] > 0.1, values[-1] > 0.1) == (fails_at_first, fails_at_last)
