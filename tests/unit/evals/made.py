"""A case folder made up for tests: the made-up shop's slow back end, as it would have been recorded."""

import json
import lzma
from pathlib import Path

from tests.unit.agent.analysis.made import NOW, SAMPLES, STEP, Shop


def write_case(folder: Path, shop: Shop) -> None:
    folder.mkdir(parents=True)
    alert = shop.alert()
    raised = {
        "status": "firing",
        "labels": alert.labels,
        "annotations": {},
        "startsAt": alert.starts_at.isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
    }
    (folder / "alert.json").write_text(json.dumps({"version": "4", "status": "firing", "alerts": [raised]}))
    meta = {
        "now": NOW.timestamp(),
        "step_s": STEP.total_seconds(),
        "history_start": (NOW - STEP * (SAMPLES - 1)).timestamp(),
        "alert_at": alert.starts_at.timestamp(),
    }
    (folder / "meta.json").write_text(json.dumps(meta))
    graph = shop.topology()
    (folder / "topology.json").write_text(json.dumps({"nodes": sorted(graph.nodes), "edges": sorted(graph.edges)}))
    (folder / "truth.json").write_text(json.dumps({"root_cause": "back", "fault_type": "cpu"}))
    (folder / "metrics.om.xz").write_bytes(lzma.compress(_openmetrics(shop).encode()))


def _openmetrics(shop: Shop) -> str:
    text, named = "", ""
    for one in shop.series():
        if one.name != named:
            text, named = text + f"# TYPE {one.name} gauge\n", one.name
        for at, value in zip(one.times, one.values, strict=True):
            text += f'{one.name}{{service="{one.labels["service"]}"}} {value} {at}\n'
    return f"{text}# EOF\n"
