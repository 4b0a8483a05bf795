"""Is what stands where a secret would stand one? Not when it refers to one, masks one, or is a word about one."""

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise

from agent.policy.secrets.checks import by_chance, drawn
from agent.policy.secrets.names import Trust
from agent.policy.secrets.words import words

_NO_SECRET = words(
    "null nil none true false yes no on off undefined empty missing required optional expired expires "
    "invalid valid incorrect wrong failed failure rejected denied refused accepted changed rotated reset "
    "ok okay error unknown default authentication authorization auth login mismatch policy redacted "
    "masked hidden filtered removed scrubbed omitted sanitized secret secrets string bytes byte str int "
    "bool text password passwords passwd token tokens basic bearer digest negotiate ntlm key keys is was "
    "are has had be been not and or for of the a an in to from with at by as it its this that than when "
    "if because will would should must can could cannot may might does did do only your our my their his "
    "her please field prompt entered provided given set unset stored based protected manager managed hash "
    "hashing rotation update updated change reused again protection encrypted encryption sensitive opaque "
    "enabled disabled file env vault environment generated plain sent verification check checks user "
    "username users account accounts admin request requests response value values type name lookup "
    "lookups validation expiry age length too short long weak strong never there here n/a na tbd todo x expected "
    "whatever needed keepass keepassxc bitwarden lastpass vaultwarden dashlane 1password sso saml ldap kerberos "
    "via using through over same unchanged see ask soon later attached above below separately saved stored "
    "await attempt attempts known required: latest secretstr securestring on_create always b64enc run pass pwd "
    "passphrase"
)
_MASK = re.compile(
    r"[*•x]{3,} ?\(.*|(?:REPLACE|CHANGE|INSERT|FILL|PUT|YOUR|ENTER|TODO)_[A-Z_]+"
    r"|\W*(?:DATA\+)?(?i:redacted|masked|omitted|hidden|filtered|removed|scrubbed|sensitive)\W*"
    r"|VALUE_SPECIFIED_IN_\w+|[-+*]{3,} ?# \(\d{1,6} bytes\)|\(\d{1,6} bytes\)"
    r"|(?i:change|replace|fill)[-_ ]?(?i:me|this)[-_!]*|(?i:your)(?:[-_][A-Za-z]{2,12}){1,4}(?:[-_](?i:here))?"
    r"|[*x.•#_X…●-]{3,}|[*•●]+|\S{0,4}[*•●…]{3,}\S{0,4}|\S{0,12}[*•●…]{4,}\S{0,8}|x{3,}-x{3,}"
    r"|(?:[A-Za-z0-9]{1,12}[-_.]){0,3}\w{0,4}(?:[x*•]{6,}|X{6,})\w{0,8}|[\w-]{2,12}\.{3}\w{0,8}"
)
_REFERENCE = re.compile(
    r"""(?x)
      \$\{.* | \$(?!\w*\d\w*\d\w*\d)[A-Za-z_(]\w*\)?.{0,3} | \$\(.* | \#\{.* | \{\{.*
    | %\(\w+\)s | \^[^\s]{0,8}\].* | \[\^.* | \d{4}-\d\d-\d\d(?:[T\ ].*)? | (?:[0-9a-fA-F]{2}:){15,}[0-9a-fA-F]{2}
    | (?:json|yaml|base64|url)(?:de|en)code\(.* | (?:nonsensitive|trimspace|coalesce|element|templatefile)\(.*
    | (?:crypto|secrets|uuid|random|bcrypt|Buffer|SecureRandom|RandomStringUtils)\.\w+\(.*
    | ENC\(.* | \{?cipher\}.* | AQAAANCMnd8.* | AQICAH[a-j].* | @{1,2}(?:[a-z]+(?:[._-][a-z]+)+|[A-Z_]+)@{1,2}
    | \(?\d{1,2}:\d[\w.+~-]*\)? | \(?\#\d{1,6}\)? | 0x[0-9a-fA-F]{4,16}
    | (?:sha|md|bcrypt|argon|pbkdf|scrypt|yescrypt)[-_]?\d{0,3}[a-z]{0,2}
    | [a-z]+(?:[A-Z][a-z]+)*(?:Password|Token|Secret|Pwd|Passphrase)
    | (?:Ctrl|Alt|Shift|Cmd|Meta)\+\S+ | [a-z]+:S\d{3,5} | [a-z]+(?:-[a-z]+){1,6}:(?:latest|\d{1,4})
    | <[^<>]*>? | %[A-Z_]{3,}% | %[-+]?\d*[a-z]%?\}?
    | \[[A-Za-z_ -]*\]?(?:@.*)? | <{2,3}\ ?\w+.* | \$[A-Za-z_]\w*\[.* | resolve:[a-z-]+:.* | \w+/\w+EXAMPLE(?:KEY)?
    | [A-Za-z0-9/+]{20,36}EXAMPLE(?:KEY)? | [\[({][\w\"' -]*[:=,.]?[)\]}]? | @Microsoft\.KeyVault.* | ref\+.*
    | ENC(?:\[|%5B).* | A[KS]IA(?:[A-Z0-9]{16}|\w+(?:/|%2F)\d{8}.*) | vault(?::|%3A).* | arn:.* | \\\$\(.* | %3C.*%3E
    | [A-Za-z_]\w*\[["'][A-Za-z_][\w.-]*["']?\]?
    | !(?:Ref|Sub|vault|Get\w+|Import\w+|Join|secret|env|reference)\b.*
    | (?:aws|gcp|azure)?-?(?:ssm|sm|kv|secretsmanager|secret-?manager):.*
    | (?:op|vault|keyvault|awssm|gcpsm|ssm|secretref|keepass|bws)://.* | https?://.*
    | (?:env|file|secretref|secret|k8s|keychain):[A-Za-z_./-].*
    | projects/[^/]+/secrets/.* | secret/[\w./#-]+ | (?:secret|kv)/data/.*
    | (?:self|this|config|cfg|conf|os|process|request|req|args|options|opts|env|ENV|var|local|data|module|settings|ctx
      |values|Values|\.Values|params|props|random_password|random_string|aws_\w+|google_\w+|azurerm_\w+|kubernetes_\w+
      |System|secrets|each|input|event)(?:\.[A-Za-z_]\w*|\[[^\]]*\]?)+(?:\(.*)?
    | (?:get|read|load|fetch|lookup|env)\w*\(.* | [A-Za-z_][\w.]*\(["'][A-Z_][A-Z0-9_]*["']?
    | [A-Za-z_][\w.]*[!?]?\( | [A-Za-z_][\w.]*\([^()]*\)
    | (?:[a-z_][\w.]*|[A-Z][a-z]\w*)\((?:[a-z_]+|[A-Z][a-z]\w*)=.* | [a-z_]\w*(?:\.[a-z_]\w*)+\[.*
    | Ag[AB][A-Za-z0-9+/]{40,}.* | Ag[A-Za-z0-9+/]{80,}={0,2} | credentials\(.*
    | [\w.-]+(?::\d{2,5})?(?:/[\w.-]+)+:(?:sha256-)?[\w.-]+
    | hmac-sha\d+:.* | (?:[A-Za-z_]\w*\.)*[A-Z][A-Za-z]+(?:Exception|Error|Failure|Fault):?
    | (?:[A-Z][a-z]+){2,}: | [x*!]:\d{1,6}(?::.*)? | S-1-\d{1,3}(?:-\d{1,10}){1,15}
    | [A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:PASSWORD|PASS|PWD|TOKEN|SECRET|KEY|CREDENTIALS?|AUTH)
    """
)
_SENTENCE = re.compile(
    r"(?i:see|ask|in|via|stored|kept|lives|use|get|from|same as|managed|check|request|refer|contact|"
    r"provided|held|set in"
    r"|rotated|known|ping|moved|login with|log in)(?: [^\n]*)|"
    r"(?:files|compat)(?: \[[^\]\n]{1,40}\])?(?: [a-z]{2,12}){0,5}"
    r"|(?i:must|should|cannot|can't|may|is|has|does|needs?|too|at least)(?: [\w'-]+){0,4}? "
    r"(?i:be|characters?|contain|include|long|short|required|match|blank|empty|valid|allowed|least|most|digits?)"
    r"(?: [\w'-]+){0,8}\.?"
)
"""What a form answers, and what a switch of names asks."""
_ROOTED = re.compile(r"(?:~|\.{1,2}|[A-Za-z]:)?[/\\]+[A-Za-z_.]{2,}[\w.@+-]*(?:[/\\][\w@.+-]+)*/?")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.){1,}[a-z]{2,}(?::\d+)?|\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?")
_UUID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
_CUT_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){2,3}(?:-[0-9A-Fa-f]{0,12})?")
"""What is left of one where a log cuts long values."""
_SIGNS = frozenset("!#$%&*+@^~?=")
_SLUG = re.compile(r"[a-z]+(?:-[a-z0-9]+)+")
_HEX_PART = re.compile(r"(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{6,}|(?=[a-z]*\d)[0-9a-z]{20,}")
_CODE = re.compile(r"(?=[a-z-]*\d|[A-Z-]*\d)[A-Za-z0-9]{4,8}(?:-[A-Za-z0-9]{4,8}){1,4}")
"""For one use: groups with a digit in one of them."""
_GROUPS = re.compile(r"[A-Z0-9]{4,8}(?:-[A-Z0-9]{4,8}){2,}")
_HEX = re.compile(r"(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{24,}|(?=[A-F]*\d)(?=\d*[A-F])[0-9A-F]{24,}")
_NUMBER_BEHIND = re.compile(r"[-.]\d{1,4}\Z")
_DOUBLED = re.compile(r"[A-Za-z]{4,}\d{2,}([*_#~%$!@^&+=-])\1")
"""Letters, a number and a sign twice, as nothing else is written."""
_KEY_OF_A_CACHE = re.compile(r"[a-z]+(?:[:_-][a-z]+)*:\d{1,10}")
_NAME_OF_ONE = re.compile(
    r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*[-_](?:password|passwd|pwd|token|secret|credentials?|creds)"
)
_WORDS_AND_NUMBER = re.compile(r"[a-z]{3,}(?:-[a-z]{3,})+-[a-z]{4,}\d{3,4}")
_VAULT = re.compile(r"s\.[A-Za-z0-9]{24,}|(?=[a-z.]*\d)[a-z0-9]{6}\.[a-z0-9]{16}")
_OBJECT = re.compile(
    r"(?<![a-z])(?:secret|cred|tls|key|token|auth|cert|config|pass|api|prod|service|server|account|gateway)"
)
_WORDED = re.compile(
    r"[A-Za-z]{3,12}([-_.])[A-Za-z]{3,12}(?!\1)[-_.]\d{2,5}|[A-Z][a-z]{2,11}([-_.])[A-Z][a-z]{2,11}\2\d{2,5}"
    r"|[A-Za-z]{3,12}[_.][A-Za-z]{3,12}\d{2,4}[!?#$]?|[A-Za-z]{3,12}([-_.])[A-Za-z]{3,12}(?:\3[A-Za-z]{3,12}){1,6}(?:\3?\d{1,5})?[!?#$]?"
)
_PAIRED = re.compile(r"[A-Za-z]{3,12}_[A-Za-z]{3,12}\d{2,4}[!?#$]?|[A-Z][a-z]{2,11}\.[A-Z]?[a-z]{2,11}\.?\d{2,4}")
_LONG = 40
"""So long, and every fifth a sign: a salt, as WordPress draws them, blanks and all."""
_LEAST_WORDED = 14
_ENDING = re.compile(
    r"\.(?:com|net|org|io|dev|app|cloud|local|internal|lan|corp|svc|cluster|example|test|ya?ml|json|conf|cfg|toml|ini|log|txt"
    r"|sql|xml|html|java|class|properties|result|name|value|id|tar|zip|gz)\Z"
)
_AWS = re.compile(r"(?=[^+/]*[+/]|.*\d)(?:[A-Za-z0-9/+]{40}|[A-Za-z0-9/+]{22,}={1,2})")
_ONE_PIECE = re.compile(r"[A-Za-z0-9_+/=.~-]+")


