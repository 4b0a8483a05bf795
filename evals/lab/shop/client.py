"""What can be asked of a running shop, from the outside: as an operator, and as the lab?"""

from typing import Any

import httpx2
from pydantic import JsonValue

from evals.lab.shop.changes import Change, ChangeKind
from evals.lab.shop.effects import Effect
from evals.lab.shop.layout import Layout
from evals.lab.shop.supervisor import Fault, ServiceState
from evals.lab.shop.topology import SERVICES

DEADLINE_S = 20.0
"""A restart answers when the new process serves."""


class Refused(Exception):
    """The control port refused the request."""

    def __init__(self, path: str, status: int, text: str) -> None:
        super().__init__(f"{path}: {status} {text}")
        self.status = status


class ControlClient:
    """The shop's control port over HTTP. Every method raises Refused, with the status, when the answer is not 200."""

    def __init__(self, layout: Layout) -> None:
        self._client = httpx2.Client(base_url=layout.control_url, timeout=DEADLINE_S)
        self._operator = {"Authorization": f"Bearer {layout.operator_token}"}
        self._lab = {"Authorization": f"Bearer {layout.lab_token}"}

    def answers(self) -> bool:
        try:
            self.state(SERVICES[0])
        except httpx2.TransportError:
            return False
        return True

    def state(self, service: str) -> ServiceState:
        return ServiceState.model_validate(_body(self._client.get(f"/services/{service}", headers=self._operator)))

    def heal(self, path: str, body: JsonValue, key: str) -> ServiceState:
        """An operator's call (`/services/cart/restart`), carried out once a key."""
        headers = {**self._operator, "Idempotency-Key": key}
        return ServiceState.model_validate(_body(self._client.post(path, json=body, headers=headers)))

    def effect(self, key: str) -> Effect | None:
        """What the control port's own journal says of the key."""
        answer = self._client.get(f"/effects/{key}", headers=self._operator)
        return None if answer.status_code == 404 else Effect.model_validate(_body(answer))

    def changes(self) -> list[Change]:
        answer = self._client.get("/lab/changes", headers=self._lab)
        return [Change.model_validate(change) for change in _body(answer)]

    def break_it(self, service: str, fault: Fault, author: str = "") -> None:
        """Switch the fault on."""
        self._post(f"/lab/services/{service}/fault", {"fault": fault, "author": author})

    def change(self, service: str, kind: ChangeKind, summary: str = "", author: str = "") -> None:
        """A change that does no harm; a `deploy` is the next patch release."""
        self._post(f"/lab/services/{service}/change", {"kind": kind, "summary": summary, "author": author})

    def run_job(self, service: str, seconds: float) -> None:
        """A harmless batch job that burns a core."""
        self._post(f"/lab/services/{service}/job", {"seconds": seconds})

    def set_traffic(self, factor: float) -> None:
        """1 is the usual traffic."""
        self._post("/lab/traffic", {"factor": factor})

    def close(self) -> None:
        self._client.close()

    def _post(self, path: str, body: JsonValue) -> None:
        _body(self._client.post(path, json=body, headers=self._lab))


def _body(response: httpx2.Response) -> Any:
    if response.status_code != 200:
        raise Refused(response.request.url.path, response.status_code, response.text)
    return response.json()
