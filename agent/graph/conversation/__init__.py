"""What do we say to a model about an incident, and what do we take from what it says?

Knows nothing of the state machine: it takes ports and gives values. Whatever a model does, these functions come back
with what there is, and `degraded_because` says why it is not more.
"""

from agent.graph.conversation.answer import Answer, answer
from agent.graph.conversation.brief import Brief
from agent.graph.conversation.conclude import Conclusion, checked_event, conclude
from agent.graph.conversation.inquire import Inquiry, ask_once, inquire
from agent.graph.conversation.means import Means

__all__ = [
    "Answer",
    "Brief",
    "Conclusion",
    "Inquiry",
    "Means",
    "answer",
    "ask_once",
    "checked_event",
    "conclude",
    "inquire",
]
