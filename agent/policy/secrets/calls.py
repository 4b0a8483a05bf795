"""Which argument of a call is a password, as sources and stack traces show it? By the call's name and by its place."""

from agent.policy.secrets.places import Place, at

_TEXT = r"[bN]?\\?[\"'][^\"'\n]{0,200}\\?[\"'],\s{0,20}"
_OTHER = r"(?:[Oo]bject\([\w\\ ]{1,80}\)(?: #\d{1,4})?|Resource id #\d{1,4}|[A-Za-z_$][\w.$>-]{0,60}|\d{1,5}),\s{0,20}"
_VALUE = r"(?P<at>)(?=[bN]?\\?[\"'][^\"'\n]{1,200}[\"'])"

_OF_A_FORM = r"[\"'`][^\n,]{0,60}(?i:passw|pwd|secret|token)[^\n,]{0,30}[\"'`]"

CALLS: tuple[Place, ...] = (
    at(
        ("get(", "find_element", "locator(", "$(", "findelement", "getby", "element(", "query"),
        rf"(?i:get|find_?element|locator|\$|getby\w{{1,20}}|element|query\w{{0,20}})\([^\n\"']{{0,40}}{_OF_A_FORM}\)*"
        r"(?:\.clear\(\))?\.(?i:type|send_?keys|fill|set_?value|enter_?text|press_?sequentially)\(\s?(?P<at>)(?=[\"'])",
        needs=("type(", "keys(", "fill(", "value(", "text(", "sequentially("),
    ),
    at(
        ("fill", "type(", "enter"),
        rf"(?:fill(?:_in)?|type|enter(?:_text)?)[( ]\s?{_OF_A_FORM},\s?(?:with: ?)?(?P<at>)(?=[\"'])",
    ),
    at(
        ("client(", "search(", "initialize(", "configure("),
        r"(?i:client|search|initialize|configure)\([\"'][\w.:/-]{2,100}[\"'],\s?[\"'](?P<whole>[0-9a-f]{32,64})[\"']",
    ),
    at("credentials(", rf"[Cc]redentials\({_TEXT}{_TEXT}{_TEXT}{_VALUE}"),
    at(
        ("connect", "__construct", "mysqli", "new pdo", "imap_open", "openconnection", "open_connection"),
        rf"(?i:connect|__construct|mysqli|new pdo|imap_open|open_?connection)\w{{0,20}}"
        rf"\(\s{{0,20}}(?:{_OTHER})?{_TEXT}(?:{_OTHER})?{_TEXT}(?![\"']t3s?:){_VALUE}",
    ),
    at(
        ("auth", "login", "credential", "ldap_bind", "simple_bind", "logon", "attempt", "createuser", "create_user"),
        rf"(?i:attempt|create_?user|auth(?:_password|\s?=\s?)|(?<=->)authenticate|login|logon|credentials?|ldap_bind|simple_bind(?:_s)?)\s?"
        rf"(?!\(\s?{_TEXT}{_TEXT}{_TEXT})(?:=\s?)?\(\s{{0,20}}(?:{_OTHER}){{0,2}}{_TEXT}{_VALUE}",
    ),
    at("basicauth", rf"(?i:basicauth)\(\s{{0,20}}{_TEXT}{_VALUE}"),
    at("auth", rf"(?i:(?<!plain)auth(?:enticat\w{{1,5}})?)\(\s{{0,20}}(?:{_OTHER}){{0,2}}{_TEXT}(?P<word>)(?=[\"'])"),
    at(
        ("auth'", 'auth"', "auth\\"),
        r"(?i:auth)\\?[\"'],\s{0,3}(?:args: ?)?(?:(?i:array)\(|\[|\()\s{0,3}"
        rf"(?:{_TEXT})?(?P<at>)(?=\\?[\"'][^\"'\n]{{3,200}}[\"']\s?[\])])",
    ),
    at("plainauth(", rf"(?i:plainauth)\(\s{{0,20}}{_TEXT}{_TEXT}{_VALUE}"),
    at(
        ("password_verify(", "password_hash(", "ssh.password(", "fernet(", "hmac.new("),
        r"(?i:password_verify|password_hash|ssh\.password|fernet|hmac\.new)\(\s{0,20}(?P<at>)(?=b?[\"'][^\"'\n]{3,300}[\"'])",
    ),
    at(
        ("hash_hmac(", "createhmac(", "openssl_encrypt(", "openssl_decrypt(", "jwt."),
        rf"(?i:hash_hmac|createhmac|openssl_(?:en|de)crypt|jwt\.(?:encode|sign|verify|decode))"
        rf"\(\s{{0,20}}(?:(?:{_TEXT}|{_OTHER}|\{{[^{{}}\n]{{0,200}}\}},\s?)){{1,2}}(?P<at>)(?=b?[\"'][^\"'\n]{{8,300}}[\"'])",
    ),
    at("auth(", r"(?<=[.>:])auth\(\s{0,3}(?:\[|(?i:array)\()?\s{0,3}(?P<at>)(?=[\"'][^\"'\n]{3,200}[\"']\s?[\])])"),
)
"""`auth("app", "X")`, `ldap_bind(Object(LDAP), 'cn=app', 'X')`, `->__call('auth', Array('X'))`."""
