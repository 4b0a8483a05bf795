"""Does text of others stay text on every page, in whatever field it stands?"""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest
from pydantic import BaseModel, ValidationError

from agent.bootstrap import Application
from agent.domain.approval import Approval
from agent.domain.event import EventType, Recorded
from agent.domain.hypothesis import Hypothesis
from agent.entrypoints.dashboard import one_time_code
from agent.entrypoints.web import create_app
from agent.identity.roles import Caller
from agent.ports import Lesson
from agent.views import Front, IncidentView, Load, Noise, Sought, Views
from tests.e2e.line import line

HOSTILE = "'\"></title></pre><script>hacked()</script><img src=x onerror=hacked()>[a](javascript:hacked())\u202e`|*<b>"
TAGS = re.compile(
    "a|article|aside|body|button|code|dd|details|div|dl|dt|fieldset|figure|footer|form|g|h[1-4]|head|header|html|img|"
    "input|label|legend|li|link|main|meta|meter|nav|noscript|ol|option|p|path|picture|pre|rect|script|section|select|"
    "small|source|span|strong|summary|svg|table|tbody|td|text|textarea|th|thead|time|title|tr|ul"
)
ADDRESSES = re.compile(r"(/|#|\?|https?://).*|data:,", re.DOTALL)
ANN = Caller(name="ann", kind="person", scopes=frozenset({"read"}))
Made = TypeVar("Made", bound=BaseModel)


