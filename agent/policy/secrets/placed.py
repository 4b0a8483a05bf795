"""Which words of a protocol, a configuration or a statement are passwords by where they stand?"""

import re
from collections.abc import Iterator

from agent.policy.secrets.names import Trust, trust
from agent.policy.secrets.spans import Found, value_at
from agent.policy.secrets.values import chosen, plausible, secret_under

_CALLED_WITH = (
    r"(?i:auth|login|authenticate|credentials?)\s?(?:=\s?)?\(\s?[\"'][^\"'\n]{1,80}[\"'],\s?(?P<at>)(?=[\"'])"
)
"""`auth("app", "X")`."""
_PRINTED = r"(?:echo|printf)[ ](?:-\w[ ])?(?:[\"'](?:%s(?:\\n)?){1,2}[\"'][ ](?:[\w.@-]{1,40}[ ](?=[\"']))?)?"
_DEVICES = (
    "set|username|user|enable|line|neighbor|tacacs|tacacs-server|radius|radius-server|crypto|ntp|ppp|ip|ipv6|aaa|standby|"
    "vrrp|isis|key|wpa-psk|security|authentication|snmp-server|vpn|peer|area|local-user|server-private|bgp|ospf|key-string"
)
_DEVICE_NOUNS = (
    r"password|secret|key|key-string|psk|pre-shared-key|pre-shared-secret|[\w-]*password-value|md5|ascii|passphrase"
)
"""How lines of a router's or a switch's configuration begin, and what stands before the secret in them."""
_ORACLE = r"(?<![\w/.:-])[A-Za-z]\w{1,30}/(?P<whole>[^\s/@:]{5,60})@(?://)?[\w.-]{1,80}(?::\d{2,5})?/\w"
"""`app/X@//db:1521/ORCL`."""
_PLACES: tuple[tuple[str, str], ...] = (
    (
        "chpasswd",
        r"(?:echo|printf)[ ](?:-\w[ ])?\\{0,2}[\"']?[\w.@-]{1,64}:(?P<at>)(?=[^\n|]{3,200}\|\s*(?:sudo )?chpasswd)",
    ),
    (
        "chpasswd",
        (
            r"(?:echo|printf)[ ](?P<q>[\"'])[\w.@-]{1,64}:(?P<whole>[^\"'\n]{3,100})(?P=q)"
            r"\s{0,3}\|\s{0,3}(?:sudo )?chpasswd"
        ),
    ),
    ("sudo", r"(?:echo|printf)[ ](?:-\w[ ])?(?P<at>)(?=[^\n|]{3,200}\|\s*sudo[^\n|]{0,40} -\w*S)"),
    (
        "stdin",
        (
            r"(?:echo|printf)[ ](?:-\w[ ])?(?P<at>)(?=[^\n|]{3,300}\|\s*(?:sudo "
            r")?[\w./-]+[^\n|]{0,150}(?:-stdin|passwd|cryptsetup|gpg |login -))"
        ),
    ),
    ("<<<", r"(?:login|passwd|kinit|--password-stdin|cryptsetup|sudo -S)[^\n|;]{0,100}<<<[ ]?(?P<at>)"),
    (
        "passwd",
        (
            r"(?:ht|mosquitto_)passwd[ ](?:-[a-zA-Z]+[ ]+)*-[a-zA-Z]*b[a-zA-Z]*[ ](?:-[a-zA-Z]+[ ]+)*"
            r"\S{1,200}[ ]\S{1,100}[ ](?P<at>)"
        ),
    ),
    ("net", r"\bnet1?(?:\.exe)?[ ]user[ ][^\s/]{1,64}[ ](?P<at>)(?![/ ])"),
    ("net", r"\bnet(?:\.exe)?[ ]use[ ](?:\w:[ ])?\S{1,200}[ ](?P<at>)(?=\S+[ ]/user)"),
    ("net", r"\bnet(?:\.exe)?[ ]use[ ][^\n]{0,200}/user:\S{1,100}[ ](?P<at>)(?![/ ])"),
    ("/", r"(?<=[ \"'])/(?:p|pass|password|rp|passwd):(?P<at>)(?!\w+=)(?=\S)"),
    ("securestring", r"(?i:convertto-securestring)[ ](?:-(?i:string)[ ])?(?P<at>)(?=\\{0,2}[\"'])"),
    ("pscredential", r"(?i:pscredential)\s?\(?[\"'][^\"'\n]{1,100}[\"'],\s?\(?(?P<at>)"),
    (
        "rabbitmqctl",
        r"rabbitmqctl[^\n|;]{0,60} (?:add_user|change_password|authenticate_user)[ ]\S{1,100}[ ](?P<at>)(?![ |;])",
    ),
    ("wpa_passphrase", r"wpa_passphrase[ ]\S{1,60}[ ](?P<at>)"),
    ("alias", r"\bmc (?:alias set|config host add)[ ]\S+[ ]\S+[ ]\S+[ ](?P<at>)"),
    ("configure set", r"configure set[ ](?P<name>[\w.-]+)[ ](?P<at>)"),
    ("config", r"\b(?:config|secrets?|env)[ :](?:set|put|add)[ ](?P<name>[\w./:-]{1,100})[ ](?P<at>)(?![ -])"),
    (
        "authtoken",
        r"\b(?:ngrok|cloudflared)[^\n|;]{0,40} (?:authtoken|add-authtoken|install|--token)[ ](?P<at>)(?![ -])",
    ),
    (
        "put-parameter",
        r"put-parameter[^\n|;]{0,80} --name[ =][\"']?(?P<name>[\w./-]{1,150})[\"']?[^\n|;]{0,80} --value[ =](?P<at>)",
    ),
    (
        "create-secret",
        r"(?:create-secret|put-secret-value|update-secret)[^\n|;]{0,200} --secret-string[ =](?P<at>)(?!file:)",
    ),
    ("from-literal", r"--from-literal[ =][\"']?[\w.-]{1,80}=(?P<at>)"),
    ("db2", r"(?i:connect to)[ ]\w+[ ](?i:user)[ ]\w+[ ](?i:using)[ ](?P<at>)"),
    ("send", r"\bsend(?: --)? [\"'](?P<whole>[^\"'\n\\]{4,100})\\r[\"']"),
    ("identified", r"(?i:identified(?:[ ]with[ ]\S{1,40})?[ ](?:by|as))(?:[ ](?i:password))?[ ]{1,3}(?P<at>)"),
    ("password", r"(?i:\bpassword)[ ]{1,3}(?:(?i:for)[ ]\S{1,80}[ ])?(?:=[ ]?)?(?P<at>)(?=\\{0,2}N?')"),
    ("password", r"(?i:set password for)[ ][^\n=]{1,80}=[ ]?(?:(?i:password)\()?(?P<at>)(?=\\{0,2}')"),
    (
        "password",
        (
            r"(?i:\bpassword|old_password)"
            r"\((?:[^\n,'()]{1,40},[ ]?)?(?P<at>)(?=\\{0,2}N?')"
        ),
    ),
    *(
        (name, rf"\b{name}\((?:[^\n,()]{{1,80}},[ ]?)?(?P<at>)(?=\\{{0,2}}N?')")
        for name in ("crypt", "pgp_sym_decrypt", "pgp_sym_encrypt", "md5", "encrypt")
    ),
    *(
        (
            name,
            rf"(?i:{name})\w{{0,20}}\([\"'][^\"'\n]{{0,200}}[\"'],\s?[\"'][^\"'\n]{{0,80}}[\"'],\s?(?P<at>)(?=[\"'])",
        )
        for name in ("connect", "__construct", "mysqli", "new pdo")
    ),
    (
        "secret",
        (
            r"\bsecrets?(?:[ ]versions?)?[ :](?:set|put|add|create|update)[ ][^\n|;]{1,200}?"
            r"[ ]--(?:body|value|data|text|secret-string)[ =](?P<at>)(?=[\"']|[^\s/-]\S*\d)"
        ),
    ),
    ("put ", r"\bput[ ](?P<name>[\w./:-]{1,150})[ ](?P<at>)(?=[\"']|\S*\d\S*[ \t]*(?:\n|\Z))"),
    (
        "where",
        (
            r"(?i:value)[ ]?=[ ]?(?P<at>)(?=\\{0,2}'[^'\n]{3,500}'[^\n]{0,60}?(?i:where)"
            r"[ ]\w+[ ]?=[ ]?\\{0,2}'(?P<name>[\w.-]{2,80})')"
        ),
    ),
    (
        "auth",
        (
            r"(?<![\w-])\\{0,2}\"?AUTH\\{0,2}\"?[ ](?:\\{0,2}\"[\w.@-]{1,64}\\{0,2}\"[ "
            r"](?=\\{0,2}\"))?(?P<at>)(?!(?:PLAIN|LOGIN|TLS|CRAM|XOAUTH|NTLM|"
            r"GSSAPI|[a-z]+\b))(?=\\{0,2}\"|\S{6,}\s*$)"
        ),
    ),
    ("auth", r"\bAUTH(?:ENTICATE)?[ ](?:PLAIN|LOGIN|XOAUTH2)[ ](?P<at>)(?=[A-Za-z0-9+/]{8,})"),
    ("pass", r"(?m:^|[>:\]][ ]|\\n)PASS[ ](?P<at>)(?=[^\s/]{4,}\s*(?:$|\n|\\n|\\r))"),
    ("login", r"\b(?:LOGIN|login)[ ]\\{0,2}\"?[\w.@<>:-]{1,100}\\{0,2}\"?[ ](?P<at>)(?=\\{0,2}\")"),
    ("login attempt", r"login attempt[^\[\n]{0,60}\[\S{1,60}?/(?P<whole>[^\]\n]{3,100})\]"),
    (
        "communit",
        (
            r"(?:snmp-server community|r[ow]communit(?:y6?)|\bcom2sec[ ]\S+[ "
            r"]\S+|trap2?(?:sink|community)[ ]?\S*)[ ](?P<at>)"
        ),
    ),
    (
        "username",
        (
            r"(?m)^\s*(?:username|user|enable|line|neighbor|tacacs-server|radius-server|"
            r"crypto|ntp|ppp|ip|set|aaa|key-string)?\b[^\n]{0,80}?\b(?:password|"
            r"secret|key|key-string|psk|pre-shared-key|md5)[ ](?:\d[ ])(?P<at>)"
            r"(?=\S{4,})"
        ),
    ),
    ("auth", _CALLED_WITH),
    ("digest", r"Digest [^\n]{0,400}?response=\\{0,2}\"(?P<whole>[0-9a-f]{32})"),
    ("p", r"(?<![\w.-])[uU](?:ser|N)?: ?[\w.@-]{1,64}[,;]? [pP](?:w|ass|W)?: ?(?P<at>)(?=\S{4,})"),
    ("::", r"\bK10[0-9a-f]{64}::[\w-]{1,40}:(?P<whole>[0-9a-zA-Z]{16,})"),
    ("/rp", r"(?<=[ ])/rp[ ](?P<at>)"),
    ("password ", r"\bpassword[ ][0578][ ](?P<at>)(?=\S{4,}\s*$)"),
    ("secret ", r"\bsecret[ ][0589][ ](?P<at>)(?=\S{4,}\s*$)"),
    ("user ", r"(?m)^\s*user[ ]\S{1,64}[ ]on[ ][^\n]{0,100}?>(?P<whole>\S{4,100})"),
    ("auth ", r"\bAUTH[ ](?:[\w.@-]{1,64}[ ])?(?P<at>)(?=\S*\d)(?=\S{6,}[ \t\r]*(?:\n|\\n|\Z))"),
    (
        " -p",
        (
            r"(?: -[uU][ =]?\S{1,80}| --user(?:name)?[ =]\S{1,80})[^\n|;]{0,120}? -[pP][ ](?P<at>)"
            r"(?=\S*\d)(?=\S*[A-Za-z])(?!\d[\d.:]*(?:/\w+)?(?:\s|$))"
        ),
    ),
    (" -p", r" -[pP][ ](?P<at>)(?=\S*\d)(?=\S*[A-Za-z])(?!\d[\d.:]*(?:/\w+)?\s)(?=\S{4,100}[ ][^\n|;]{0,60}-[uU][ ])"),
    ("-user ", r"(?<!\S)--user[ =]\\?[\"']?[\w.@-]{1,64}:\\?[\"']?(?P<at>)(?!(?:[a-z]+|\d+)(?:\s|$))"),
    ("334 ", r"334 UGFzc3dvcmQ6\s{1,3}(?:[<>C:-]{1,3} ?)?(?P<whole>[A-Za-z0-9+/]{4,}={0,2})"),
    ("/v ", r"/v[ ](?P<name>[\w.-]{2,60})[^\n]{0,60} /d[ ](?P<at>)"),
    ("reg_", r"(?P<name>[\w.-]{2,60})[ \t]+REG_(?:EXPAND_)?SZ[ \t]+(?P<at>)"),
    ("signtool", r"signtool[^\n]{0,200} /p[ ](?P<at>)"),
    (
        " | ",
        (
            rf"{_PRINTED}(?P<word>)(?=[^\n|]{{3,300}}\|(?![ ]*(?:sudo )?chpasswd)[^\n|]{{0,160}}"
            r"(?:secret|passw|token|kinit|cryptsetup|luks|vault|auth|credential|login))"
        ),
    ),
    (
        "> ",
        rf"{_PRINTED}(?P<word>)(?=[^\n|>]{{3,300}}>{{1,2}} ?\S{{0,100}}(?:secret|pass|token|key|cred|auth))",
    ),
    ("base64", r"(?:echo|printf)[ ](?:-\w[ ])?(?P<word>)(?=[\"']?\S*[!#$%&*@^?][^\n|]{0,100}\| *base64(?! -d| --dec))"),
    *(
        (
            hint,
            (
                rf"(?m)^[ \t]*(?:{_DEVICES})\b[^\n:={{}}\"'|]{{0,80}}?[ -](?:{_DEVICE_NOUNS})[ ]"
                r"(?:(?:ascii|hex|encrypted|plain|cipher|simple|text|\d)[ ]){0,2}(?P<word>)(?=\S{5,100}(?:\s|$))"
            ),
        )
        for hint in ("key", "secret", "password", "md5", "psk", "passphrase")
    ),
    ("setuser", r"(?i:setuser)[ ]\S{1,64}[ ][^\n]{0,100}?>(?P<whole>\S{4,100})"),
    ("encrypt", r"\bencrypt[\"']?\s?[=:]\s?[\"']?(?P<whole>[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{22}==)"),
    (" -p:", r" -u:\S{1,60} -p:(?P<at>)"),
    ("pragma", r"(?i:pragma)[ ](?i:key|rekey)\s?=\s?(?P<at>)(?=[\"'])"),
    (" key '", r"(?i:attach)[^\n;]{1,200}[ ](?i:key)[ ](?P<at>)(?=')"),
    ("sp_", r"(?i:sp_addlogin|sp_password)[ ][^\n;]{0,100}?,[ ]?(?P<at>)(?=N?'[^']+'\s*(?:;|$|\n|,))"),
    (
        " * ",
        (
            r"(?m)^[ \t]*\"?[\w.@*-]{1,60}\"?[ \t]+(?:\*|[\w-]+)[ \t]+\"(?P<whole>[^\"\s]{4,100})\""
            r"[ \t]+(?:\*|\d[\d.]+)[ \t]*$"
        ),
    ),
    *((hint, _ORACLE) for hint in ("@//", ":1521/")),
    ("login(", _CALLED_WITH),
    ("credential(", _CALLED_WITH),
    ("credentials(", _CALLED_WITH),
    ("obscure", r"rclone obscure[ ](?P<at>)"),
    ("-xp", r" -xu[ ]\S{1,80} -xp[ ](?P<at>)"),
    ("-command", r"pass(?:word|phrase)-command[ =][\"']echo[ ](?P<at>)"),
    ("secrets", r"\bsecrets?[ :](?:set|put|add)[ ][\"']?(?P<name>[\w./:-]{1,100})[\"']?[ ](?P<at>)(?![ -])"),
    ("cryptsetup", r"(?:echo|printf)[ ](?:-\w[ ])?(?P<at>)(?=[^\n|]{3,300}\|\s*(?:sudo )?cryptsetup)"),
    (
        "$1 = '",
        (
            r"(?P<name>\w{3,40}) ?= ?\$(?P<n>\d{1,2})\b(?:(?!\$(?P=n) =)[\s\S]){0,400}?"
            r"\$(?P=n) = (?P<at>)(?=')"
        ),
    ),
    ("-passw", r"\b(?:set|change|reset)-(?:\w{1,20}-)?passw(?:or)?d[ ](?P<word>)"),
    ("xauth", r"\bXAUTH[ ](?P<at>)(?=\")"),
    ("radius server", r"radius server[^\n]{0,60}\n(?:[ ][^\n]{0,100}\n){0,6}?[ ]+key[ ](?:\d[ ])?(?P<word>)"),
    ("payload", r"\\?\"payload\\?\":\s{0,8}\{\s{0,8}\\?\"data\\?\":\s?\\?\"(?P<whole>[A-Za-z0-9+/=_-]{8,4000})"),
    ("radtest", r"radtest[ ]\S{1,80}[ ](?P<at>)"),
    ("radtest", r"radtest[ ]\S{1,80}[ ]\S{1,100}[ ]\S{1,80}[ ]\d{1,5}[ ](?P<at>)"),
    ("]:", r"(?m)^\[[\w.-]{1,100}\]:\d{2,5}[ \t]+[^\s:]{1,100}:(?P<whole>\S{4,100})[ \t]*$"),
    ("stats auth", r"stats auth[ ][^\s:]{1,64}:(?P<at>)"),
    ("chpasswd", r"chpasswd[^\n]{0,40}\n[\w.-]{1,64}:(?P<at>)"),
    ("server", r"(?:tacacs-server|radius-server)[^\n]{0,80} key[ ](?P<at>)"),
    ("psk", r"(?i:\bpsk)[ :=]{1,3}(?P<at>)(?=\\{0,2}\")"),
    ("machine", r"\b(?:machine[ ]\S{1,200}|default)\s+login\s\S{1,200}\s+password\s(?P<at>)"),
    ("password", r"(?<=[ \t])password[ ](?P<at>)(?![a-z]+[?!.,:;]\s*$)(?=\S+\s*$|(?=[a-zA-Z]*\d)\S{6,}[ \t]*\n)"),
    ("thin", r"jdbc:oracle:(?:thin|oci8?):[\w$.-]+/(?P<whole>[^\s@]{1,100})@"),
    ("secret string", r"\b(?:xoauth2|x-api-key)[ ](?P<at>)(?=\S{16,})"),
    (":::", r"\b[0-9a-fA-F]{32}:(?P<whole>[0-9a-fA-F]{32})(?=:::)"),
    ("jsonrpc", r"\"params\":\s?\[\"?\w+\"?,\s?(?P<at>)(?=\"[^\"]{6,100}\"\])"),
    ("pwd", r"(?i:uid|user id)=[^;\n]{1,80};\s?(?i:pwd|password)=(?P<whole>[^;\"'\n]{1,100})"),
)
"""What is in every text that holds one, and where the value begins: at `at`; or all of it, `whole`."""

