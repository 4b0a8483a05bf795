"""Which line answers the one before it with a secret? Below a heading, a question, or a command that prints one."""

import re
from collections.abc import Iterator

from agent.policy.first_words import matches
from agent.policy.secrets.checks import by_chance
from agent.policy.secrets.names import Trust, trust
from agent.policy.secrets.spans import Found
from agent.policy.secrets.values import chosen, looks_drawn, plausible, secret_under, told_outright, worded

_HEADS = ("pass", "pwd", "pw", "token", "secret", "credential", "cookie", "key", "code", "private", "psk", "pre", "sid")
_ORNAMENT = r"(?:[ \t]*(?:[`~]{3}\w{0,12}|[-=~_]{3,}|\{(?:code|noformat)[^}\n]{0,20}\})[ \t]*\n?){0,2}"
_HEADING = re.compile(
    r"(?i:password|passwd|passphrase|pass|pwd|pw|token|secret(?:[ _]id)?|credentials?|cookie|key|codes?|"
    r"private key|psk|pre-?shared key)(?![\w/=-])[^\n]{0,160}?(?::\**|-n "
    r"[\w-]+|--stdin|get|show|print|reveal|(?<!name)(?<!space)(?<!type)(?<!stamp)(?<!uid)(?<!ersion)\}[\"']|"
    rf"base64 (?:-d|-D|--decode)(?:[ ]?[;&]{{1,2}}[ ]?echo)?)[ \t]*\n{_ORNAMENT}[ \t\n]{{0,6}}"
)
_TITLE = re.compile(
    r"(?i:password|passwd|passphrase|pass|pwd|pw|token|secret|(?<=api )key|(?<=access )key|(?<=signing )key)"
    rf"(?: below| is| here)?[*_]{{0,2}}[ \t]*\n{_ORNAMENT}[ \t\n]{{0,6}}"
)
_BEFORE_TITLE = re.compile(r"(?:^|\n)(?P<words>[^\n:=,;(){}\[\]\"]{0,50})\Z")
_ITEM = re.compile(
    r"[ \t]*(?:(?:\d{1,2}[.)]|[-*>])[ \t]+)?`?(?:\{\w{2,10}\})?(?P<secret>[^\s\\\"`{]{6,128})`?(?:\{\w{2,10}\})?"
    r"[ \t]*(?=\n|\"|\Z)\n{0,3}"
)
_CODES_HEAD = re.compile(
    r"(?i:(?:recovery|backup|scratch|one-time|2fa|mfa|emergency|rescue)[ _-]?(?:\w{1,12}[ ])?codes?)\b[^\n]{0,200}\n"
)
_CODES_LINE = re.compile(r"[^\n]{0,200}(?:\n|\Z)")
_CODE = re.compile(
    r"[A-Za-z0-9]{4,12}(?:-[A-Za-z0-9]{4,12}){1,5}|[0-9]{6,10}|(?=[a-zA-Z]*\d)[a-zA-Z0-9]{8,24}|\d{4} \d{4}|"
    r"[0-9a-z]{4}(?: [0-9a-z]{4}){1,3}"
)
_BULLET = re.compile(r"[ \t>|]*(?:\[[ x]?\]|\(?\d{1,2}[.):]|[-*•])?[ \t|]*")
_BETWEEN = re.compile(r"[ ]{2,}|\t|[,;|][ ]*| (?=[A-Za-z0-9]{4,12}-)| [/•] ")
_LETTER, _DIGIT = re.compile(r"[A-Za-z0-9]"), re.compile(r"\d")
_PAIR = re.compile(
    r"(?![a-z]+\d+[a-z]+=)(?:[a-z][a-z0-9_.-]{0,60}|(?:[A-Z][a-z]+){1,6}|[A-Z][A-Z0-9_]{0,60})[=:](?=[^=])"
)
_FIELD = re.compile(r"(?:[a-z][a-z_.]{1,40}|[A-Z][A-Z_]{1,40})=[^=]")
_SLUG = re.compile(r"[a-z]{4,12}(?:-[a-z]{4,12}){2,5}")
_NAMES = re.compile(r"(?=[a-z0-9.-]*(?:[a-z]\d|\d[a-z]))[a-z]+(?:-[a-z0-9.]+)+")
_PROMPT = re.compile(r"\S{1,60}@\S{1,80}[#$%>]")
_MIXED = re.compile(r"(?=.*[A-Z])(?=.*\d)(?=.*[a-z])[\w.!@#$%&*+=~^-]{8,60}")
_LAPS = re.compile(r"[0-9a-fA-F]{24,}|[A-Za-z0-9+/=_-]{16,}")
_NOUN = r"(?i:password|passwd|passphrase|pass|pwd|pw|psk|token|secret|key|pin|cookie|sid|credentials?)"
_WHEN = r"[\[(]?(?:\d{4}-\d\d-\d\d,? ?)?(?:\d\d?:\d\d(?::\d\d)?(?: ?[AaPp][Mm])?)?[\])]?"
_WHO = r"(?:<[\w .@-]{1,40}>|[\w .@-]{1,40}(?: \d\d?:\d\d)?[:>]|\[[\w .@-]{1,40}\]|>)"
_ANSWERED = re.compile(
    rf"{_NOUN}\w{{0,12}}\b[^\n]{{0,180}}"
    rf"\n{{1,2}}(?P<who>(?:[A-Z][\w.-]{{1,20}}[ ]|[\w.-]{{2,24}}[ ]{{2}}){{1,3}}{_WHEN}\n|{_WHEN}[ ]{{0,2}}{_WHO}[ ])?"
    r"(?:(?i:sure|ok|okay|yes|yep|yeah|here|np|hey|hi|try|use)\b[ ,!:.]{1,3}){0,2}"
    r"(?:[\w,' ]{0,30}?(?P<said>(?i:it'?s|is|this one|this|that'?s|should be|try|new one:?|now))[: ]{1,2})?[`\"']?"
    r"(?P<secret>[^\s`\"']{5,100}?)[`\"']?(?:[ \t]*(?=\n|\Z)|(?(said)[,.]?[ ](?=[—–(:;\-a-z])|(?!)))"
)
_HEX = re.compile(r"[0-9a-f]+")
_UUID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
_ID = re.compile(r"(?i:\bids?\b)")
_ASKS = re.compile(
    r"(?i:\?|\b(?:what'?s|what is|which|need|forgot|forgotten|send|give|lost|anyone|anybody|any1|who has|share|remind"
    r"|pls|plz|please|can (?:you|some|i)|could)\b)"
)
"""A question and its answer, by somebody else in the next line."""
_ASKED = re.compile(r"(?i)(?:[\w-]{2,20} )?[\w-]*(?:keys?)\b(?: (?:ids?|names?|ttl|prefix|count|path))?")
_NEXT = re.compile(
    rf"(?:{_NOUN}|(?i:session id))\b[^\n]{{0,80}}(?:\n|[.,;] )(?:[^\n:]{{0,40}}: [^\n]{{0,60}})?[ \t]{{0,8}}"
    r"(?i:new|current|generated|its|the(?: new)?|initial)"
    r" ?(?:value|one|password|token|key)?(?: is|:) {1,3}[`\"']?(?P<secret>[^\s`\"']{5,300})"
)
_LEAKED = re.compile(
    rf"{_NOUN}\b[^\n]{{0,60}}(?i:leak|expos|commit|detect|found)[^\n]{{0,80}}\n[ \t]*(?i:value|match"
    rf"|secret|token): ?[`\"']?"
    r"(?P<secret>[^\s`\"']{5,300})"
)
_TYPED = re.compile(
    r"(?m)^(?:[^\n$#>%]{0,60}[$#>%]{1,3} |(?=cat ))(?P<command>[^\n]{3,300})\n"
    r"(?P<q>[\"']?)(?P<secret>[^\s\"']{5,2000})(?P=q)"
    r"[ \t]*(?=\n|\Z)"
)
_PRINTS = re.compile(
    r"(?<![\w-])(?:get-[\w-]+|cat|echo|printenv|get|show|print|read|output|access|reveal|fetch|lookup|view|head|tail|decrypt|rand"
    r"|pwgen|makepasswd|yq|sops|keyring|doppler|infisical|lpass|conjur|credstash|gopass|chamber|crudini|awk|sed|cut|grep|jq|query|token|decode|base64|find-generic-password|kv|secrets?|less|type|export|dump|genkey|generate_key|token_hex|token_urlsafe|get_\w+\(\))(?![\w-])"
)
_OF_ONE = re.compile(
    r"(?i)pass(?:w|phrase|\b)|secret|token|(?:api|access|private|signing|encryption)[_-]?key|credential|openssl rand|"
    r"pwgen|makepasswd|generate_key|token_hex|token_urlsafe|\.data\.|keyvault|genkey|\.key\b|cookie|\$PW\b|\bPW\b"
)
_NOT_OF_ONE = re.compile(
    r"metadata|[. ]name\b|-o name|namespace|\.type\b|wc -|sha\d*sum|md5|--version|ls |accessor|stat "
    r"|(?i:secret|token|passw\w*|key)[_-]?(?i:name|url|uri|arn|path|file|ttl|count|type|version|expiry|username)"
)
_LAST = re.compile(r"[\w.-]{2,60}\Z")
_REPLY = re.compile(r"\d\) \"(?P<name>[\w-]{3,40})\"\s{1,4}\d\) \"(?P<secret>[^\"\n]{3,200})\"")


