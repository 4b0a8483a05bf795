"""What does Jira say to its REST API, version 2? A strict one: what real Jira refuses, this refuses.

Its search sees a ticket only `index_lag` seconds after it was written, as real Jira's index does. `deployment`
"Cloud" answers searches at `/search/jql` alone, with nothing but ids unless fields are asked for.
"""

import base64
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from tests.farends.answers import Answer
from tests.farends.loopback import Asked, FarEnd

USER = "agent@example.com"
TOKEN = "jira-token-for-tests"
PROJECTS = ("OPS", "WEB")
ISSUE_TYPES = ("Task", "Bug", "Incident")
STATUSES = ("To Do", "In Progress", "Done")
WAYS = {"11": ("Start", "In Progress"), "21": ("Resolve", "Done"), "31": ("Reopen", "To Do")}
"""Transition id -> its name and where it leads; the one to where a ticket is already is not on offer."""
SETTABLE = {"project", "issuetype", "summary", "description", "labels", "priority"}


@dataclass
class Issue:
    id: int
    key: str
    fields: dict[str, Any]
    written: float
    status: str = "To Do"
    comments: list[dict[str, Any]] = field(default_factory=list)


class JiraFarEnd(FarEnd):
    def __init__(
        self,
        *,
        deployment: Literal["Server", "Cloud"] = "Server",
        index_lag: float = 0,
        clock: Callable[[], float] = time.monotonic,
        record: Path | None = None,
    ) -> None:
        super().__init__(record=record)
        self.deployment = deployment
        self.index_lag = index_lag
        self.read_only = False
        self.issues: list[Issue] = []
        self._clock = clock

    def answer(self, asked: Asked) -> Answer:
        if not _authenticated(asked):
            return _errors(401, "You do not have the permission to see the specified issue.")
        if not asked.path.startswith("/rest/api/2/"):
            return Answer(404, "null for uri")
        match (asked.method, asked.path.removeprefix("/rest/api/2/").split("/")):
            case "POST", ["issue"]:
                return self._create(asked.json()["fields"])
            case _, ["issue", key, *rest]:
                found = next((issue for issue in self.issues if issue.key == key), None)
                return self._about(found, asked, rest) if found else _errors(404, "Issue Does Not Exist")
            case "GET", rest:
                return self._read(asked, rest)
        return Answer(405, "")

    def _read(self, asked: Asked, rest: list[str]) -> Answer:
        match self.deployment, rest:
            case _, ["serverInfo"]:
                return Answer(200, {"versionNumbers": [9, 12, 0], "deploymentType": self.deployment})
            case _, ["field"]:
                return Answer(200, [{"id": name, "name": name, "clauseNames": [name]} for name in sorted(SETTABLE)])
            case ("Server", ["search"]) | ("Cloud", ["search", "jql"]):
                return self._search(asked)
            case "Cloud", ["search"]:
                return _errors(410, "The requested API has been removed. Please migrate to /rest/api/3/search/jql.")
        return Answer(404, "null for uri")

    def seed(
        self, summary: str, description: str = "", labels: list[str] | None = None, status: str = "To Do"
    ) -> Issue:
        """A ticket that people wrote long ago: in the index, and no effect of ours."""
        fields = {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": summary}
        issue = self._written({**fields, "description": description, "labels": labels or []}, at=float("-inf"))
        issue.status = status
        return issue

    def _create(self, fields: dict[str, Any]) -> Answer:
        errors = _invalid(fields)
        if self.read_only:
            errors = {"project": "You cannot create issues in this project."}
        if errors:
            return Answer(400, {"errorMessages": [], "errors": errors})
        issue = self._written(fields, at=self._clock())
        self.took_effect(effect="create", key=issue.key, labels=fields.get("labels", []), summary=fields["summary"])
        return Answer(201, {"id": str(issue.id), "key": issue.key, "self": f"{self.url}/rest/api/2/issue/{issue.id}"})

    def _written(self, fields: dict[str, Any], at: float) -> Issue:
        project = fields["project"]["key"]
        number = 1 + sum(issue.key.startswith(f"{project}-") for issue in self.issues)
        issue = Issue(id=10_000 + len(self.issues), key=f"{project}-{number}", fields=fields, written=at)
        self.issues.append(issue)
        return issue

    def _about(self, issue: Issue, asked: Asked, rest: list[str]) -> Answer:
        match asked.method, rest:
            case "GET", []:
                return Answer(200, _shown(issue, None))
            case "GET", ["comment"]:
                newest_first = asked.one("orderBy") == "-created"
                comments = issue.comments[::-1] if newest_first else issue.comments
                return Answer(200, {"comments": comments[: int(asked.one("maxResults", "50"))], "total": len(comments)})
            case "POST", ["comment"]:
                return self._comment(issue, asked.json().get("body", ""))
            case "GET", ["transitions"]:
                return Answer(200, {"transitions": [_way(id_) for id_ in WAYS if WAYS[id_][1] != issue.status]})
            case "POST", ["transitions"]:
                return self._move(issue, str(asked.json()["transition"]["id"]))
        return Answer(405, "")

    def _comment(self, issue: Issue, body: str) -> Answer:
        if not body:
            return Answer(400, {"errorMessages": [], "errors": {"comment": "Comment body can not be empty!"}})
        if len(body) > 32_767:
            return Answer(400, {"errorMessages": [], "errors": {"comment": "The entered text is too long."}})
        comment = {"id": str(len(issue.comments) + 1), "body": body, "created": _now()}
        issue.comments.append(comment)
        self.took_effect(effect="comment", key=issue.key, body=body)
        return Answer(201, comment)

    def _move(self, issue: Issue, way: str) -> Answer:
        if way not in WAYS or WAYS[way][1] == issue.status:
            return _errors(
                400, f"It seems that you have tried to perform a workflow operation ({way}) that is not valid."
            )
        issue.status = WAYS[way][1]
        self.took_effect(effect="transition", key=issue.key, to=issue.status)
        return Answer(204)

    def _search(self, asked: Asked) -> Answer:
        try:
            matches, newest_first = _parsed(asked.one("jql"))
        except _BadJql as error:
            return _errors(400, f"Error in the JQL Query: {error}")
        seen = [issue for issue in self.issues if issue.written + self.index_lag <= self._clock()]
        found = [issue for issue in seen if matches(issue)]
        found = (found[::-1] if newest_first else found)[: int(asked.one("maxResults", "50"))]
        wanted = [name for names in asked.query.get("fields", ()) for name in names.split(",")]
        if self.deployment == "Cloud" and not wanted:
            return Answer(200, {"issues": [{"id": str(issue.id)} for issue in found], "isLast": True})
        return Answer(200, {"issues": [_shown(issue, wanted or None) for issue in found], "total": len(found)})


class _BadJql(Exception):
    """What real Jira answers with a 400."""


_TOKEN = re.compile(r'\s*(?:"((?:\\.|[^"\\])*)"|\'((?:\\.|[^\'\\])*)\'|([A-Za-z][\w.]*)|(!=|!~|=|~|\(|\)|,))')
_TEXT_OPERATORS = re.compile(r'[+\-&|!(){}\[\]^~*?\\:"]')
_Matches = Callable[[Issue], bool]


def _parsed(jql: str) -> tuple[_Matches, bool]:
    """(which issues match, whether the newest come first) of `clause (AND|OR clause)* [ORDER BY field [ASC|DESC]]`."""
    reader = _Reader(jql)
    matches = reader.either()
    newest_first = reader.order()
    if reader.here is not None:
        raise _BadJql(f"Expecting either 'OR' or 'AND' but got '{reader.here[1]}'.")
    return matches, newest_first


class _Reader:
    def __init__(self, jql: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        place = 0
        while place < len(jql.rstrip()):
            found = _TOKEN.match(jql, place)
            if not found:
                raise _BadJql(f"The character '{jql[place:].lstrip()[:1]}' is a reserved JQL character.")
            place = found.end()
            double, single, word, sign = found.groups()
            text = double if double is not None else single
            token = (
                ("text", re.sub(r"\\(.)", r"\1", text))
                if text is not None
                else ("word", word)
                if word
                else ("sign", sign)
            )
            self._tokens.append(token)

    @property
    def here(self) -> tuple[str, str] | None:
        return self._tokens[0] if self._tokens else None

    def either(self) -> _Matches:
        choices = [self._both()]
        while self._take("OR"):
            choices.append(self._both())
        return lambda issue: any(choice(issue) for choice in choices)

    def order(self) -> bool:
        if not self._take("ORDER"):
            return False
        if not self._take("BY"):
            raise _BadJql("Expecting 'BY'.")
        kind, name = self._next("a field")
        if kind != "word" or name not in {"created", "updated", "key"}:
            raise _BadJql(f"Not able to sort using field '{name}'.")
        return self._take("DESC") or (self._take("ASC") and False)

    def _both(self) -> _Matches:
        parts = [self._clause()]
        while self._take("AND"):
            parts.append(self._clause())
        return lambda issue: all(part(issue) for part in parts)

    def _clause(self) -> _Matches:
        if self._take("("):
            inner = self.either()
            if not self._take(")"):
                raise _BadJql("Expecting ')' before the end of the query.")
            return inner
        kind, name = self._next("a field")
        if kind == "sign":
            raise _BadJql(f"Expecting a field name but got '{name}'.")
        _, sign = self._next("an operator")
        value_kind, value = self._next("a value")
        if value_kind == "sign":
            raise _BadJql(f"Expecting a value but got '{value}'.")
        return _test(name, sign, value)

    def _take(self, word: str) -> bool:
        if self.here is None or self.here[0] == "text" or self.here[1].upper() != word:
            return False
        del self._tokens[0]
        return True

    def _next(self, wanted: str) -> tuple[str, str]:
        if not self._tokens:
            raise _BadJql(f"Expecting {wanted} before the end of the query.")
        return self._tokens.pop(0)


def _test(name: str, sign: str, value: str) -> _Matches:
    match name.lower(), sign:
        case "project", "=":
            if value not in PROJECTS:
                raise _BadJql(f"The value '{value}' does not exist for the field 'project'.")
            return lambda issue: issue.key.startswith(f"{value}-")
        case "labels", "=":
            return lambda issue: value in issue.fields.get("labels", [])
        case "status", "=":
            if value not in STATUSES:
                raise _BadJql(f"The value '{value}' does not exist for the field 'status'.")
            return lambda issue: issue.status == value
        case "text", "~":
            if _TEXT_OPERATORS.search(value) or not value.strip():
                raise _BadJql(f"The text query '{value}' for field 'text' is not valid.")
            return lambda issue: set(value.lower().split()) <= _words(issue)
        case (("project" | "labels" | "status" | "text"), _):
            raise _BadJql(f"The operator '{sign}' is not supported by the '{name}' field.")
    raise _BadJql(f"Field '{name}' does not exist or you do not have permission to view it.")


def _words(issue: Issue) -> set[str]:
    texts = [issue.fields["summary"], issue.fields.get("description") or "", *(one["body"] for one in issue.comments)]
    return set(re.findall(r"[^\W_]+", " ".join(texts).lower()))


def _authenticated(asked: Asked) -> bool:
    basic = base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()
    return asked.headers.get("authorization", "") in {f"Basic {basic}", f"Bearer {TOKEN}"}


def _invalid(fields: dict[str, Any]) -> dict[str, str]:
    summary, labels = fields.get("summary", ""), fields.get("labels", [])
    checks = {
        "project": fields.get("project", {}).get("key") in PROJECTS or "valid project is required",
        "issuetype": fields.get("issuetype", {}).get("name") in ISSUE_TYPES or "Specify a valid issue type",
        "summary": (bool(summary) and len(summary) <= 255 and "\n" not in summary)
        or "Summary must be 1 to 255 characters.",
        "description": len(fields.get("description") or "") <= 32_767 or "The entered text is too long.",
        "labels": all(" " not in one and len(one) <= 255 for one in labels)
        or "A label contains spaces which is invalid.",
        **dict.fromkeys(fields.keys() - SETTABLE, "Field cannot be set: it is unknown here."),
    }
    return {name: problem for name, problem in checks.items() if isinstance(problem, str)}


def _shown(issue: Issue, wanted: list[str] | None) -> dict[str, Any]:
    fields = {
        **issue.fields,
        "status": {"name": issue.status},
        "resolution": {"name": "Done"} if issue.status == "Done" else None,
        "created": "2026-11-20T10:00:00.000+0000",
        "updated": "2026-11-21T10:00:00.000+0000",
        "comment": {"comments": issue.comments},
    }
    shown = fields if wanted is None else {name: value for name, value in fields.items() if name in wanted}
    return {"id": str(issue.id), "key": issue.key, "fields": shown}


def _way(id_: str) -> dict[str, Any]:
    return {"id": id_, "name": WAYS[id_][0], "to": {"name": WAYS[id_][1]}}


def _errors(status: int, message: str) -> Answer:
    return Answer(status, {"errorMessages": [message], "errors": {}})


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