_PORTS = (":5432:", ":5433:", ":6432:", ":*:")
_PGPASS = re.compile(
    r"(?m)(?:^|(?<=[\"' ])|(?<=\\n))(?:[\w.-]{1,100}|\*):(?:\d{2,5}|\*)"
    r":[\w*-]{1,60}:[\w*.@-]{1,60}:(?P<secret>[^\s\"']{4,200})(?=$|[\"'] *(?:>|\||$))"
)
_INSERT = re.compile(
    r"(?i:insert\s+into)\s+\S{1,100}\s*\((?P<names>[^()\n]{1,500})\)\s*(?i:values)\s*\((?P<values>[^\n]{1,2000})"
)
_ITEM = re.compile(r"\s*(?:N?\\{0,2}'((?:[^'\\\n]|\\.|'')*)\\{0,2}'|[^,'\n]*)\s*(?:,|\)|$)")
_COMPILED = tuple(
    (frozenset(hint for hint, one in _PLACES if one == regex), re.compile(regex))
    for regex in dict.fromkeys(regex for _, regex in _PLACES)
)
_HINTS = frozenset(hint for hint, _ in _PLACES)


def placed_secrets(text: str, lowered: str) -> Iterator[Found]:
    """What protocols, configurations and SQL say by the order of their words."""
    present = {hint for hint in _HINTS if hint in lowered}
    for hints, regex in _COMPILED:
        if not present.isdisjoint(hints):
            for found in regex.finditer(text):
                yield from _placed(text, found)
    if "insert" in lowered:
        yield from _inserted(text)
    if any(port in text for port in _PORTS):
        yield from (Found(*found.span("secret"), "password") for found in _PGPASS.finditer(text))


def _placed(text: str, found: re.Match[str]) -> Iterator[Found]:
    known = found.re.groupindex
    if "whole" in known:
        if plausible(found["whole"]):
            yield Found(*found.span("whole"), "password")
        return
    value = value_at(text, found.end("word" if "word" in known else "at"))
    said = text[value.start : value.end] if value else ""
    if "word" in known and (" " in said or not chosen(said)):
        return
    kind = trust(found["name"].rpartition("/")[2].rpartition(":")[2]) if "name" in known else Trust.CHOSEN
    if value and kind and secret_under(kind, text[value.start : value.end]):
        yield Found(value.start, value.end, "password")


def _inserted(text: str) -> Iterator[Found]:
    """Values of a row, by the names of the columns."""
    for found in _INSERT.finditer(text):
        names = [name.strip(' \t`"[]\\') for name in found["names"].split(",")]
        at = found.start("values")
        for name in names:
            item = _ITEM.match(text, at)
            if not item or item.end() == at:
                break
            kind = trust(name)
            if kind and item[1] and secret_under(kind, item[1]):
                yield Found(*item.span(1), "password")
            at = item.end()
