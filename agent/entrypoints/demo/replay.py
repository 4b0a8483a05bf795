"""How does recorded telemetry go on after the agent acts? It heals only when the effect is in the shop's journal."""

from datetime import datetime, timedelta

from agent.entrypoints.demo.recording import Recording
from agent.graph.context import Sources
from agent.ports import Clock
from tools.clients.recorded import Recorded, recorded


class Replay:
    """The recording, moved so that its `now` is this moment; unhealed until `heal`."""

    def __init__(self, recording: Recording, clock: Clock, now: datetime | None = None) -> None:
        """`now`: the moment that the recording's own becomes; this one unless a replay goes on after a restart."""
        now = now or clock.now()
        self._recording = recording
        self._clock = clock
        self.shift: timedelta = now - recording.now
        self.healed_at: datetime | None = None
        self._telemetry: Recorded = recorded(recording.folder, shift=self.shift, step=recording.step)
        self._go_on("unhealed", now, recording.now)

    @property
    def sources(self) -> Sources:
        return Sources(
            metrics=self._telemetry.metrics,
            logs=self._telemetry.logs,
            changes=(self._telemetry.changes,),
            topology=(self._telemetry.topology,),
            step=self._recording.step,
        )

    def heal(self, at: datetime | None = None) -> None:
        """From then on it answers with what happened after the healing action."""
        if self.healed_at is None:
            self.healed_at = at or self._clock.now()
            self._go_on("healed", self.healed_at, datetime.fromtimestamp(0, self.healed_at.tzinfo))

    def _go_on(self, arm: str, at: datetime, origin: datetime) -> None:
        metrics, logs = self._recording.arm(arm)
        if self._telemetry.metrics is not None and metrics.exists():
            self._telemetry.metrics.extend(metrics, at, origin=origin)
        if self._telemetry.logs is not None and logs.exists():
            self._telemetry.logs.extend(logs, at, origin=origin)