class Tags(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if not TAGS.fullmatch(tag) or (tag == "script" and not re.fullmatch(r"/static/.*", given.get("src") or "")):
            self.wrong.append(f"<{tag} {given}>")
        self.wrong += [f"{name}={value!r}" for name, value in attrs if name.startswith("on") or name == "style"]
        addresses = [given[name] for name in ("href", "src", "srcset", "action") if given.get(name)]
        self.wrong += [f"{tag}: {one!r}" for one in addresses if not ADDRESSES.fullmatch(one or "")]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


class HostileViews(Views):
    """The record as it would be if whoever wrote into it had chosen every word."""

    async def incident(self, id_: str) -> IncidentView:
        seen = await super().incident(id_)
        guess = Hypothesis(claim="x", component="x", status="open", evidence_for=("e1",), evidence_against=("e2",))
        runs = [
            run.model_copy(update={"diagnosis": run.diagnosis.model_copy(update={"hypotheses": (guess,)})})
            for run in seen.runs
            if run.diagnosis
        ]
        return hostile(seen.model_copy(update={"runs": tuple(runs)}))

    async def front(self, sought: Sought) -> Front:
        return hostile(await super().front(sought))

    async def approvals(self, status: str = "") -> list[Approval]:
        return [hostile(one) for one in await super().approvals(status)]

    async def latest(self, *args: Any, **kwargs: Any) -> list[Recorded]:
        return [hostile(one) for one in await super().latest(*args, **kwargs)]

    async def lessons(self, text: str = "") -> list[Lesson]:
        lesson = Lesson(
            incident="x", title="x", service="x", alert_names=("x",), symptom="x", component="x", fault="x", cause="x",
            remedy="x", outcome="x", confirmed_by="x", closed_at=datetime.fromisoformat("2026-01-01T00:00:00Z"),
        )  # fmt: skip
        return [hostile(lesson)]

    async def noise(self, since: datetime) -> Noise:
        return hostile(await super().noise(since))

    async def load(self) -> Load:
        return hostile(await super().load())


def hostile(made: Made) -> Made:
    """The same with hostile words in every field that takes them."""
    said = _replaced(made.model_dump(mode="json"))
    while True:
        try:
            return type(made).model_validate(said)
        except ValidationError as error:
            # A union complains about each of its members; only those that were given count.
            for one in (wrong for wrong in error.errors() if wrong["type"] not in {"missing", "extra_forbidden"}):
                _restore(said, made.model_dump(mode="json"), [part for part in one["loc"] if not _is_a_kind(part)])


def _replaced(value: Any) -> Any:
    match value:
        case str():
            return HOSTILE
        case list():
            return [_replaced(one) for one in value]
        case dict():
            return {name: _replaced(one) for name, one in value.items()}
        case _:
            return value


def _is_a_kind(part: int | str) -> bool:
    """The name of one member of a union stands in a path, too, and is no field."""
    return isinstance(part, str) and part[:1].isupper()


def _restore(said: Any, original: Any, path: Sequence[int | str]) -> None:
    for part in path[:-1]:
        said, original = said[part], original[part]
    said[path[-1]] = original[path[-1]]


@asynccontextmanager
async def _browser(application: Application) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(create_app(application), client=("127.0.0.1", 4711))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost:8080") as browser:
        assert (await browser.get(f"/enter/{one_time_code(application)}")).status_code == 200
        yield browser


@pytest.mark.attack("S55", "S18")
async def test_hostile_words_in_every_field_stay_words_on_every_page(tmp_path: Path) -> None:
    async with line(tmp_path, policy="{autonomy: approve, approval_valid: 7200}") as running:
        application, record = running.application, running.application.record
        await running.post_alert()
        incident = (await running.until(EventType.APPROVAL_REQUESTED)).event.incident
        views = HostileViews(record.database, application.clock)
        async with _browser(replace(application, views=views)) as browser:
            for path in (
                "/",
                f"/incidents/{incident}",
                f"/incidents/{incident}/alerts",
                "/approvals",
                "/memory",
                "/noise",
                "/audit",
            ):
                answer = await browser.get(path)
                page = Tags()
                page.feed(answer.text)
                assert (path, answer.status_code, page.wrong) == (path, 200, [])
                assert "\u202e" not in answer.text
                assert "hacked()" in "".join(page.text)


@pytest.mark.attack("S55")
async def test_a_hostile_report_or_question_is_text_as_a_page_and_a_download_nobody_renders(tmp_path: Path) -> None:
    async with line(tmp_path, policy="{autonomy: observe}") as running:
        application, incidents = running.application, running.application.record.incidents
        await running.post_alert()
        told = await running.until(EventType.REPORTED)
        incident = str(told.event.incident)
        await incidents.save_report(incident, f"{incident}.9", f"# {HOSTILE}\n\n- {HOSTILE}\n")
        async with _browser(application) as browser:
            answer = await browser.get(f"/incidents/{incident}/report")
            page = Tags()
            page.feed(answer.text)
            assert (answer.status_code, page.wrong) == (200, [])
            assert "[a](javascript:hacked())" in "".join(page.text)
            found = re.search(r'name="csrf" value="([^"]+)"', answer.text)
            assert found is not None
            said = {"csrf": found[1], "question": HOSTILE}
            asked = await browser.post(f"/incidents/{incident}/ask", data=said)
            page = Tags()
            page.feed(asked.text)
            assert (asked.status_code, page.wrong, "hacked()" in "".join(page.text)) == (200, [], True)
            raw = await browser.get(f"/incidents/{incident}/report.md")
            assert raw.headers["content-disposition"].startswith("attachment; ")
            assert raw.headers["x-content-type-options"] == "nosniff"


@pytest.mark.attack("S55")
async def test_a_silence_with_hostile_words_is_shown_as_it_is(tmp_path: Path) -> None:
    async with line(tmp_path) as running, _browser(running.application) as browser:
        found = re.search(r'name="csrf" value="([^"]+)"', (await browser.get("/silences")).text)
        assert found is not None
        said = {"csrf": found[1], "label-0": HOSTILE[:50], "operator-0": "=", "value-0": HOSTILE, "minutes": "60"}
        assert (await browser.post("/silences", data={**said, "comment": HOSTILE})).status_code == 303
        page = Tags()
        answer = await browser.get("/silences")
        page.feed(answer.text)
        assert (page.wrong, "hacked()" in "".join(page.text)) == ([], True)
        listed = await running.application.service.silencing.active(ANN)
        assert [one.ends_at - one.starts_at for one in listed] == [timedelta(hours=1)]
