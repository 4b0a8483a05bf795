"""Where do configurations of networks, of hosts and of their services have a secret?"""

from agent.policy.secrets.places import Place, at, near

_HEADS = (
    "set|username|user|enable|line|neighbor|tacacs|tacacs-server|radius|radius-server|crypto|ntp|ppp|ip|ipv6|aaa|standby|"
    "vrrp|IPSec|ipsec|isis|key|wpa-psk|security|authentication|snmp-server|vpn|peer|area|local-user|server-private|bgp|ospf|key-string"
)
_NOUNS = (
    r"password|secret|key|key-string|psk|pre-shared-key|pre-shared-secret|[\w-]*password-value|md5|ascii|passphrase"
)
"""How lines of a router's or a switch's configuration begin, and what stands before the secret in them."""

DEVICES: tuple[Place, ...] = (
    near('["{$', r"\[\"\{\$[\w.]{1,60}\}\",\s?\"[^\"\n]{1,60}\",\s?\"(?P<whole>[^\"\n]{3,200})\"\]"),
    at("{$", r"\{\$(?P<name>[\w.]{2,60})(?::[^}\n]{0,60})?\}[\"']?\s?[:=]\s?(?P<at>)"),
    at(
        ("basicauth", "addauth digest "),
        r"(?:basicauth(?:\.users)?=|addauth digest )[^\s:]{1,60}:(?P<whole>[^\s\"']{3,200})",
    ),
    at(
        ("auth=", "login=", "user=", "users=", "creds=", "credentials=", "bundle_"),
        r"(?<![a-z])(?i:auth|login|users?|creds|credentials|bundle_\w{2,60})=[\"']?[A-Za-z][\w.@-]{1,40}:(?P<word>)",
    ),
    at(("v1 ", "v2c "), r"(?<=[ (])v(?:1|2c),? community[ =:]{1,2}(?P<at>)"),
    near("v2c ", r"(?<=v2c )(?P<word>)(?=\S{4,60} \d{2,5}\b)"),
    at(
        "check_",
        r"check_\w{2,40}!(?:[^!\s]{1,80}!){1,3}(?P<whole>(?=[^!\s]*[A-Za-z])(?=[^!\s]*\d)(?=[^!\s]*[A-Z_~#$%^&*+=?@])[^!\s]{6,100})"
        r"(?=!|\s|$)",
        needs="!",
    ),
    at("rootpw ", r"rootpw (?:--?\w{2,12} ){0,3}(?P<at>)(?![-$])"),
    near("chpasswd", r"(?m)^[ \t]+(?:- )?[\w.-]{1,40}:(?P<at>)(?=\S{4,100}$)"),
    near("$user", r"\$USER\d{1,3}\$=(?P<word>)"),
    at(
        ("auth.", "credentials.", "pass.", "login."),
        r"(?:auth|credentials|pass|login)\.(?:txt|conf)\n\S{2,60}\n(?P<word>)",
    ),
    near("ssid", r"(?i:ssid)[^\n]{0,60}\n(?:[^\n]{0,60}\n)?[ \t]*(?i:key|psk|pass\w{0,6}|pw)[ :=]{1,3}(?P<word>)"),
    at(
        ("user.info", "user-info", "userinfo"),
        r"user[.-]?info[\"']?\s?[=:]\s?[\"']?[^\s:\"']{1,100}:(?P<whole>[^\s\"']{6,200})",
    ),
    at("accounts", r"accounts[\"']?:\s?\[\s{0,12}[\"'](?P<whole>(?:0x)?[0-9a-f]{64})"),
    near((" pat", "_pat", "azure"), r"(?<![A-Za-z0-9])(?P<whole>(?=[a-z]*\d)[a-z2-7]{52})(?![A-Za-z0-9])"),
    at("auth-pass ", r"\bauth-pass [\w.-]{1,60} (?P<at>)"),
    at("insecure-password ", r"insecure-password (?P<at>)"),
    at(
        "enable ",
        r"enable (?P<word>)",
        needs=("switch", "router", "cisco", "core", "firewall"),
        before=r"[^\n]{0,60}(?i:switch|router|cisco|core|firewall|fw|asa)[^\n]{0,40}[: ,]",
    ),
    at(
        ("pre-shared-key ", "isakmp key "),
        r"(?:pre-shared-key|isakmp key)[ ](?:local |remote |ascii-text |address \S{1,60} key )?(?:\d"
        r" )?(?P<whole>[^\s\"]{4,100})"
        r"(?=[ \t]*(?:$|\n| address| hostname))",
    ),
    at("auth-user-pass", r"auth-user-pass[^\n]{0,40}\n\S{1,80}\n(?P<word>)"),
    at(
        ("wifi", "wi-fi", "wlan", "ssid"),
        r"(?i:wi-?fi|wlan|ssid)[^\n]{0,80}?[,:] (?:the )?(?i:pw|key|psk|pass\w{0,6})[ :=]{1,3}(?:is )?(?P<at>)"
        r"(?=[^\s\d]*\d)(?=\S{6,})",
    ),
    at(
        ("wifi", "wi-fi", "wlan"),
        r"(?i:wi-?fi|wlan)[^\n]{0,60}?\b(?i:pw|pass(?:word|wort|code)?|key|psk|code|schlüssel)\b"
        r"[^\n\d]{0,40}?[ ](?P<whole>\d{8,20})\b",
    ),
    at(
        ("password", "secret", "key", "md5", "psk", "pre-shared", "passphrase", "ascii"),
        rf"(?<=[ -])(?:{_NOUNS})[ ](?:(?:ascii|hex|encrypted|plain|cipher|simple|text|\d)[ ]){{0,2}}"
        r"(?P<word>)(?=\S{5,100}(?:\s|$))",
        before=rf"[ \t]*(?:{_HEADS})\b[^\n:={{}}\"'|]{{0,80}}",
    ),
    at(
        ("password", "secret", "key", "psk", "pre-shared-key", "md5"),
        r"\b(?:password|secret|key|key-string|psk|pre-shared-key|md5)[ ]\d[ ](?P<at>)(?=\S{4,})",
        needs="username",
        before=r"\s*[^\n]{0,100}",
    ),
    at("password ", r"\bpassword[ ][0578][ ](?P<at>)(?=\S{4,}[ \t]*(?:$|\n))"),
    at("secret ", r"\bsecret[ ][0589][ ](?P<at>)(?=\S{4,}[ \t]*(?:$|\n))"),
    at(
        ("snmp-server community", "rocommunit", "rwcommunit", "com2sec", "trap"),
        r"(?:snmp-server community|r[ow]communit(?:y6?)|\bcom2sec[ ]\S+[ ]\S+|"
        r"trap2?(?:sink|community)[ ]?\S*)[ ](?P<at>)",
        needs=("communit", "com2sec"),
    ),
    at(
        ("auth ", "priv "),
        r"(?<=[ \t])(?i:auth (?:sha|md5)(?:-?\d{3})?|priv (?:3?des|aes)(?:[ -]?\d{3})?)[ ](?P<at>)(?=\S{6,})",
    ),
    at("createuser ", r"createUser \S{1,64} (?:SHA|MD5)(?:-\d{3})? (?P<at>)"),
    at("createuser ", r"createUser \S{1,64} (?:SHA|MD5)(?:-\d{3})? \S{1,100} (?:AES|DES)(?:-\d{3})? (?P<at>)"),
    at((": eap ", ": xauth ", ": ntlm ", ": pin "), r": (?:EAP|XAUTH|NTLM|PIN) (?P<at>)(?=\")"),
    at("wep_key", r"wep_key\d=(?P<at>)"),
    at("key-string ", r"key-string (?:\d )?(?P<at>)(?=\S{3,}[ \t]*(?:\n|$))", before=r"[ \t]*"),
    at("ascii-text ", r"ascii-text (?P<at>)(?=\\?\")"),
    at(("{plain}", "{clear}", "{cleartext}"), r"(?i:\{(?:plain|clear|cleartext)\})(?P<whole>[^\s:\"'<]{3,200})"),
    at(("sip:", "sips:"), r"sips?:[\w.+-]{1,60}:(?P<whole>[^\s@:;<>]{3,100})@(?=[\w-])"),
    near(
        tuple(f";{way}" for way in ("ssh", "rdp", "telnet", "vnc", "ftp", "sftp", "winrm", "https")),
        r"(?m)^[\w.-]{2,100};[\w.@-]{1,60};(?P<whole>[^;\s]{4,100});\w{2,10}[ \t]*$",
    ),
    near("\t", r"(?m)^[\w.-]{2,100}\t\d{1,3}(?:\.\d{1,3}){3}\t[\w.@-]{1,60}\t(?P<word>)(?=\S{5,100}[ \t]*$)"),
    at(
        ("try ", "use ", "should be "),
        r"(?:try|use|should be) (?P<word>)(?=[`\"'][^\s`\"']{5,100}[`\"'] for (?:the |our )?(?:[\w-]{1,20} ){0,2}?"
        r"(?:admin|root|service) (?:user|account|login)\b)",
        needs=" for ",
    ),
    at(
        ("login", "log-in", "creds", "credentials"),
        r"(?:login|log-in|creds|credentials)(?: on [\w.-]{2,80})?(?: is| ?[:=]) ?"
        r"[A-Za-z][\w.@\\-]{1,40}(?: ?[/:] ?| with )"
        r"[`\"']?(?P<word>)",
    ),
    at(
        ("creds: ", "credentials: "),
        r"(?:creds|credentials): [A-Za-z][\w.@\\-]{1,40} (?P<word>)(?=(?=\S*[A-Za-z])(?=\S*\d)\S{6,60}[ \t]*(?:\n|\Z))",
    ),
    near(
        tuple(
            f" on the {what}" for what in ("ilo", "idrac", "ipmi", "bmc", "switch", "router", "firewall", "nas", "pdu")
        ),
        r"(?<![\w./@:-])[A-Za-z][\w.-]{1,30}:(?P<word>)"
        r"(?=[^\s:/]{5,60} on the (?i:ilo|idrac|ipmi|bmc|switch|router|firewall"
        r"|nas|pdu)\b)",
    ),
    at(
        ("jumphost", "jump host", "bastion"),
        r"(?i:jumphost|jump host|bastion)[^\n]{0,60}\n[> ]{0,3}[\w.-]{2,40}[:/](?P<word>)(?=\S{5,60}[ \t]*(?:\n|\Z))",
    ),
    at("changed ", r"changed [\w.-]{1,30} from (?P<word>)(?=[^\s:/]{6,60} to [^\s:/]{6,60} on [\w.-]+)"),
    at("changed ", r"changed [\w.-]{1,30} from [^\s:/]{6,60} to (?P<word>)(?=[^\s:/]{6,60} on [\w.-]+)"),
    at(
        ("the old one", "the same one", "the default one", "the usual one"),
        r"the (?:old|same|default|usual) one[,:]? [`\"']?(?P<word>)",
        needs=("pass", "pw", "login", "cred"),
    ),
    at("register =", r"register =>? ?[\w.+-]{1,60}:(?P<whole>\S{3,100})@[\w.-]{1,80}"),
    at(
        ("proxy-user", "userpwd", "proxyuserpwd", "proxy_user"),
        r"(?i:proxy[-_]user|(?:proxy)?userpwd)[\"']?[ ]?(?:[=:,]|=>)?[ ]?[\"']?[\w.@-]{1,64}:"
        r"(?P<whole>[^\s\"',;]{3,100})",
    ),
    at("user_", r"\buser_[\w-]{1,60}=(?P<at>)(?=\\?[\"'])", needs="loginmodule"),
    at("-setairportnetwork ", r"-setairportnetwork \S{1,20} (?:\"[^\"\n]{1,60}\"|\S{1,60}) (?P<at>)"),
    at("password ", r"(?m)^PASSWORD \w{2,40} = (?P<at>)"),
    at(("tacacs-server", "radius-server"), r"(?:tacacs-server|radius-server)[^\n]{0,80} key[ ](?:\d[ ])?(?P<at>)"),
    at(
        "radius server",
        r"radius server[^\n]{0,60}\n(?:[ ][^\n]{0,100}\n){0,6}?[ ]+key[ ](?:\d[ ])?(?P<word>)",
    ),
    at("psk", r"(?i:\bpsk)[ :=]{1,3}(?P<at>)(?=\\{0,2}\")"),
    at("password ", r"(?<=[ \t])password[ ](?P<at>)(?![a-z]+[?!.,:;]\s*$)(?=\S+\s*$|(?=[a-zA-Z]*\d)\S{6,}[ \t]*\n)"),
    at(
        ("machine ", "default"),
        r"\b(?:machine[ ]\S{1,200}|default)\s+login\s\S{1,200}\s+password\s(?P<at>)",
        needs="login",
    ),
    near(
        " * ",
        r"(?m)^[ \t]*\"?[\w.@*-]{1,60}\"?[ \t]+(?:\*|[\w-]+)[ \t]+\"(?P<whole>[^\"\s]{4,100})\""
        r"[ \t]+(?:\*|\d[\d.]+)[ \t]*$",
    ),
    at(
        "[", r"(?m)(?:^|(?<=[ \t]))\[[\w.-]{1,100}\]:\d{2,5}[ \t]+[^\s:]{1,100}:(?P<whole>\S{4,100})[ \t]*$", needs="]:"
    ),
    at(
        "option ",
        r"option[ \t](?:key\d?|psk|sae_password|password|passwd|secret|auth_secret|priv_key_pwd|wpa_key|pin)[ \t]+"
        r"(?P<at>)(?=[\"'])",
    ),
    near(
        (":25 ", ":465 ", ":587 ", ":2525 ", ":25\t", ":587\t"),
        r"(?m)^[\w.-]{3,100}:(?:25|465|587|2525)[ \t]+[^\s:]{1,100}:(?P<whole>\S{4,100})[ \t]*$",
    ),
    at("stats auth", r"stats auth[ ][^\s:]{1,64}:(?P<at>)"),
    at("encrypt", r"(?<![A-Za-z])encrypt[\"']?\s?[=:]\s?[\"']?(?P<whole>[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{22}==)"),
    at("k10", r"\bK10[0-9a-f]{64}::[\w-]{1,40}:(?P<whole>[0-9a-zA-Z]{16,})"),
)