def answer_secrets(text: str, lowered: str) -> Iterator[Found]:
    """What a line gives away by the one before it."""
    yield from _replied(text, lowered)
    if "\n" not in text:
        return
    for heading in matches(_HEADING, _HEADS, text, lowered):
        yield from _below(text, heading.end(), slug="pass" in heading[0].lower(), code="code" in heading[0].lower())
    for title in matches(_TITLE, _HEADS, text, lowered):
        if _titled(text, title):
            yield from _below(text, title.end(), slug=False)
    if "code" in lowered:
        for head in _CODES_HEAD.finditer(text):
            yield from _codes(text, head.end())
    yield from _printed(text)


def _replied(text: str, lowered: str) -> Iterator[Found]:
    if "\n" in text:
        for answer in matches(_ANSWERED, _HEADS, text, lowered):
            if _asked(text, answer) and _alone(answer["secret"]):
                yield Found(*answer.span("secret"), "password")
    if "leak" in lowered or "expos" in lowered or "detect" in lowered or "found" in lowered:
        for one in matches(_LEAKED, _HEADS, text, lowered):
            if _alone(one["secret"]) or (looks_drawn(one["secret"]) and not _HEX.fullmatch(one["secret"])):
                yield Found(*one.span("secret"), "password")
    if " value" in lowered or " one" in lowered:
        for one in matches(_NEXT, (*_HEADS, "session id"), text, lowered):
            if _alone(one["secret"]) or (looks_drawn(one["secret"]) and not _HEX.fullmatch(one["secret"])):
                yield Found(*one.span("secret"), "password")


