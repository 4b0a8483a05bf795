"""What does a model find out by asking the tools? A loop that ends: by itself, by the budget, or in circles."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from pydantic import JsonValue

from agent.domain.base import Noun
from agent.domain.errors import ModelUnavailable, Refused
from agent.domain.event import Event, EventType
from agent.domain.evidence import Evidence
from agent.domain.hypothesis import Hypothesis, Usage
from agent.domain.wording import counted
from agent.graph.conversation import form, ledger, panel
from agent.graph.conversation.brief import Brief, short, told, written
from agent.graph.conversation.desk import Desk
from agent.graph.conversation.means import Means, Store
from agent.graph.conversation.meter import Meter
from agent.graph.conversation.panel import Specialist
from agent.ports import Message, Reply, ToolCall
from prompts import render
from tools.base import Tool

MOST_REPEATS = 3
"""Calls that were made before: after so many the model goes round in circles."""
MOST_STRANGE = 6
"""Calls of tools that the model was not given."""
MOST_TEXT = 2_000
"""Characters of the model's own words that stay in the conversation."""

_NO_LEDGER = f"Before you end: call {ledger.NAME} with every explanation that is possible, and its evidence."
_CHALLENGED = (
    "Nothing was asked that could show your leading hypothesis to be wrong. This was asked for you, as JSON: {found}\n"
    f"Call {ledger.NAME} with what comes of it."
)
_NOT_YOURS = written({"ok": False, "text": "Somebody else looks at that in this turn."})


class Inquiry(Noun):
    """What came of it. `evidence` are the ids of all results, in the order in which they came."""

    hypotheses: tuple[Hypothesis, ...] = ()
    evidence: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    """Components that results have shown to exist."""
    told: form.Told | None = None
    """The diagnosis as the model gave it, unchecked."""
    tried_to_refute: bool = False
    """Whether something was asked that could have refuted it, and the model has seen the answer."""
    specialists: tuple[str, ...] = ()
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
    """From the survey's evidence to an answer. Never raises for what the model does, or for a budget."""
    return await _held(_Talk(means, brief, tools, store), _Talk.whole)


async def ask_once(means: Means, brief: Brief) -> Inquiry:
    """The answer alone, in one call of the model and with no tools: for what is known already."""

    async def nothing_to_store(found: Evidence) -> Evidence:
        return found

    return await _held(_Talk(means, brief, (), nothing_to_store), _Talk.answer)


async def _held(talk: "_Talk", conversation: Callable[["_Talk"], Awaitable[None]]) -> Inquiry:
    try:
        talk.begin()
        await conversation(talk)
    except ModelUnavailable as error:
        talk.meter.add(error.usage)
        talk.degraded_because = str(error)
    except Refused as error:
        talk.degraded_because = str(error)
    return talk.inquiry()


