"""What of a sentence about an incident will still be true of the next one?  All but its clock times and dates."""

import re

_MOMENT = r"(?:\d{4}-\d{2}-\d{2}[T ]?)?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?(?:\s*UTC)?"
_DATE = r"\d{4}-\d{2}-\d{2}"
_AGO = r"\d+(?:\.\d+)?\s(?:s|min|seconds?|minutes?|hours?)\s(?:before|after)\sthe\sonset"
_TIMES = re.compile(rf",?\s*(?:\b(?:since|at|from|around|until|on|by)\s+)?(?:{_MOMENT}|{_DATE}|{_AGO})(?!\w)")


def timeless(text: str) -> str:
    """Without the moments in it, and the words that lead up to them."""
    return " ".join(_TIMES.sub("", text).replace(" :", ":").replace(" .", ".").split())