def _asked(text: str, answer: re.Match[str]) -> bool:
    """Whether the line asks, and for a secret: not "what is the cache key?"."""
    start, end = text.rfind("\n", 0, answer.start()) + 1, text.find("\n", answer.start())
    if _UUID.fullmatch(answer["secret"]) and (text.find("?", start, end) < 0 or _ID.search(text, start, answer.end())):
        return False
    if not answer["who"] and len(answer["secret"]) < 8:
        return False
    name = _ASKED.search(text, max(start, answer.start() - 40), end)
    return _ASKS.search(text, start, end) is not None and (not name or trust(name[0].replace(" ", "_")) is not None)


def _below(text: str, at: int, *, slug: bool, code: bool = False) -> Iterator[Found]:
    item = _ITEM.match(text, at)
    if item and ((slug and _SLUG.fullmatch(item["secret"])) or _told(item["secret"], code=code)):
        yield Found(*item.span("secret"), "password")


def _titled(text: str, title: re.Match[str]) -> bool:
    """Whether the line is the name of a secret and nothing else."""
    before = _BEFORE_TITLE.search(text, max(0, title.start() - 60), title.start())
    if not before:
        return False
    name = before["words"].strip(" #*_>-.").split()[-2:]
    return trust("_".join([*name, title[0].split()[0].strip("*_")])) is not None


