"""How is a number of things said?"""


def counted(number: int, thing: str) -> str:
    """`1 alert`, `3 alerts`; for words whose plural is an s more."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
