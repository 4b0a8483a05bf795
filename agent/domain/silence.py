"""A silence: alerts that match it open no incident until it ends."""

from datetime import datetime
from typing import Literal

from agent.domain.base import Noun


class Matcher(Noun):
    """One condition on a label; a label that is absent counts as empty, as in Alertmanager."""

    label: str
    """Its name."""
    operator: Literal["=", "!=", "=~", "!~"] = "="
    """Is, is not, matches, does not match."""
    value: str
    """For `=~` and `!~` a regular expression that must match the whole value."""

    def __str__(self) -> str:
        return f'{self.label}{self.operator}"{self.value}"'


class Silence(Noun):
    """An alert is silenced while every matcher is true of its labels."""

    id: str
    matchers: tuple[Matcher, ...]
    """At least one."""
    starts_at: datetime
    ends_at: datetime
    created_by: str = ""
    comment: str = ""
    name: str = ""
    """Of a maintenance window; empty: somebody just wants quiet."""
    opens: bool = False
    """Incidents are opened all the same, and nobody is paged or called because of them."""

    @property
    def title(self) -> str:
        """As people call it."""
        return f"maintenance “{self.name}”" if self.name else f"silence {self.id}"