@lru_cache(4096)
def secret_under(kind: Trust, value: str) -> bool:
    """Whether this, under a name of that kind, is a secret."""
    bare = value.strip()
    return plausible(bare) and _FITS[kind](bare)


def plausible(value: str) -> bool:
    """No reference, no mask, no path, no word of a sentence about secrets."""
    if (
        len(value) < 3
        or _NO_SECRET.issuperset(value.lower().split())
        or _MASK.fullmatch(value)
        or _REFERENCE.fullmatch(value)
        or _SENTENCE.fullmatch(value)
        or _LABELS.fullmatch(value)
    ):
        return False
    return not (_ROOTED.fullmatch(value) and not _random_path(value))


_LABELS = re.compile(
    r"(?i:(?:your |your new |current |new )?(?:passwor[dt]|mot de passe|contrase[nñ]a|kennwort|wachtwoord|senha"
    r"|hasło|lösenord|adgangskode|пароль|パスワード|密码|비밀번호)\W{0,3})"
)
"""What a form calls a field."""


def _random_path(value: str) -> bool:
    """Base64 may begin with a slash, too."""
    return len(value) >= 24 and any(char.isdigit() for char in value) and by_chance(value)


def issued(value: str) -> bool:
    """Long, or with digits or signs in it, or drawn by chance; no word and no name of an object."""
    other = any(char.isdigit() or char in _SIGNS for char in value)
    if len(value) < 8 or (value.isdigit() and len(value) < 16) or " " in value:
        return len(value) >= _LONG and sum(not char.isalnum() and char != " " for char in value) >= _LONG // 5
    if _VAULT.fullmatch(value):
        return True
    if _KEY_OF_A_CACHE.fullmatch(value) or _NAME_OF_ONE.fullmatch(value):
        return False
    if _HOST.fullmatch(value) or _SLUG.fullmatch(value):
        return (
            any(_HEX_PART.fullmatch(part) for part in value.split("-"))
            or passphrase(value)
            or _numbered(value)
            or _of_words(value)
        )
    return other or (len(value) >= 20 and "." not in value and "/" not in value) or by_chance(value)