def _codes(text: str, at: int) -> Iterator[Found]:
    """Lines of codes, from the third on at the latest."""
    shape, spare = "", 3
    for _ in range(40):
        line = _CODES_LINE.match(text, at)
        if not line or line.end() == at:
            return
        found = list(_codes_of_line(text, *line.span(), shape))
        spare -= not found and not shape
        if (not found and shape and line[0].strip()) or spare < 0:
            return
        yield from found
        shape, at = shape or (_shape(text, found[0]) if found else ""), line.end()


def _shape(text: str, code: Found) -> str:
    return _LETTER.sub("x", text[code.start : code.end])


def _codes_of_line(text: str, start: int, end: int, shape: str) -> Iterator[Found]:
    """All that stands in it, when all are codes: with digits, or of the shape of those before."""
    bullet = _BULLET.match(text, start, end)
    at = bullet.end() if bullet else start
    spans = []
    for part in _BETWEEN.split(text[at:end].rstrip(" \n\\\"'}]),")):
        place = text.find(part, at, end)
        at = place + len(part)
        if part.strip(" |`\"'\\"):
            core = part.strip(" |`\"'\\")
            spans.append((text.find(core, place, end), core))
    if all(_CODE.fullmatch(core) and (_DIGIT.search(core) or _LETTER.sub("x", core) == shape) for _, core in spans):
        yield from (Found(place, place + len(core), "password") for place, core in spans)


def _printed(text: str) -> Iterator[Found]:
    """What a command printed that is there to print a secret."""
    for typed in _TYPED.finditer(text):
        command, said = typed["command"], typed["secret"]
        if (
            _PRINTS.search(command)
            and _OF_ONE.search(command)
            and not _NOT_OF_ONE.search(command)
            and (_alone(said) or _of_file(command, said))
        ):
            yield Found(*typed.span("secret"), "password")
    for reply in _REPLY.finditer(text):
        kind = trust(reply["name"])
        if kind and secret_under(kind, reply["secret"]):
            yield Found(*reply.span("secret"), "password" if kind is Trust.CHOSEN else "secret")


def _of_file(command: str, said: str) -> bool:
    """What a file or an output holds that is called after a secret: `cat .vault_pass`."""
    name = _LAST.search(command)
    kind = trust(name[0]) if name else None
    return kind is not None and not _FIELD.match(said) and ":" not in said and secret_under(kind, said)


def _alone(word: str) -> bool:
    return (
        not _FIELD.match(word)
        and plausible(word)
        and (
            chosen(word)
            or worded(word)
            or (_MIXED.fullmatch(word) is not None and told_outright(word))
            or (word.isalnum() and told_outright(word))
            or (_LAPS.fullmatch(word) is not None and not _NAMES.fullmatch(word))
            or (len(word) >= 12 and by_chance(word))
        )
    )


def _told(word: str, *, code: bool) -> bool:
    if code:
        return _CODE.fullmatch(word) is not None and any(map(str.isdigit, word))
    word = word.removeprefix("base64:")
    if not (any(map(str.isdigit, word)) or by_chance(word) or worded(word)) or not plausible(word) or _PAIR.match(word):
        return False
    if _PROMPT.fullmatch(word):
        return False
    return (
        chosen(word)
        or worded(word)
        or (_MIXED.fullmatch(word) is not None and told_outright(word))
        or _LAPS.fullmatch(word) is not None
    )
