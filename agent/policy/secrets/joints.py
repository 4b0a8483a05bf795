"""What joins a name and its value, in every notation? Expressions, and nothing else."""

import re

JOINED = (
    r"(?:[ \t]?\d{1,2}|[ \t]?\([\w ]{1,20}\)|[ ]\[[\w* ]{0,30}\]|[ ](?:base|value|string)"
    r")?(?:\\{0,5}[\"'`*]{1,2}|\]|\}{1,2}){0,2}(?:[ \t]{0,40}(?:[?+]?=|\|\|=|:{1,2}(?!//|:)|<<<|→|-+>)|>|\(|</\w|\?|"
    r"\\{0,5}[\"'](?:[;\r\n]|\\[rn])|\n[ \t]{0,40}- |"
    r"[`*]{0,2}[ \t]{0,40}\||,?\s{0,30}(?:\\{0,5}[\"'])?value|"
    r"\n(?:[+-]|20\d\d)|,[ ]?(?:<<)?\\{0,5}\"|\\{0,5}[\"']?,[ \t]{0,12}\\{0,5}[\"']|,(?=[^\s,\"'])|[ \t]{1,3})"
)
ASSIGNED = re.compile(
    r"(?:[ \t]?\d{1,2}|[ \t]?\([\w ]{1,20}\)|[ ]\[[\w* ]{0,30}\]|[ ](?:base|value|string)"
    r")?(?:\\{0,5}[\"'`*]{1,2}|\]|</\w{1,8}>){0,2}[ \t]{0,40}(?P<sign>=>|:=|[?+]=|\|\|=|={1,3}|"
    r":(?![/:]|\Z)|::(?=[ ]\S)|:(?=/[^/\s]\S{11})|<<<|→)"
    r"(?:\*{1,2}(?=[ \t])|</\w{1,8}>)?[ \t]{0,40}(?:\[(?![A-Z]{4,10}\])\s?|!!\w+ |null -> "
    r"|(?:Some|Just|String|SecretStr)\((?=\\?[\"'])|\s{0,12}string\(\d{1,5}\) )?"
)
PAIRED = re.compile(
    r"(?:\\{0,5}[\"']|\}?</\w{1,12}>)?,?(?:\s|\\n){0,30}"
    r"(?:(?<=\n)(?:[+-]|20\d\d-\d\d-\d\dT[\d:.]{8,20}Z)[ \t]{1,20})?"
    r"(?:(?:\\{0,5}[\"'])?(?:value|val|Value|VALUE|current|to)(?:\\{0,5}[\"'])"
    r"?[ \t]{0,3}(?:[:=]|=>)[ \t]{0,3}|"
    r"<(?:value|string|Value|td|dd|\w{1,12} name=\"[\w.]{0,30}value\")>(?:<(?:code|b|tt|span)>)?)"
)
LISTED = re.compile(r"\\{0,5}[\"'],[ \t]{0,12}(?=\\{0,5}N?[\"'])")
FALLBACK = re.compile(r"[\"'\])]{0,3}[ ](?:\|\||\?\?|or)[ ](?=[\"'])")
"""`process.env.DB_PASSWORD || "X"`."""
HAS = re.compile(r"(?:[`\"'*]{1,2}|\}\}) (?:(?:is|was) set to|has (?:the )?value|equals|is) (?:\{\{|(?=[`\"']))")
ARGUMENTS = re.compile(r"\\?\" a\d{1,2}=(?=\")")
"""Of a command in the log of audits."""
FIELDS = re.compile(r",(?=[^\s,'])")
"""Of lines that commas divide: `name,value`."""
TERM = re.compile(r",[ ]?(?:<<)?(?=\\{0,5}\")")
"""Of Erlang: `{password,<<"X">>}`."""
BINARY = re.compile(r"\\{0,5}\">>,[ ]?<<(?=\\{0,5}\")")
"""Of Erlang: `{<<"password">>,<<"X">>}`."""
BESIDE = re.compile(r"\\{0,5}[\"'][ ]{1,3}(?=\\{0,5}[\"'])")
"""Of words in quotes: `"SET" "requirepass" "X"`."""
CHANGED = re.compile(r"\\{0,5}[\"']?[ ](?:->|→)[ ](?=\\{0,5}[\"'])")
"""Between what it was and what it is, as plans of changes show it."""
ELEMENT = re.compile(
    r"\\{0,5}\"?(?:\s[^<>\n]{0,200})?>(?:\s|\\n){0,20}(?:<!\[CDATA\[)?(?P<v>[^<>\s](?:[^<>\n]{1,3998}?[^<>\s])??)(?:\]\]>)?"
    r"(?:\s|\\n){0,20}</"
)
SPACED = re.compile(r"(?:>[ ]|[ \t]{1,60})(?=[^\s-]|-[^\s-]{20})")
SET_TO = re.compile(r"[`\"'*]{0,2} to (?=[`\"']?\S)")
CELL = re.compile(r"[`*]{0,2}[ \t]{0,40}\|{1,2}[ \t]{0,40}(?=[^\s|])")
CALLED = re.compile(r"\(\s{0,20}(?:\\?[\"'][^\"'\n]{0,80}\\?[\"'],\s?)?(?=\\?[\"'])")
FORM = re.compile(
    r"\\{0,5}\"(?:;[^\n\\]{0,100})?(?:\r?\n|\\r\\n|\\n)(?:[A-Z][\w-]{1,30}:[^\n\\]{1,80}(?:\r?\n|\\r\\n|\\n)){0,3}"
    r"(?:\r?\n|\\r\\n|\\n)"
)
"""Of a form in several parts."""
TYPED = re.compile(
    r"(?::[ ]?(?:\w[\w.:]{0,30}[ ])?\w[\w.:]{0,30}(?:[\[<(][\w., |\[\]<>&'?]{0,40}[\])>])?\??[ ]?=[ ]?"
    r"|[ ](?i:string|str|text|n?(?:var)?char|sysname|securestring)(?:\(\w{1,5}\))?[ ]=[ ])"
    r"(?=[brufN@]{0,2}[\"'])"
)
"""With a type between the two: `password: str = "X"`."""

