"""Which words of a command line are passwords by the option they stand behind?"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from agent.policy.first_words import Words, beginnings, matches
from agent.policy.secrets.spans import Found, value_at
from agent.policy.secrets.values import plausible

_OPTIONS = {
    "sshpass": r"-p[ ]?",
    "docker|podman|nerdctl|helm|skopeo|buildah|oras|crane|cf|oc|az|argocd": r"(?<=login)[^\n|;]{0,150}? -p[ =]"
    r"(?!\d{1,5}:\d)",
    "mysql|mysqldump|mysqladmin|mariadb|mariadb-dump|mysqlimport|mysqlcheck|"
    "mysqlpump|mysqlsh|xtrabackup|mytop|mariadb-admin": r"[ \"']-p(?=[^\s-])",
    "mongo|mongosh|mongodump|mongorestore|mongoexport|mongoimport|mongostat|"
    "psexec(?:64)?(?:\\.exe)?|cqlsh|nodetool|evil-winrm|crackmapexec|"
    "netexec"
    "|nxc|hdbsql|influx|couchbase-cli|cbbackup|snowsql|http|amqp-publish|"
    "kcadm\\.sh|hydra|medusa|ncrack|impacket-\\w+|mc|asadmin|proxychains|"
    "racadm|rabbitmqadmin|check_mysql|check_pgsql|check_ldap|hammer|jboss-cli\\.sh|"
    "xfreerdp|wfreerdp|smbmap|useradd|usermod|unrar|certutil": r" -p[ =]?(?![\s-])(?!\d{1,5}(?:\s|:|$))",
    "redis-cli|keydb-cli|valkey-cli": r" -a[ =]?",
    "ldapsearch|ldapmodify|ldapadd|ldapdelete|ldapwhoami|ldappasswd|"
    "ldapcompare|ldapmodrdn|dsconf|dsidm|kadmin|kadmin\\.local|ktpass|"
    "slappasswd": r" -[ws][ ]?(?![ -])",
    "sqlcmd|bcp|osql|isql|tsql|freebcp|ipmitool|mosquitto_pub|mosquitto_sub|"
    "mosquitto_rr|zip|unzip|zipcloak|ssh-keygen|mqttx": r" -P[ ]?(?![ -])(?!\d{1,5}(?:\s|$))",
    "snmpwalk|snmpget|snmpset|snmpbulkwalk|snmpgetnext|snmptrap|snmptable": r" -[cAX][ ]?(?![ -])",
    "plink|pscp|psftp|plink\\.exe|kitty": r" -pw[ ]",
    "nsupdate|dig|rndc|knsupdate": r" -y[ ]?(?:hmac-\w{2,8}:)?[\w.-]{1,60}:",
    "yubico-piv-tool|pkcs11-tool|ykman": r" (?:-P|--pin|-N)[ =]?(?=\d)",
    "oathtool": r" (?:-b|--base32)[ ](?![ -])",
    "7z|7za|7zz|rar": r" -(?:p|hp)(?=\S)",
    "ssh-keygen": r" -[NP][ ]",
    "evil-winrm|crackmapexec|netexec|nxc|pth-winexe": r" -H[ ](?![ -])",
    "swaks": r" -(?:ap|-auth-password)[ =]",
    "pdftk": r" (?:input_pw|owner_pw|user_pw)[ ]",
    "vault": r" (?:login|operator unseal)[ ](?![ -])(?!\w+=)",
    "openssl|easyrsa": r"(?<=passwd)[ ](?:-\w+[ ]){0,3}(?=[\"'])|[ ]-K[ ](?=[0-9A-Za-z+/]{16,})|"
    r"(?:pass|-passin|-passout)[ :](?:pass:)|-pass[ ]pass:|-k[ ](?![ -])",
}
_USER_OPTIONS = {
    "curl|wget|http|https|influx|mqttx|govc|check_http|check_curl": ""
    r"(?:\s-u|\s--user|\s-[a-zA-Z]*u|\s-a|\s--auth|\s--proxy-user|\s-U)"
    r"[ =]?\\{0,2}[\"']?[^\s:'\"/]+:",
    "smbclient|rpcclient|winexe|smbmount|net|smbget|smbcacls|mount\\.cifs|"
    "mount|wmic|pth-winexe": r"(?:-U|--user)[ =]?\\{0,2}[\"']?[^\s%'\"]+%",
    "transmission-remote": r"\s-n[ =]?\\{0,2}[\"']?[^\s:'\"/]+:",
    "lftp": r" -u[ ]?\\{0,2}[\"']?[^\s,'\"]+,",
    "sqlplus|sqlldr|impdp|expdp|rman|exp|imp": r"(?:^|[ \"'])[A-Za-z_][\w$#.-]*/(?=[^\s/@]+@|\\?[\"'])",
}


class _Program(NamedTuple):
    named: re.Pattern[str]
    options: re.Pattern[str]
    pair: bool


_PROGRAMS = tuple(
    (
        beginnings(names.replace("\\", "").replace("(?:64)?(?:.exe)?", "").replace("-w+", "-").split("|")),
        _Program(re.compile(rf"(?<![\w-])(?:{names})(?![\w-])"), re.compile(options), pair),
    )
    for table, pair in ((_OPTIONS, False), (_USER_OPTIONS, True))
    for names, options in table.items()
)
_NAMED: dict[str, list[int]] = {}
for _place, (_names, _) in enumerate(_PROGRAMS):
    for _name in _names:
        _NAMED.setdefault(_name, []).append(_place)
_NAMES = Words(_NAMED)
_COMMAND = 400
_OPTION = re.compile(r"[ \"'][-/]\w| \w[\w.-]{0,40}/(?:\S{1,100}@|\\?[\"'])| login | unseal |pass:|_pw ")


def command_secrets(text: str, lowered: str) -> Iterator[Found]:
    """By the options of programs that take a password."""
    if _OPTION.search(text):
        for at in dict.fromkeys(at for name in _NAMES.within(lowered) for at in _NAMED[name]):
            yield from _options(text, lowered, *_PROGRAMS[at])


def _options(text: str, lowered: str, names: tuple[str, ...], program: _Program) -> Iterator[Found]:
    end = 0
    for found in matches(program.named, names, text, lowered):
        if found.start() >= end:
            end = _end_of_command(text, found.end())
            for option in program.options.finditer(text, found.end(), end):
                if one := _at(text, option.end(), pair=program.pair):
                    yield one


def _end_of_command(text: str, at: int) -> int:
    end = min(len(text), at + _COMMAND)
    line = text.find("\n", at, end)
    return line if line >= 0 else end


_PAIR = re.compile(r"[^\s\"'`]{2,200}")
_OPENED = re.compile(r"[\"'][^\s\"']{1,60}\Z")
_QUOTED = {quote: re.compile(rf"[^{quote}\n]{{2,200}}(?={quote})") for quote in ("'", '"')}


def _at(text: str, at: int, *, pair: bool = False) -> Found | None:
    if pair and text[at : at + 1] not in ("'", '"'):
        rest = _rest_of_quoted(text, at) or _PAIR.match(text, at)
        if not rest or not plausible(rest[0]):
            return None
        said = rest[0].partition("@//")[0].rstrip("\\")
        return Found(at, at + len(said), "password")
    value = value_at(text, at)
    if not value or not plausible(text[value.start : value.end]):
        return None
    return Found(value.start, value.end, "password")


def _rest_of_quoted(text: str, at: int) -> re.Match[str] | None:
    """To the end of the quotes that the pair stands in, blanks and all."""
    opened = _OPENED.search(text, max(0, at - 60), at)
    return _QUOTED[opened[0][0]].match(text, at) if opened else None
