"""What can be asked of the supervisor over HTTP: by an operator (healing, once a key) and by the lab (breaking)?"""

import hmac
import json
from collections.abc import Awaitable, Callable

from aiohttp import web
from pydantic import BaseModel, JsonValue, ValidationError

from evals.lab.shop.changes import ChangeKind
from evals.lab.shop.effects import Effect, EffectJournal, received
from evals.lab.shop.layout import Layout
from evals.lab.shop.load import Traffic
from evals.lab.shop.supervisor import CannotDo, Fault, ServiceState, Supervisor

OPERATOR = "operator"

Act = Callable[[web.Request, JsonValue], Awaitable[ServiceState]]


class FlagBody(BaseModel):
    enabled: bool


class PoolBody(BaseModel):
    size: int


class FaultBody(BaseModel):
    fault: Fault
    author: str = ""


class ChangeBody(BaseModel):
    kind: ChangeKind
    summary: str = ""
    author: str = ""


class TrafficBody(BaseModel):
    factor: float


class JobBody(BaseModel):
    seconds: float


def _answer(status: int, body: JsonValue, **headers: str) -> web.Response:
    return web.json_response(body, status=status, headers=headers)


class Control:
    """The control port. The operator's token heals; only the lab's token can break."""

    def __init__(self, layout: Layout, supervisor: Supervisor, journal: EffectJournal, traffic: Traffic) -> None:
        self._layout = layout
        self._supervisor = supervisor
        self._journal = journal
        self._traffic = traffic

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/services/{service}", self._state)
        app.router.add_get("/effects/{key}", self._effect)
        app.router.add_post("/services/{service}/restart", self._once(self._restart))
        app.router.add_post("/services/{service}/rollback", self._once(self._rollback))
        app.router.add_post("/services/{service}/flags/{flag}", self._once(self._flag))
        app.router.add_post("/services/{service}/pool", self._once(self._pool))
        app.router.add_post("/lab/services/{service}/fault", self._fault)
        app.router.add_post("/lab/services/{service}/change", self._change)
        app.router.add_post("/lab/services/{service}/job", self._job)
        app.router.add_post("/lab/traffic", self._set_traffic)
        app.router.add_get("/lab/changes", self._changes)
        return app

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        wanted = self._layout.lab_token if request.path.startswith("/lab/") else self._layout.operator_token
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {wanted}".encode()):
            return _answer(401, {"error": "Send `Authorization: Bearer <token>`."})
        try:
            return await handler(request)
        except CannotDo as error:
            return _answer(404, {"error": str(error)})
        except (ValidationError, json.JSONDecodeError) as error:
            return _answer(422, {"error": f"The body cannot be used: {error}"})

    def _once(self, act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Carry it out once per Idempotency-Key; the same key again gets the first answer."""

        async def serve(request: web.Request) -> web.Response:
            key = request.headers.get("Idempotency-Key", "")
            if not key:
                return _answer(400, {"error": "Send an `Idempotency-Key` header."})
            asked = received(key, request.method, request.path, await _body(request))
            async with self._journal.lock(key):
                known = self._journal.get(key)
                if known is not None:
                    return _replayed(known, asked)
                return await self._carry_out(act, request, asked)

        return serve

    async def _carry_out(self, act: Act, request: web.Request, asked: Effect) -> web.Response:
        self._journal.append(asked)
        try:
            state = await act(request, asked.body)
            status, answer = 200, state.model_dump(mode="json")
        except CannotDo as error:
            status, answer = 404, {"error": str(error)}
        except ValidationError as error:
            status, answer = 422, {"error": f"The body cannot be used: {error.errors()[0]['msg']}"}
        self._journal.append(asked.model_copy(update={"status": status, "answer": answer}))
        return _answer(status, answer)

    async def _restart(self, request: web.Request, _: JsonValue) -> ServiceState:
        return await self._supervisor.restart(request.match_info["service"])

    async def _rollback(self, request: web.Request, _: JsonValue) -> ServiceState:
        return await self._supervisor.roll_back(request.match_info["service"], OPERATOR)

    async def _flag(self, request: web.Request, body: JsonValue) -> ServiceState:
        enabled = FlagBody.model_validate(body).enabled
        service, flag = request.match_info["service"], request.match_info["flag"]
        return await self._supervisor.set_flag(service, flag, enabled, OPERATOR)

    async def _pool(self, request: web.Request, body: JsonValue) -> ServiceState:
        size = PoolBody.model_validate(body).size
        return await self._supervisor.resize_pool(request.match_info["service"], size)

    async def _state(self, request: web.Request) -> web.Response:
        return _answer(200, self._supervisor.state(request.match_info["service"]).model_dump(mode="json"))

    async def _effect(self, request: web.Request) -> web.Response:
        effect = self._journal.get(request.match_info["key"])
        if effect is None:
            return _answer(404, {"error": "No effect with this key was received."})
        return _answer(200, effect.model_dump(mode="json"))

    async def _fault(self, request: web.Request) -> web.Response:
        body = FaultBody.model_validate(await _body(request))
        service = request.match_info["service"]
        await self._supervisor.break_it(service, body.fault, body.author)
        return _answer(200, self._supervisor.state(service).model_dump(mode="json"))

    async def _change(self, request: web.Request) -> web.Response:
        body = ChangeBody.model_validate(await _body(request))
        await self._supervisor.innocent_change(request.match_info["service"], body.kind, body.summary, body.author)
        return _answer(200, {})

    async def _job(self, request: web.Request) -> web.Response:
        seconds = JobBody.model_validate(await _body(request)).seconds
        await self._supervisor.rebuild_index(request.match_info["service"], seconds)
        return _answer(200, {})

    async def _set_traffic(self, request: web.Request) -> web.Response:
        self._traffic.factor = TrafficBody.model_validate(await _body(request)).factor
        return _answer(200, {"factor": self._traffic.factor})

    async def _changes(self, _: web.Request) -> web.Response:
        return _answer(200, [change.model_dump(mode="json") for change in self._supervisor.changes()])


async def _body(request: web.Request) -> JsonValue:
    text = await request.text()
    body: JsonValue = json.loads(text) if text else None
    return body


def _replayed(known: Effect, asked: Effect) -> web.Response:
    if not known.asks_the_same(asked):
        return _answer(422, {"error": "This Idempotency-Key was used for something else."})
    if known.status is None:
        return _answer(409, {"error": "This effect was received and never answered; read its state back."})
    return _answer(known.status, known.answer, **{"Idempotent-Replayed": "true"})
