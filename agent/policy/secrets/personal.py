"""What do numbers of accounts, addresses of people and of machines look like?"""

from agent.policy.secrets.checks import address, card, compressed, iban
from agent.policy.secrets.shapes import Pattern, pattern

PERSONAL: tuple[Pattern, ...] = (
    pattern(
        "card",
        "",
        r"[2-6](?<![\w.-].)\d{3}[ -]?\d{4,6}[ -]?\d{4,5}(?:[ -]?\d{1,4})?(?:[ -]?\d{1,3})?(?![\w.-]?\d)",
        check=card,
    ),
    pattern(
        "iban",
        "",
        r"[A-Z](?<![A-Za-z0-9].)[A-Z]\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])",
        check=iban,
    ),
    pattern(
        "email",
        "@",
        r"[A-Za-z0-9._%+-](?<![A-Za-z0-9._%+-].)[A-Za-z0-9._%+-]{0,63}"
        r"@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9_-]|\.[A-Za-z0-9])",
        check=lambda found: not found.endswith((".local", ".internal", ".localdomain", ".lan")),  # a node of a cluster
        personal=True,
    ),
    # Not the version of a program (`Chrome/120.0.0.0`), which looks the same; `/10.0.0.1:80` is an address again.
    pattern(
        "ip",
        ".",
        r"\d(?<![\w.].)(?:(?<![A-Za-z]/.)|(?=[\d.]+:\d))(?<![A-Za-z]-.)\d{0,2}(?:\.\d{1,3}){3}(?!\w|\.\d|-[A-Za-z])",
        check=address,
        holds=r"\.\d{1,3}\.\d{1,3}(?!\d)",
        personal=True,
    ),
    pattern(
        "ip",
        ":",
        r"[0-9A-Fa-f](?<![\w:.].)[0-9A-Fa-f]{0,3}(?::[0-9A-Fa-f]{1,4}){7}(?![\w:])",
        check=address,
        holds=r":(?:[0-9A-Fa-f]{1,4}:){3}",
        personal=True,
    ),
    pattern(
        "ip",
        "::",
        r"[0-9A-Fa-f:](?<![\w:.].)[0-9A-Fa-f:]{0,30}(?<=:)(?<=::|..)[0-9A-Fa-f:]{0,30}(?:\d{1,3}(?:\.\d{1,3})"
        r"{3})?(?![\w:]|\.\d)",
        check=compressed,
        personal=True,
    ),
)
