"""The read side: what people and programs may look at. Changes nothing."""

from agent.views.numbers import Capacity, Noise
from agent.views.record import (
    PAGE,
    TIMELINE,
    Front,
    IncidentList,
    IncidentView,
    Load,
    Quarantined,
    ReceiptView,
    RunView,
    Sought,
    Views,
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
