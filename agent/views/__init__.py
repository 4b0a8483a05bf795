"""The read side: what people and programs may look at. Changes nothing."""

from agent.views.numbers import Capacity, Noise
from agent.views.record import PAGE, TIMELINE, Views
from agent.views.shown import (
    Front,
    IncidentList,
    IncidentView,
    Load,
    Quarantined,
    ReceiptView,
    RunView,
    Sought,
)

__all__ = [
    "PAGE",
    "TIMELINE",
    "Capacity",
    "Front",
    "IncidentList",
    "IncidentView",
    "Load",
    "Noise",
    "Quarantined",
    "ReceiptView",
    "RunView",
    "Sought",
    "Views",
]