def _numbered(value: str) -> bool:
    """Three words and a number right behind the last, `lamp-river-stone8609`."""
    return _WORDS_AND_NUMBER.fullmatch(value) is not None and not _OBJECT.search(value)


def _of_words(value: str) -> bool:
    """Three words or more between hyphens, four between dots, and none that a host or an object would have."""
    least = 3 if "-" in value else 4
    words = re.split("[-.]", value)
    return len(words) >= least and min(map(len, words)) >= 4 and worded(value)


def passphrase(value: str) -> bool:
    """Four words or more, a dot at most among the hyphens, and none that an object's name would have."""
    return (
        value.count("-") >= 2
        and value.count("-") + value.count(".") >= 3
        and value.count(".") < 2
        and min(map(len, re.split("[-.]", _NUMBER_BEHIND.sub("", value)))) >= 4
        and not _OBJECT.search(value)
    )


def looks_drawn(value: str) -> bool:
    """Of one piece, long, letters and digits in no order; ids of objects in the usual form are not meant."""
    if _HEX.fullmatch(value) or _GROUPS.fullmatch(value):
        return True
    if len(value) < 16 or not _ONE_PIECE.fullmatch(value) or _UUID.fullmatch(value) or value.isdigit():
        return False
    if (
        _HOST.fullmatch(value)
        or not any(char.isdigit() for char in value)
        or (value.count("/") > 1 and not drawn(value) and not (_AWS.fullmatch(value) and by_chance(value)))
    ):
        return False
    return by_chance(value, 0.3)


