"""Who is known by their account in a chat system?  What stands then in the place of a key's id."""

_MARK = "slack:"


def key_of(member: str) -> str:
    """For somebody who has no key, and whose account the configuration names."""
    return f"{_MARK}{member}"


def came_by_chat(key: str) -> bool:
    """Is this what stands in the place of a key's id for such a person?"""
    return key.startswith(_MARK)
