"""The read side: what people and programs may look at. Changes nothing."""

from agent.views.numbers import Capacity, Noise
from agent.views.record import PAGE, IncidentList, IncidentView, Load, Quarantined, ReceiptView, RunView, Views

__all__ = [
    "PAGE",
    "Capacity",
    "IncidentList",
    "IncidentView",
    "Load",
    "Noise",
    "Quarantined",
    "ReceiptView",
    "RunView",
    "Views",
]
