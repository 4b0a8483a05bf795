"""How is a model's call answered? By a tool it was given, from the store, by the ledger, or by the reason why not."""

import asyncio
from collections.abc import Sequence

from pydantic import JsonValue, ValidationError

from agent.domain.base import canonical
from agent.domain.event import Event, EventType
from agent.domain.evidence import Evidence, EvidenceKind
from agent.domain.hypothesis import Hypothesis
from agent.graph.conversation import form, ledger, rebuttal, shelf
from agent.graph.conversation.brief import Brief, short, written
from agent.graph.conversation.means import Means, Store
from agent.graph.conversation.meter import Meter
from agent.graph.conversation.offer import Offered, taken_apart
from agent.ports import ToolCall
from agent.tracing import span
from tools.base import Tool, ToolResult
from tools.wrap import Caps, Toolbox, reasons

_CAPS = Caps(text=20_000)
"""What is stored of a result; much less of it is shown."""
_OURS = (ledger.NAME, shelf.NAME, form.NAME)
"""Answered here: they cost no call of a tool."""


class Desk:
    """Answers calls, stores what they give, and remembers what was asked."""

    def __init__(self, means: Means, brief: Brief, tools: Sequence[Tool], store: Store, meter: Meter) -> None:
        self._means = means
        self._brief = brief
        self._box = Toolbox(tools, _CAPS)
        self._tools = {tool.name: tool for tool in self._box.tools}
        self._shelf = shelf.Shelf(brief.evidence, store)
        self._meter = meter
        self._answers: dict[str, str] = {}
        """What was asked -> the evidence it became; empty when it failed."""
        self._unweighed: set[str] = set()
        """Evidence that came while there was a leading hypothesis, and is not in the ledger yet."""
        self._tried: set[str] = set()
        """Components whose guilt something was asked that could refute it."""
        self.offered: tuple[Tool, ...] = (
            *(Offered(tool) for tool in self._box.tools),
            shelf.ReadEvidence(),
            ledger.RecordHypotheses(),
            form.GiveDiagnosis(),
        )
        self.hypotheses: tuple[Hypothesis, ...] = ()
        self.found: list[str] = []
        self.entities: dict[str, None] = {}
        self.drafted: form.Told | None = None
        """The latest diagnosis that the model gave."""
        self.given = False
        """Whether it was taken."""
        self.challenged = False
        self.repeated = 0
        self.refused = 0

    def kind(self, name: str) -> str:
        """Of a tool that asks somebody; empty for every other name."""
        return self._tools[name].kind if name in self._tools else ""

    def tried(self, component: str) -> bool:
        """Whether something was asked that could have shown the component not to be the cause."""
        return component.casefold() in self._tried

    @property
    def leader(self) -> Hypothesis | None:
        return ledger.leading(self.hypotheses)

    async def answers(self, calls: Sequence[ToolCall]) -> list[str]:
        """For each call what the model reads, as JSON, in their order; the tools work at the same time."""
        asked = [taken_apart(call) for call in calls]
        fresh = [call for call, _ in asked if self._is_fresh(call)]
        results = await asyncio.gather(*map(self._ask, fresh))
        by_call = {id(call): result for call, result in zip(fresh, results, strict=True)}
        return [await self._answer(call, tests, by_call.get(id(call))) for call, tests in asked]

    async def challenge(self, component: str) -> str:
        """Ask what the model did not: the accused and its rival through the same eyes. What came of it, as JSON."""
        self.challenged = True
        other = rebuttal.rival(component, self.hypotheses, self._brief.findings.suspects)
        calls = rebuttal.questions(component, other, self._box.tools)
        before = len(self.found)
        answers = await self.answers(calls)
        if any(self._answers.get(self._key(call)) for call in calls):
            self._tried.add(component.casefold())
        asked: list[JsonValue] = [{"asked": call.id, "answer": text} for call, text in zip(calls, answers, strict=True)]
        self._unweighed |= set(self.found[before:])
        return written(asked)

    def _is_fresh(self, call: ToolCall) -> bool:
        """Whether it goes to a tool: given to the model, well-formed, not asked before, and within the budget."""
        if call.name not in self._tools or call.malformed or self._key(call) in self._answers:
            return False
        if self._meter.take_tool_call():
            return False
        self._answers[self._key(call)] = ""
        return True

    def _key(self, call: ToolCall) -> str:
        """What is asked, with its defaults: written otherwise it is the same question."""
        try:
            arguments = self._tools[call.name].arguments.model_validate(call.arguments).model_dump(mode="json")
        except (KeyError, ValidationError):
            arguments = call.arguments
        return canonical([call.name, arguments])

    async def _ask(self, call: ToolCall) -> ToolResult:
        arguments = {name: self._means.shield.restore_json(value) for name, value in call.arguments.items()}
        with span(
            f"execute_tool {call.name}",
            gen_ai__operation__name="execute_tool",
            gen_ai__tool__name=call.name,
            gen_ai__tool__call__id=call.id,
            gen_ai__tool__type="function",
        ) as step:
            result = await self._called(call, arguments)
            if not result.ok:
                step.failed("tool_error")
        return result

    async def _called(self, call: ToolCall, arguments: dict[str, JsonValue]) -> ToolResult:
        try:
            async with asyncio.timeout(self._meter.left_to_ask().total_seconds()):
                return await self._box.call(call.name, arguments)
        except TimeoutError:
            text = f"{call.name} was not answered within the time of the incident"
            return ToolResult(ok=False, text=text, query=f"{call.name} {canonical(arguments)[:500]}")

    async def _answer(self, call: ToolCall, tests: Sequence[int], result: ToolResult | None) -> str:
        if result is not None:
            return await (self._keep(call, tests, result) if result.ok else self._fail(call, result))
        if call.name in _OURS and not call.malformed:
            return await self._own(call)
        if call.name not in self._tools and call.name not in _OURS:
            self.refused += 1
            return await self._fail(call, await self._box.call(call.name, {}))
        return self._decline(call)

    async def _own(self, call: ToolCall) -> str:
        try:
            match call.name:
                case ledger.NAME:
                    return self._record(ledger.Record.model_validate(call.arguments))
                case shelf.NAME:
                    return self._told(self._shelf.slice(shelf.Slice.model_validate(call.arguments)))
            return await self._take(form.Told.model_validate(call.arguments))
        except ValidationError as error:
            return written({"ok": False, "text": reasons(error)})

    async def _keep(self, call: ToolCall, tests: Sequence[int], result: ToolResult) -> str:
        """Store the result, so that it can be cited, and show the beginning of it."""
        kept = await self._shelf.keep(self._draft(call, result))
        self.found.append(kept.id)
        self._answers[self._key(call)] = kept.id
        self.entities.update(dict.fromkeys(result.entities))
        if self.leader is not None:
            self._unweighed.add(kept.id)
            if any(
                0 < number <= len(self.hypotheses) and self.hypotheses[number - 1] == self.leader for number in tests
            ):
                self._tried.add(self.leader.component.casefold())
        await self._tell(call, result, f"it became {kept.id}", kept.id, tests)
        text = shelf.shown(self._means.shield.abstract(result.text), kept.id)
        return written({"ok": True, "evidence": kept.id, "text": text})

    async def _fail(self, call: ToolCall, result: ToolResult) -> str:
        """A failure is told and not stored: it shows nothing."""
        await self._tell(call, result, "it failed" if call.name in self._tools else "there is no such tool")
        return self._told(result)

    def _told(self, result: ToolResult) -> str:
        return written({"ok": result.ok, "text": self._means.shield.abstract(result.text)})

    def _decline(self, call: ToolCall) -> str:
        """Why no tool was asked."""
        if call.malformed:
            return written({"ok": False, "text": "The arguments are not a JSON object."})
        if self._key(call) not in self._answers:
            return written({"ok": False, "text": self._meter.take_tool_call()})
        self.repeated += 1
        earlier = self._answers[self._key(call)]
        came = f"the answer is {earlier}" if earlier else "it failed"
        return written({"ok": bool(earlier), "text": f"You have asked exactly this before: {came}."})

    def _record(self, said: ledger.Record) -> str:
        self.hypotheses = ledger.recorded(said, self._shelf.ids, self._means.shield)
        if (leader := self.leader) and self._unweighed & {*leader.evidence_for, *leader.evidence_against}:
            self._tried.add(leader.component.casefold())
        cited = {id_ for one in said.hypotheses for id_ in (*one.evidence_for, *one.evidence_against)}
        told: dict[str, JsonValue] = {"ok": True, "recorded": len(self.hypotheses)}
        if unknown := sorted(cited - self._shelf.ids):
            told["unknown_ids"] = [short(id_, 40) for id_ in unknown[:10]]
        return written(told)

    async def _take(self, said: form.Told) -> str:
        """A cause that nothing has tried to refute is not taken yet: what could refute it is asked, once."""
        self.drafted = form.restored(said, self._means.shield)
        component = self.drafted.component
        if said.verdict == "cause" and self._tools and not self.challenged and not self.tried(component):
            found = await self.challenge(component)
            text = f"Not taken yet: nothing was asked that could refute it. This was asked for you: {found}"
            return written({"ok": False, "text": f"{text} Weigh it, then call {form.NAME} again."})
        self.given = True
        return written({"ok": True})

    def _draft(self, call: ToolCall, result: ToolResult) -> Evidence:
        kind = self._tools[call.name].kind
        return Evidence(
            id="",
            kind=EvidenceKind(kind) if kind in set(EvidenceKind) else EvidenceKind.PLATFORM,
            source=call.name,
            query=result.query,
            entity=result.entities[0] if len(result.entities) == 1 else "",
            starts_at=result.starts_at,
            ends_at=result.ends_at,
            summary=short("; ".join(result.text.splitlines()[:3])),
            content={"text": result.text, "data": result.data},
            trust=result.trust,
        )

    async def _tell(
        self, call: ToolCall, result: ToolResult, came: str, evidence: str = "", tests: Sequence[int] = ()
    ) -> None:
        name = short(call.name, 60)
        facts: dict[str, JsonValue] = {"tool": name, "query": short(result.query, 500), "ok": result.ok}
        if evidence:
            facts["evidence"] = evidence
        if tests:
            facts["tests"] = list(tests)
        text = f"The model asked {name}; {came}."
        await self._means.tell(
            Event(type=EventType.TOOL_CALLED, incident=self._brief.incident.id, text=text, facts=facts)
        )