_QUOTE = r"\\{0,5}[\"']"
EXPRESSION = re.compile(
    rf"(?!credentials\()(?:new[ ])?[A-Za-z_$][\w.:]{{0,60}}\(\s{{0,3}}(?:{_QUOTE}[^\"'\n]{{1,80}}"
    rf"{_QUOTE},\s{{0,3}})?(?=N?{_QUOTE})"
    rf"|[\w.$\[\]\"'()-]{{1,80}}[ ](?:\|\||\?\?|or|\?:)[ ](?={_QUOTE})"
    r"|\$\{(?:[\w.]{1,60}:-|\w{0,60}[._][\w.]{0,60}:|[A-Z]{2,60}:)(?=[^}\s]{5,})|\{(?!cipher\})\{?(?=[^{}\s\"']{5,}\})"
    r"|(?!ENC\()[A-Z]\w{0,20}\((?=[^\s()\"']{5,}\))"
    rf"|\{{\s{{0,20}}{_QUOTE}\w{{1,20}}{_QUOTE}\s?:\s?(?={_QUOTE})"
    rf"|\[\s{{0,20}}(?={_QUOTE})"
    rf"|\[\[|\[(?=[^\s\[\]]{{4,100}}\]\])|\((?!{_QUOTE})"
    r"|<(?:b|code|tt|strong|em|i|kbd|pre|span)>|<(?!/)|%?[qQw][({\[]|&\w{1,20}[ ]"
    r"|\"\"(?=\"\S)|\(?sensitive\)?[ ]->[ ]"
    r"|<<[-~]?[\"']?[A-Z]\w{0,20}[\"']?\n[ \t]{0,20}"
)
"""Behind the sign, before the value: a call that takes it, what it falls back from, a field around it, a bracket."""
LOOSE = re.compile(
    rf"(?:{_QUOTE}|[`*]{{1,2}}|\]|\)|\}})?(?:"
    r"[ ]{0,3}(?:-{1,2}>|={2}>|→|[–—|])[ ]{0,3}"
    r"|[ ]?(?:>{2,3}|\.{3})[ ]|\[(?=[^\[\]\s]{8,300}\])|(?<=\w),[ ]?(?=[\"'])"
    r"|[ ](?:-|=>|is|was|equals|matches)[ ]|[ ]?(?:!==?|===|<>)[ ]"
    r"|[ ](?:for|of)[ ][\w@.'/-]{1,40}(?:[ ]?[:=]|[ ]is)[ ]|[ ]\[[^\]\n]{0,40}\]:[ ]"
    r"|[ ]\([^()\n]{0,40}\):[ ]|\?(?:\s{1,3}>)?[ ]"
    r"|[ ](?i:in)[ ]?\(|[ ](?i:like)[ ]|[ ](?:was |has been )?(?:changed|rotated|updated|reset|switched)(?: from|:)?[ ]"
    r"|(?::[ ])?[ ]?(?:(?:has |an? )?(?:invalid|bad|wrong|illegal|unexpected|unsupported) value:?|must not be"
    r"|cannot be|with(?:(?: the)? value:?)?|"
    r"to (?:be|equal|match|have value)|should (?:be|equal)|but got|got)[ ]"
    rf"|[ ]\((?![^\s)]*[ ])|[ ](?={_QUOTE})|(?P<bare>[ ])|\n[ \t]{{0,40}}-[ ]|:{{2}}(?=\S)"
    r")(?=\S)"
)
"""What joins them only when the value looks like one."""
