"""What was done in the world?  The real executor's far end, on loopback; its journal is what a checker believes."""

from agent.bootstrap.actions import executors_for
from agent.ports import Executor
from tests.farends.answers import Answer
from tests.farends.loopback import Asked, FarEnd

ENDPOINT = "shop-control"
TOKEN = "operator-token-for-tests"


class Hands(FarEnd):
    """Does what it is told once a key, and writes down all of it; tells of services and of what was done."""

    def executors(self) -> dict[str, Executor]:
        """Those of an installation that is configured for this place."""
        return executors_for(ENDPOINT, self.url, TOKEN)

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(401, {"error": "Who are you?"})
        match asked.method, *asked.path.split("/")[1:]:
            case "GET", "services", str(name):
                return Answer(200, {"service": name, "version": "1", "pid": 1, "replicas": 3})
            case "GET", "effects", str(key):
                return Answer(200 if self._knows(key) else 404, {"key": key})
            case "POST", "services", str(), str():
                return self._carry_out(asked)
        return Answer(404, {"error": f"There is no {asked.path}."})

    def _carry_out(self, asked: Asked) -> Answer:
        key = asked.headers.get("idempotency-key", "")
        if not self._knows(key):
            self.took_effect(key=key, method=asked.method, path=asked.path)
        return Answer(200, {"done": asked.path})

    def _knows(self, key: str) -> bool:
        return any(entry["key"] == key for entry in self.journal)
