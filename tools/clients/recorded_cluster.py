"""What state was a recorded cluster in?  A case's recorded tool outputs, asked as a real cluster is."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

from tools.cluster.facts import ClusterState
from tools.cluster.times import latest
from tools.recording import tool_outputs

_SAME_CLOCK = timedelta(days=1)
"""A moment further than this from what was recorded is told by another clock."""


class RecordedCluster:
    """`ClusterSource` over a case's `tool_outputs.jsonl.xz`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def state(self, now: datetime) -> ClusterState:
        """As of the latest time in the recording, or `now` when that is the same day. BackendError when unreadable."""
        return await asyncio.to_thread(self._state, now)

    def _state(self, now: datetime) -> ClusterState:
        found = tool_outputs.gathered(tool_outputs.read(self._path))
        known = [item for places in found.objects.values() for item in places.values()]
        last = latest([*known, *found.events.values()], (line.at for line in found.lines if line.at.year > 1970))
        at = last if last and abs(now - last) > _SAME_CLOCK else max(now, last or now)
        return found.state(now, "recorded answers of tools", at)
