"""Which words of an incident are remembered, and which are turned into a vector?"""

import re
import unicodedata
from collections.abc import Callable, Sequence

from agent.domain.hypothesis import Fault
from agent.ports import Lesson

OUTCOMES = ("recovered", "not_recovered", "no_action")
_NAME = 100
_SENTENCE = 600
_NAMES = 20


def of_lesson(lesson: Lesson) -> str:
    """Title, alert names and cause: of the combinations tried, this one found paraphrases best."""
    return _joined(lesson.title, *lesson.alert_names, lesson.cause)


def of_alert(title: str, alert_names: Sequence[str], symptom: str) -> str:
    return _joined(title, *alert_names, symptom)


def cleaned(lesson: Lesson, redact: Callable[[str], str]) -> Lesson:
    """What may be remembered of it: visible text on one line, redacted, capped; closed sets where there are some.

    Who sent an alert or wrote a ticket chose some of these words, so nothing invisible or endless gets through.
    """
    return lesson.model_copy(
        update={
            "title": redact(visible(lesson.title))[:_SENTENCE],
            "service": visible(lesson.service)[:_NAME],
            "alert_names": tuple(visible(name)[:_NAME] for name in lesson.alert_names[:_NAMES]),
            "symptom": visible(lesson.symptom)[:_NAME],
            "component": visible(lesson.component)[:_NAME],
            "fault": lesson.fault if lesson.fault in set(Fault) else Fault.UNKNOWN.value,
            "cause": redact(visible(lesson.cause))[:_SENTENCE],
            "remedy": redact(visible(lesson.remedy))[:_SENTENCE],
            "outcome": lesson.outcome if lesson.outcome in OUTCOMES else "no_action",
            "confirmed_by": visible(lesson.confirmed_by)[:_NAME],
            "signs": tuple(visible(sign)[:_NAME] for sign in lesson.signs[:_NAMES]),
        }
    )


def visible(text: str) -> str:
    """Without control, formatting (bidirectional, zero-width), private and surrogate characters; blanks single."""
    kept = (" " if char.isspace() else char for char in unicodedata.normalize("NFKC", text))
    return " ".join("".join(c for c in kept if not unicodedata.category(c).startswith("C")).split())


def _joined(*parts: str) -> str:
    return ". ".join(words for part in parts if (words := _words(part)))


def _words(text: str) -> str:
    """`HighErrorRate`, `high_error_rate` and `high-error-rate` are the same three words to a reader."""
    return " ".join(re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\-]", " ", visible(text)).split()).rstrip(".")
