"""How is a model's call answered? By a tool it was given, by the ledger, or by the reason why not."""

import asyncio
from collections.abc import Sequence

from pydantic import JsonValue, ValidationError

from agent.domain.base import canonical
from agent.domain.event import Event, EventType
from agent.domain.evidence import Evidence, EvidenceKind
from agent.domain.hypothesis import Hypothesis
from agent.graph.conversation.brief import Brief, short, written
from agent.graph.conversation.ledger import NAME, Record, RecordHypotheses, leading, recorded
from agent.graph.conversation.means import Means, Store
from agent.graph.conversation.meter import Meter
from agent.ports import ToolCall
from tools.base import Tool, ToolResult
from tools.wrap import Toolbox, reasons


class Desk:
    """Answers calls, stores what they give, and remembers what was asked."""

    def __init__(self, means: Means, brief: Brief, tools: Sequence[Tool], store: Store, meter: Meter) -> None:
        self._means = means
        self._incident = brief.incident.id
        self._box = Toolbox(tools)
        self._kinds = {tool.name: tool.kind for tool in tools}
        self._store = store
        self._meter = meter
        self._ids = {one.id for one in brief.evidence}
        self._answers: dict[str, str] = {}
        """What was asked -> the evidence it became; empty when it failed."""
        self.offered: tuple[Tool, ...] = (*self._box.tools, RecordHypotheses())
        self.hypotheses: tuple[Hypothesis, ...] = ()
        self.found: list[str] = []
        self.entities: dict[str, None] = {}
        self.tried_to_refute = False
        """Whether something was asked after there was a leading hypothesis."""
        self.repeated = 0
        self.refused = 0

    async def answers(self, calls: Sequence[ToolCall]) -> list[str]:
        """For each call what the model reads, as JSON, in their order; the tools work at the same time."""
        fresh = [call for call in calls if self._is_fresh(call)]
        results = await asyncio.gather(*map(self._ask, fresh))
        by_call = {id(call): result for call, result in zip(fresh, results, strict=True)}
        return [await self._answer(call, by_call.get(id(call))) for call in calls]

    def _is_fresh(self, call: ToolCall) -> bool:
        """Whether it goes to a tool: given to the model, well-formed, not asked before, and within the budget."""
        if call.name not in self._kinds or call.malformed or _key(call) in self._answers:
            return False
        if self._meter.take_tool_call():
            return False
        self._answers[_key(call)] = ""
        return True

    async def _ask(self, call: ToolCall) -> ToolResult:
        arguments = {name: self._means.shield.restore_json(value) for name, value in call.arguments.items()}
        try:
            async with asyncio.timeout(self._meter.left_to_ask().total_seconds()):
                return await self._box.call(call.name, arguments)
        except TimeoutError:
            text = f"{call.name} was not answered within the time of the incident"
            return ToolResult(ok=False, text=text, query=f"{call.name} {canonical(arguments)[:500]}")

    async def _answer(self, call: ToolCall, result: ToolResult | None) -> str:
        if result is not None:
            return await (self._keep(call, result) if result.ok else self._fail(call, result))
        if call.name == NAME and not call.malformed:
            return self._record(call)
        if call.name not in self._kinds and call.name != NAME:
            self.refused += 1
            return await self._fail(call, await self._box.call(call.name, {}))
        return self._decline(call)

    async def _keep(self, call: ToolCall, result: ToolResult) -> str:
        """Store the result, so that it can be cited."""
        kept = await self._store(self._draft(call, result))
        self._ids.add(kept.id)
        self.found.append(kept.id)
        self._answers[_key(call)] = kept.id
        self.entities.update(dict.fromkeys(result.entities))
        self.tried_to_refute = self.tried_to_refute or leading(self.hypotheses) is not None
        await self._tell(call, result, f"it became {kept.id}", kept.id)
        return written({"ok": True, "evidence": kept.id, "text": self._means.shield.abstract(result.text)})

    async def _fail(self, call: ToolCall, result: ToolResult) -> str:
        """A failure is told and not stored: it shows nothing."""
        await self._tell(call, result, "it failed" if call.name in self._kinds else "there is no such tool")
        return written({"ok": False, "text": self._means.shield.abstract(result.text)})

    def _decline(self, call: ToolCall) -> str:
        """Why no tool was asked."""
        if call.malformed:
            return written({"ok": False, "text": "The arguments are not a JSON object."})
        if _key(call) not in self._answers:
            return written({"ok": False, "text": self._meter.take_tool_call()})
        self.repeated += 1
        earlier = self._answers[_key(call)]
        came = f"the answer is {earlier}" if earlier else "it failed"
        return written({"ok": bool(earlier), "text": f"You have asked exactly this before: {came}."})

    def _record(self, call: ToolCall) -> str:
        try:
            said = Record.model_validate(call.arguments)
        except ValidationError as error:
            return written({"ok": False, "text": reasons(error)})
        self.hypotheses = recorded(said, self._ids, self._means.shield)
        cited = {id_ for one in said.hypotheses for id_ in (*one.evidence_for, *one.evidence_against)}
        told: dict[str, JsonValue] = {"ok": True, "recorded": len(self.hypotheses)}
        if unknown := sorted(cited - self._ids):
            told["unknown_ids"] = [short(id_, 40) for id_ in unknown[:10]]
        return written(told)

    def _draft(self, call: ToolCall, result: ToolResult) -> Evidence:
        kind = self._kinds[call.name]
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

    async def _tell(self, call: ToolCall, result: ToolResult, came: str, evidence: str = "") -> None:
        name = short(call.name, 60)
        facts: dict[str, JsonValue] = {"tool": name, "query": short(result.query, 500), "ok": result.ok}
        if evidence:
            facts["evidence"] = evidence
        text = f"The model asked {name}; {came}."
        await self._means.tell(Event(type=EventType.TOOL_CALLED, incident=self._incident, text=text, facts=facts))


def _key(call: ToolCall) -> str:
    return canonical([call.name, call.arguments])