class _Talk:
    """One conversation under way. Messages are only ever appended: providers keep what prompts have in common."""

    def __init__(self, means: Means, brief: Brief, tools: Sequence[Tool], store: Store) -> None:
        self._means = means
        self._brief = brief
        self._tools = tools
        self._messages: list[Message] = []
        self._notes: list[str] = []
        self._reminded = False
        self._heard: tuple[Specialist, ...] = ()
        self._told: form.Told | None = None
        self.meter = Meter(means.budgets)
        self._desk = Desk(means, brief, tools, store, self.meter)
        self.meter.offers(self._desk.offered)
        self.ended_because = ""
        self.degraded_because = ""

    def begin(self) -> None:
        data = told(self._brief, self._brief.evidence, self._means.shield)
        turns, calls = self._means.budgets.model_calls - 1, self._means.budgets.tool_calls
        system, user = render("investigate", turns=turns, tool_calls=calls, data=data)
        self._messages = [Message(role="system", text=system), Message(role="user", text=user)]

    async def whole(self) -> None:
        await self.hear_specialists()
        while not self.ended_because:
            await self.turn()
        await self.answer()

    async def hear_specialists(self) -> None:
        """The same question put to several at once, each for one kind of evidence, when the incident deserves it."""
        seats, because = panel.seats(self._tools), panel.deserved(self._brief)
        if not because or len(seats) < 2 or not self.meter.affords(self._messages, len(seats)):
            return
        prompts = [[*self._messages, Message(role="user", text=one.task)] for one in seats]
        replies = await asyncio.gather(*map(self._converse, prompts), return_exceptions=True)
        heard = {seat: reply for seat, reply in zip(seats, replies, strict=True) if isinstance(reply, Reply)}
        if missing := [reply for reply in replies if isinstance(reply, BaseException)]:
            await self._without(missing, anybody=bool(heard))
        self._heard = tuple(heard)
        names = ", ".join(seat.name for seat in heard)
        await self._tell(f"Specialists looked at {names} at the same time: {because}.", {"specialists": names})
        await self._hear(heard)

    async def _without(self, missing: Sequence[BaseException], *, anybody: bool) -> None:
        """Those who did not answer are paid for; when nobody did, or it was something else, that is told above."""
        for error in missing:
            if not isinstance(error, ModelUnavailable) or not anybody:
                raise error
            self.meter.add(error.usage)

    async def _hear(self, heard: dict[Specialist, Reply]) -> None:
        """Their calls are answered together, so that the same question of two is asked once, and become the talk's."""
        calls = {seat: _own(seat, reply.calls) for seat, reply in heard.items()}
        allowed = [call for seat, asked in calls.items() for call in asked if self._may(seat, call)]
        answers = dict(zip((call.id for call in allowed), await self._desk.answers(allowed), strict=True))
        for seat, reply in heard.items():
            self._messages += [
                Message(role="user", text=seat.task),
                Message(role="assistant", text=reply.text[:MOST_TEXT], calls=calls[seat]),
                *(Message(role="tool", text=answers.get(one.id, _NOT_YOURS), call_id=one.id) for one in calls[seat]),
            ]

    def _may(self, seat: Specialist, call: ToolCall) -> bool:
        return self._desk.kind(call.name) in seat.kinds

    async def turn(self) -> None:
        """One reply of the model, and the answers to its calls."""
        if spent := self.meter.before_inquiry(self._messages, answered=self._desk.drafted is not None):
            self.ended_because = spent
            return
        reply = await self._converse(self._messages)
        await (self._answer(reply) if reply.calls else self._end_or_remind(reply))

    async def answer(self) -> None:
        """The diagnosis as it was given, or else asked for in its form."""
        if (drafted := self._desk.drafted) is not None:
            self._told = drafted
            return
        standing: list[JsonValue] = [one.model_dump(mode="json") for one in self._desk.hypotheses]
        rules, ask = render("diagnose", data=written(self._means.shield.abstract_json(standing)))
        prompt = [*self._messages, Message(role="user", text=f"{rules}\n\n{ask}")]
        if spent := self.meter.before_answer(prompt):
            self.degraded_because = spent
            return
        said, usage = await self._means.model.structured(
            prompt,
            form.Told,
            deadline=self.meter.for_the_answer(),
            tools=self._desk.offered,
            most=self.meter.calls_left,
        )
        self.meter.add(usage, prompt)
        await self._asked("the diagnosis", usage)
        self._told = form.restored(said, self._means.shield)

    async def _converse(self, messages: Sequence[Message]) -> Reply:
        reply, usage = await self._means.model.converse(
            messages, self._desk.offered, deadline=self.meter.for_a_turn(), most=self.meter.calls_left
        )
        self.meter.add(usage, messages)
        await self._asked(f"{counted(len(reply.calls), 'call')} asked for", usage)
        if reply.text.strip():
            self._notes.append(short(self._means.shield.restore(reply.text)))
        return reply

    async def _answer(self, reply: Reply) -> None:
        self._messages.append(Message(role="assistant", text=reply.text[:MOST_TEXT], calls=reply.calls))
        texts = await self._desk.answers(reply.calls)
        self._messages += [
            Message(role="tool", text=text, call_id=call.id) for call, text in zip(reply.calls, texts, strict=True)
        ]
        if self._desk.given:
            self.ended_because = "The model gave its diagnosis."
        if self._desk.repeated > MOST_REPEATS:
            self.ended_because = "The model asked the same things again and again."
        if self._desk.refused > MOST_STRANGE:
            self.ended_because = "The model asked again and again for tools it was not given."

    async def _end_or_remind(self, reply: Reply) -> None:
        """The model asks for nothing more. Each of two omissions is made good once."""
        missing = await self._missing()
        if not missing:
            self.ended_because = "The model had nothing more to ask."
            return
        said = Message(role="assistant", text=reply.text[:MOST_TEXT])
        self._messages += [said, Message(role="user", text=missing)]

    async def _missing(self) -> str:
        if not self._desk.hypotheses and not self._reminded:
            self._reminded = True
            return _NO_LEDGER
        leader = self._desk.leader
        if leader and self._tools and not self._desk.challenged and not self._desk.tried(leader.component):
            return _CHALLENGED.format(found=await self._desk.challenge(leader.component))
        return ""

    async def _asked(self, what: str, usage: Usage) -> None:
        name = self._means.model.name
        text = f"Asked {name}: {what}; {usage.input_tokens:,} tokens in, {usage.output_tokens:,} out."
        await self._tell(text, {"model": name, **usage.model_dump(mode="json")})

    async def _tell(self, text: str, facts: dict[str, JsonValue]) -> None:
        incident = self._brief.incident.id
        await self._means.tell(Event(type=EventType.MODEL_CALLED, incident=incident, text=text, facts=facts))

    def inquiry(self) -> Inquiry:
        desk, spent = self._desk, self.meter.spent
        return Inquiry(
            hypotheses=desk.hypotheses,
            evidence=tuple(desk.found),
            entities=tuple(desk.entities),
            told=self._told,
            tried_to_refute=self._tried(),
            specialists=tuple(one.name for one in self._heard),
            usage=spent.usage,
            tool_calls=spent.tool_calls,
            seconds=spent.time.total_seconds(),
            repeated=desk.repeated,
            refused=desk.refused,
            notes=tuple(self._notes),
            ended_because=self.ended_because,
            degraded_because=self.degraded_because,
        )

    def _tried(self) -> bool:
        """A diagnosis that was drafted before the answers came has not been put to the test by them."""
        if self._told is None or (self._desk.drafted is not None and not self._desk.given):
            return False
        return self._desk.tried(self._told.component)


def _own(seat: Specialist, calls: Sequence[ToolCall]) -> tuple[ToolCall, ...]:
    """As many as one may make, under ids that no other specialist's call has."""
    few = calls[: panel.MOST_CALLS]
    return tuple(call.model_copy(update={"id": f"{seat.name}_{place}"}) for place, call in enumerate(few))
