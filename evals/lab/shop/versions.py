"""Which versions of each service are there, and what is wrong with the bad ones?"""

STABLE = {
    "frontend": "5.1.0",
    "catalogue": "3.0.4",
    "cart": "4.2.1",
    "checkout": "6.0.3",
    "payment": "2.3.1",
    "inventory": "1.7.2",
    "store": "9.4.0",
}

LOST_CURRENCY_TABLE = "charges in every currency but one fail"
RETRIES_A_MISS = "a missing promotion is looked up again and again"
DROPPED_COLUMN = "stock of one warehouse is read from a column that is no longer there"

BUGS = {
    ("payment", "2.4.0"): LOST_CURRENCY_TABLE,
    ("catalogue", "3.1.0"): RETRIES_A_MISS,
    ("inventory", "1.8.0"): DROPPED_COLUMN,
}
"""What the code of a version does wrong; every version that is not here is sound."""


def bug_of(service: str, version: str) -> str:
    """Empty when the version is sound."""
    return BUGS.get((service, version), "")


def bad_version(service: str) -> str | None:
    """The version of the service that has a bug, if there is one."""
    return next((version for name, version in BUGS if name == service), None)


def next_patch(version: str) -> str:
    """The sound version after this one: 4.2.1 -> 4.2.2."""
    major, minor, patch = version.split(".")
    return f"{major}.{minor}.{int(patch) + 1}"
