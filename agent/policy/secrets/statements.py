"""Where do statements of SQL, options of a program and addresses of databases have a secret?"""

from agent.policy.secrets.places import Place, at, near

_ORACLE = r"(?<![\w/.:-])[A-Za-z]\w{1,30}/(?P<whole>[^\s/@:]{5,60})@(?://)?[\w.-]{1,80}(?::\d{2,5})?/\w"

STATEMENTS: tuple[Place, ...] = (
    at("identified", r"(?i:identified(?:[ ]with[ ]\S{1,40})?[ ](?:by|as))(?:[ ](?i:password))?[ ]{1,3}(?P<at>)"),
    at("password", r"(?i:\bpassword)[ ]{1,3}(?:(?i:for)[ ]\S{1,80}[ ])?(?:=[ ]?)?(?P<at>)(?=\\{0,2}N?')"),
    at("set password", r"(?i:set password for)[ ][^\n=]{1,80}=[ ]?(?:(?i:password)\()?(?P<at>)(?=\\{0,2}')"),
    at(
        ("password(", "old_password("),
        r"(?i:\bpassword|old_password)\((?:[^\n,'()]{1,40},[ ]?)?(?P<at>)(?=\\{0,2}N?')",
    ),
    at(
        ("crypt(", "pgp_sym_decrypt(", "pgp_sym_encrypt(", "md5(", "encrypt("),
        r"\b(?:crypt|pgp_sym_(?:de|en)crypt|md5|encrypt)\((?:[^\n,()]{1,80},[ ]?)?(?P<at>)(?=\\{0,2}N?')",
    ),
    at("connect to ", r"(?i:connect to)[ ]\w+[ ](?i:user)[ ]\w+[ ](?i:using)[ ](?P<at>)"),
    at(
        "value",
        r"(?i:value)[ ]?=[ ]?(?P<at>)(?=\\{0,2}'[^'\n]{3,500}'[^\n]{0,60}?(?i:where)"
        r"[ ]\w+[ ]?=[ ]?\\{0,2}'(?P<name>[\w.-]{2,80})')",
        needs="where",
    ),
    near(("' as ", "'::text as "), r"(?P<at>)(?='[^'\n]{3,200}'(?:::\w{1,20})? (?i:as) [\"`\[]?(?P<name>\w{2,60}))"),
    at("pragma", r"(?i:pragma)[ ](?i:key|rekey)\s?=\s?(?P<at>)(?=[\"'])"),
    at("attach", r"(?i:attach)[^\n;]{1,200}[ ](?i:key)[ ](?P<at>)(?=')", needs=" key '"),
    at(
        ("sp_addlogin", "sp_password"),
        r"(?i:sp_addlogin|sp_password)[ ][^\n;]{0,100}?,[ ]?(?P<at>)(?=N?'[^']+'\s*(?:;|$|\n|,))",
    ),
    near(
        tuple(f"${number} = '" for number in range(1, 10)),
        r"(?P<name>\w{3,40}) ?= ?\$(?P<n>\d{1,2})\b(?:(?!\$(?P=n) =)[\s\S]){0,400}?\$(?P=n) = (?P<at>)(?=')",
    ),
)

ARGUMENTS: tuple[Place, ...] = (
    at(
        ("add_argument", "option(", "flag."),
        r"(?:add_argument|option|flag\.\w{1,20})\((?:[\"']-\w[\"'],[ ])?[\"'](?:--)?(?P<name>[\w-]{2,60})[\"'],"
        r"(?:[^\n()]{0,120}?\bdefault=|[ ](?=[\"']))(?P<at>)(?=[\"'])",
    ),
    near(
        ('" for ', "' for ", "` for "),
        r"(?P<at>)(?=(?P<q>[\"'`])[^\"'`\n]{3,200}(?P=q) for [\"'`]?(?P<name>[A-Za-z]\w{0,40}_\w{1,40}))",
    ),
)
"""What an option of a program is when nobody says another, and what is given for a name."""

ADDRESSES: tuple[Place, ...] = (
    near(("@//", ":1521/"), _ORACLE),
    at(
        "jdbc:oracle:",
        r"jdbc:oracle:(?:thin|oci8?):[\w$.-]+/(?P<whole>\S{1,100})@(?=(?://|\()|[\w.-]+[:/]|[\w.-]+(?:\s|$))",
    ),
    at(("uid=", "user id="), r"(?i:uid|user id)=[^;\n]{1,80};\s?(?i:pwd|password)=(?P<whole>[^;\"'\n]{1,100})"),
    near(
        (":5432:", ":5433:", ":6432:", ":*:"),
        r"(?m)(?:^|(?<=[\"' ])|(?<=\\n))(?:[\w.-]{1,100}|\*):(?:\d{2,5}|\*)"
        r":[\w*-]{1,60}:[\w*.@-]{1,60}:(?P<whole>(?!\d*:)[^\s\"']{4,200})(?=$|[ \t]+#|[\"'] *(?:>|\||$))",
    ),
)
"""`app/X@//db:1521/ORCL`, and lines of a file of passwords."""
