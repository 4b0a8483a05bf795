"""What does a model find out by asking the tools? A loop that ends: by itself, by the budget, or in circles."""

from collections.abc import Sequence

from pydantic import JsonValue

from agent.domain.base import Noun
from agent.domain.errors import ModelUnavailable, Refused
from agent.domain.event import Event, EventType
from agent.domain.hypothesis import Hypothesis, Usage
from agent.graph.conversation.brief import Brief, short, told
from agent.graph.conversation.desk import Desk
from agent.graph.conversation.ledger import NAME, leading
from agent.graph.conversation.means import Means, Store
from agent.graph.conversation.meter import Meter
from agent.ports import Message, Reply
from prompts import render
from tools.base import Tool

MOST_REPEATS = 3
"""Calls that were made before: after so many the model goes round in circles."""
MOST_STRANGE = 6
"""Calls of tools that the model was not given."""
MOST_TEXT = 2_000
"""Characters of the model's own words that stay in the conversation."""

_NO_LEDGER = f"Before you end: call {NAME} with every explanation that is possible, and its evidence."
_NOT_TRIED = (
    "Nothing has been asked yet that could show your leading hypothesis to be wrong. Make one call whose answer would "
    f"contradict it if it is wrong, then call {NAME} with what came of it."
)


class Inquiry(Noun):
    """What came of it. `evidence` are the ids of all results, in the order in which they came."""

    hypotheses: tuple[Hypothesis, ...] = ()
    evidence: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    """Components that results have shown to exist."""
    tried_to_refute: bool = False
    """Whether something was asked after there was a leading hypothesis."""
    usage: Usage = Usage()
    tool_calls: int = 0
    seconds: float = 0.0
    repeated: int = 0
    refused: int = 0
    """Calls of tools that the model was not given."""
    notes: tuple[str, ...] = ()
    """What the model said between its calls, shortened."""
    ended_because: str = ""
    degraded_because: str = ""
    """Why there is less than there could be; the caller still has what there is."""


async def inquire(means: Means, brief: Brief, tools: Sequence[Tool], store: Store) -> Inquiry:
    """The conversation, seeded with the survey's evidence. Never raises for what the model does, or for a budget."""
    talk = _Talk(means, brief, tools, store)
    try:
        talk.begin()
        while not talk.ended_because:
            await talk.turn()
    except ModelUnavailable as error:
        talk.meter.add(error.usage)
        talk.degraded_because = str(error)
    except Refused as error:
        talk.degraded_because = str(error)
    return talk.inquiry()


class _Talk:
    """One conversation under way."""

    def __init__(self, means: Means, brief: Brief, tools: Sequence[Tool], store: Store) -> None:
        self._means = means
        self._brief = brief
        self._tools = tools
        self._messages: list[Message] = []
        self._notes: list[str] = []
        self._reminded: set[str] = set()
        self.meter = Meter(means.budgets)
        self._desk = Desk(means, brief, tools, store, self.meter)
        self.ended_because = ""
        self.degraded_because = ""

    def begin(self) -> None:
        data = told(self._brief, self._brief.evidence, self._means.shield)
        turns, calls = self._means.budgets.model_calls - 1, self._means.budgets.tool_calls
        system, user = render("investigate", turns=turns, tool_calls=calls, data=data)
        self._messages = [Message(role="system", text=system), Message(role="user", text=user)]

    async def turn(self) -> None:
        """One reply of the model, and the answers to its calls."""
        if spent := self.meter.before_inquiry(self._messages):
            self.ended_because = spent
            return
        model = self._means.model
        reply, usage = await model.converse(self._messages, self._desk.offered, deadline=self.meter.for_a_turn())
        self.meter.add(usage)
        await self._means.tell(self._event(len(reply.calls), usage))
        if reply.text.strip():
            self._notes.append(short(self._means.shield.restore(reply.text)))
        await (self._answer(reply) if reply.calls else self._end_or_remind(reply))

    async def _answer(self, reply: Reply) -> None:
        self._messages.append(Message(role="assistant", text=reply.text[:MOST_TEXT], calls=reply.calls))
        texts = await self._desk.answers(reply.calls)
        self._messages += [
            Message(role="tool", text=text, call_id=call.id) for call, text in zip(reply.calls, texts, strict=True)
        ]
        if self._desk.repeated > MOST_REPEATS:
            self.ended_because = "The model asked the same things again and again."
        if self._desk.refused > MOST_STRANGE:
            self.ended_because = "The model asked again and again for tools it was not given."

    async def _end_or_remind(self, reply: Reply) -> None:
        """The model asks for nothing more. Each of two omissions is pointed out once."""
        missing = "" if self._desk.hypotheses else _NO_LEDGER
        if not missing and self._tools and not self._desk.tried_to_refute and leading(self._desk.hypotheses):
            missing = _NOT_TRIED
        if not missing or missing in self._reminded:
            self.ended_because = "The model had nothing more to ask."
            return
        self._reminded.add(missing)
        said = Message(role="assistant", text=reply.text[:MOST_TEXT])
        self._messages += [said, Message(role="user", text=missing)]

    def _event(self, calls: int, usage: Usage) -> Event:
        name = self._means.model.name
        text = (
            f"Asked {name}: {calls} call(s) asked for; {usage.input_tokens:,} tokens in, {usage.output_tokens:,} out."
        )
        facts: dict[str, JsonValue] = {"model": name, **usage.model_dump(mode="json")}
        return Event(type=EventType.MODEL_CALLED, incident=self._brief.incident.id, text=text, facts=facts)

    def inquiry(self) -> Inquiry:
        desk, spent = self._desk, self.meter.spent
        return Inquiry(
            hypotheses=desk.hypotheses,
            evidence=tuple(desk.found),
            entities=tuple(desk.entities),
            tried_to_refute=desk.tried_to_refute,
            usage=spent.usage,
            tool_calls=spent.tool_calls,
            seconds=spent.time.total_seconds(),
            repeated=desk.repeated,
            refused=desk.refused,
            notes=tuple(self._notes),
            ended_because=self.ended_because,
            degraded_because=self.degraded_because,
        )