@lru_cache(4096)
def chosen(value: str) -> bool:
    """Whether somebody would have chosen it as a password, told by itself: letters with digits or signs among them."""
    core = value.strip(".,;:()*_`'\"!?{}[]<>-")
    if _DOUBLED.fullmatch(value):
        return True
    if paired(core):
        return True
    if len(core) < 5 or known(core) or core.lower() in _NO_SECRET:
        return False
    kinds = {_kind(char) for char in core}
    return len(kinds) >= 2 and bool(kinds & {"a", "A"}) and (bool(kinds & {"0", "!"}) or _inner_capital(core))


@lru_cache(4096)
def told_outright(value: str) -> bool:
    """Whether it may be one right behind "the password is": letters with digits, and no host, time, version or path."""
    core = value.strip(".,;:()`'\"!?{}[]<>")
    if len(core) < 6 or "/" in core or "://" in core or _HOST.fullmatch(core) or _UNTOLD.fullmatch(core):
        return False
    return plausible(core) and any(map(str.isalpha, core)) and (any(map(str.isdigit, core)) or _inner_capital(core))


def paired(value: str) -> bool:
    """Two words and a number, `lamp_river42`, `Lamp.River.42`: so people choose them, and programs name nothing."""
    return _PAIRED.fullmatch(value) is not None and not _OBJECT.search(value.lower())


def worded(value: str) -> bool:
    """Three words or more with one sign between them, as managers of passwords draw them; no host and no object."""
    return (
        _WORDED.fullmatch(value) is not None
        and len(value) >= _LEAST_WORDED
        and not _OBJECT.search(value.lower())
        and not _ENDING.search(value)
        and plausible(value)
    )


def settled(value: str) -> bool:
    """Whether it may be one where a table or a line of settings has its passwords."""
    return chosen(value) or passphrase(value) or told_outright(value) or worded(value)


@lru_cache(4096)
def strong(value: str) -> bool:
    """Whether nothing else in a log looks like it: letters, digits and signs, or letters about signs."""
    core = value.rstrip(".,;:)*_`'\"")
    if len(core) < 7 or known(core) or known(core.rstrip("?!")):
        return False
    signs = {char for char in core.rstrip("?") if char in _SIGNS}
    return bool(signs) and any(map(str.isalpha, core)) and (any(map(str.isdigit, core)) or len(core) >= 10)


