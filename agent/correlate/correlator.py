"""Where does each alert end?  One at a time, one question a stage, the first answer counts."""

from collections.abc import Callable, Sequence

from agent.correlate import dedup, group, inhibit, silence
from agent.correlate.placement import Answer, Arrival, Placement
from agent.correlate.standing import Standing
from agent.domain.alert import AlertStatus, Placed

Stage = Callable[[Arrival, Standing], Answer | None]
"""None: this stage has nothing to say about the alert."""

STAGES: Sequence[Stage] = (dedup.judge, silence.judge, inhibit.judge)
"""What an alert that fires must pass before it is grouped. Known first: most alerts are re-sends."""


class Correlator:
    """Pure: it reads the standing and changes nothing; the caller writes the placement down, then applies it."""

    def __init__(self, new_id: Callable[[], str], stages: Sequence[Stage] = STAGES) -> None:
        """`new_id` gives an incident its id; ids sort by time."""
        self._new_id = new_id
        self._stages = stages

    def place(self, placed: Placed, standing: Standing) -> Placement:
        """Exactly one fate for each alert, as of the moment it was received."""
        arrival = Arrival(placed, placed.alert, placed.alert.identity, placed.received_at)
        answer = self._fired(arrival, standing) if _fires(arrival) else self._ended(arrival, standing)
        reason = answer.reason + _left_out(arrival)
        told = placed.model_copy(update={"fate": answer.fate, "reason": reason, "incident": answer.incident})
        return Placement(told, answer.effect, arrival.identity)

    def _fired(self, arrival: Arrival, standing: Standing) -> Answer:
        for stage in self._stages:
            if answer := stage(arrival, standing):
                return answer
        return group.judge(arrival, standing, self._new_id)

    def _ended(self, arrival: Arrival, standing: Standing) -> Answer:
        return dedup.judge_end(arrival, standing) or group.judge_end(arrival, standing)


def _fires(arrival: Arrival) -> bool:
    return arrival.alert.status is AlertStatus.FIRING


def _left_out(arrival: Arrival) -> str:
    left = arrival.alert.left_out
    return f" The sender left {left} more of its group out." if left else ""
