"""Which words of an incident are remembered, and which are turned into a vector?"""

import re
from collections.abc import Callable, Sequence

from agent.domain.hypothesis import Fault
from agent.policy.characters import plain
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
            "title": redact(plain_line(lesson.title))[:_SENTENCE],
            "service": plain_line(lesson.service)[:_NAME],
            "alert_names": tuple(plain_line(name)[:_NAME] for name in lesson.alert_names[:_NAMES]),
            "symptom": plain_line(lesson.symptom)[:_NAME],
            "component": plain_line(lesson.component)[:_NAME],
            "fault": lesson.fault if lesson.fault in set(Fault) else Fault.UNKNOWN.value,
            "cause": redact(plain_line(lesson.cause))[:_SENTENCE],
            "remedy": redact(plain_line(lesson.remedy))[:_SENTENCE],
            "outcome": lesson.outcome if lesson.outcome in OUTCOMES else "no_action",
            "confirmed_by": plain_line(lesson.confirmed_by)[:_NAME],
            "signs": tuple(plain_line(sign)[:_NAME] for sign in lesson.signs[:_NAMES]),
        }
    )


def plain_line(text: str) -> str:
    """As one writes it on a keyboard (`plain`), with single blanks."""
    return " ".join(plain(text).split())


def _joined(*parts: str) -> str:
    return ". ".join(words for part in parts if (words := _words(part)))


def _words(text: str) -> str:
    """`HighErrorRate`, `high_error_rate` and `high-error-rate` are the same three words to a reader."""
    return " ".join(re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\-]", " ", plain_line(text)).split()).rstrip(".")