_UNTOLD = re.compile(
    r"(?:sha|md|bcrypt|argon|aes|pbkdf|utf|base|tls|ipv|oauth|http|k(?=[38]s\b))[-_]?\d\S*|\d[\d.,:-]*[a-zA-Z%]{0,7}|\d{4}-\d\d-\d\d\S*|(?-i:[A-Z][A-Z0-9]{1,9}-\d+)"
    r"|(?-i:[a-z][a-z_]{1,30}=)\S+|[A-Za-z]+[-/]?v?\d+\.\d[\d.]*|\S+@\S+\.\w+|[A-Za-z]+[a-z](?:[A-Z][a-z]+)*(?:Exception|Error)",
    re.IGNORECASE,
)
_KNOWN = re.compile(
    r"""(?x)
      \d[\d.,:/_-]*(?:[a-zA-Z%]{1,5})?(?:/\w+)? | v?\d+(?:\.\d+)+\S* | \d{4}-\d\d-\d\d\S* | \d\d?:\d\d\S*
    | \S+@\S+\.(?:[A-Za-z]{2,24}|\d{1,3}\.\d{1,3}\.\d{1,3})(?:[:/,;>).]\S*)?
    | [A-Z][A-Z0-9]{1,9}-\d+ | \#\w+ | @\w[\w.-]* | [a-z]+://\S+ | (?:sha\d+|SHA\d+|md5):\S+
    | [a-z]+-[a-z0-9-]* | [a-z0-9]+(?:[-_.][a-z0-9]+)+(?:[:/]\S*)? | (?:[\w-]+/)+[\w.:@-]* | [a-z]{1,12}\d{1,3}
    | 1Password | [\w./@+-]+/[\w.@+-]+(?::\d+){1,2} | [A-Za-z]+['’](?:s|t|re|ve|ll|d|m) | [A-Za-z_]\w*=[~.]{0,2}/\S*
    | [a-z][A-Za-z_.]*=\S* | [a-z_.]+[=<>]{1,2}\d\S* | \S+\(\S* | --?[a-z][\w-]* | [-"'({\[<,;:/].*\w=\S*
    | \$\w+ | \$?\{.*
    | [A-Z][A-Z0-9.-]{1,15}\\{1,2}[\w.$-]+ | [a-z][a-z0-9-]{1,15}\\{1,2}[a-z][a-z._-]{1,30}
    | (?:\w+::)+\w+ | [A-Za-z]+:\d{1,6}[a-z]{0,2} | [A-Za-z]\w*\.\w+(?:\.\w+)*
    | [A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+ | [a-z]*(?:[A-Z][a-z]+)+
    | (?:PBKDF2|HMAC|ECDHE|DHE)-[A-Z0-9-]{3,30}
    | [A-Z]{2,6}v\d(?:\.\d)? | [A-Z][A-Z_]{2,30}=\S*
    | (?:HTTP|TLS|IPv|UTF|SSL|SHA|AES|RSA|MD|EC|ED|SHA-)\S{0,8}
    """
)


def known(value: str) -> bool:
    """A number, a time, a version, a ticket, a host, a path, an id, a name in a program."""
    return bool(
        _KNOWN.fullmatch(value)
        or _UUID.fullmatch(value)
        or _HOST.fullmatch(value)
        or _REFERENCE.fullmatch(value)
        or _MASK.fullmatch(value)
        or _ROOTED.fullmatch(value)
    )


def _inner_capital(value: str) -> bool:
    return any(one.islower() and two.isupper() for one, two in pairwise(value))


def _kind(char: str) -> str:
    return "0" if char.isdigit() else "A" if char.isupper() else "a" if char.isalpha() else "!"


_FITS: dict[Trust, Callable[[str], bool]] = {
    Trust.CHOSEN: lambda value: not value.isdigit() or len(value) > 3,
    Trust.NUMBER: lambda value: (
        (value.isdigit() and 4 <= len(value) <= 12)
        or _CODE.fullmatch(value) is not None
        or looks_drawn(value)
        or (len(value) > 7 and chosen(value) and not value.isupper())
    ),
    Trust.HANDLE: lambda value: _CUT_UUID.fullmatch(value) is not None or looks_drawn(value),
    Trust.GROUPED: lambda value: _GROUPS.fullmatch(value) is not None,
    Trust.ISSUED: issued,
    Trust.DRAWN: looks_drawn,
}
