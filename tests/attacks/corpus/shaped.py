"""Secrets that come in a shape of their own: key blocks, files of credentials, headers and cookies."""

import base64
from collections.abc import Callable

from tests.attacks.corpus.addresses import Shape, password
from tests.attacks.corpus.drawing import ALNUM, BASE64URL, HEX, LOWER, Draw


def _lines(draw: Draw, octets: int, indent: str = "") -> str:
    """Draw base64 of so many octets in lines of 64 signs."""
    value = draw.base64(octets)
    return f"\n{indent}".join(value[at : at + 64] for at in range(0, len(value), 64))


def _pem(kind: str, octets: int, joint: str = "\n") -> Callable[[Draw], str]:
    """Make the inside of a private key block; the whole block is the secret."""

    def make(draw: Draw) -> str:
        block = f"-----BEGIN {kind}PRIVATE " + f"KEY-----\n{_lines(draw, octets)}\n-----END {kind}PRIVATE " + "KEY-----"
        return block.replace("\n", joint)

    return make


def _basic(draw: Draw) -> str:
    """Draw what follows ``Basic``: a user and a password in base64."""
    return base64.b64encode(f"{draw.one(['svc', 'admin', 'deploy', 'ops'])}:{draw.password()}".encode()).decode()


def _coded_password(draw: Draw) -> str:
    """Draw the base64 of a password, as a Kubernetes secret holds it."""
    return base64.b64encode(draw.password().encode()).decode()


def _recovery(draw: Draw) -> str:
    """Draw a recovery code of two groups."""
    return f"{draw.text(HEX, 5)}-{draw.text(HEX, 5)}"


_BLOCK = "KEY " + "BLOCK-----"

SHAPES: tuple[Shape, ...] = (
    Shape(
        "pem_rsa",
        _pem("RSA ", 1190),
        (
            ("chat", "<person>: key for <host>:\n<secret>\nuser is ops"),
            ("file", "$ cat /etc/ssl/<service>.key\n<secret>"),
        ),
    ),
    Shape("pem_pkcs8", _pem("", 1214), (("file", "# <service> tls.key, rotated <day>\n<secret>\n"),)),
    Shape(
        "pem_ec", _pem("EC ", 121), (("log", "<time> DEBUG loaded key:\n<secret>\n<time2> INFO listening on :8443"),)
    ),
    Shape("pem_openssh", _pem("OPENSSH ", 390), (("shell", "[<person>@<host> ~]$ cat .ssh/id_ed25519\n<secret>"),)),
    Shape(
        "pem_one_line",
        _pem("", 1214, "\\n"),
        (
            (
                "service_account",
                (
                    '{"type":"service_account","project_id":"shop","private_key_id":"<sha>",'
                    '"private_key":"<secret>\\n","client_id":"<account>"}'
                ),
            ),
            ("dotenv", 'APPLE_KEY_ID=<count>\nAPPLE_PRIVATE_KEY="<secret>"\nREGION=<zone>'),
        ),
    ),
    Shape(
        "pgp_private",
        lambda d: "\n".join(
            ["-----BEGIN PGP PRIVATE " + _BLOCK, "", _lines(d, 900), "=aB3x", "-----END PGP PRIVATE " + _BLOCK]
        ),
        (("ticket", "Signing key of <service>:\n<secret>\n"),),
    ),
    Shape(
        "kubernetes_secret",
        _coded_password,
        (
            (
                "kubectl_yaml",
                (
                    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: <service>\n  uid: <uuid>\ndata:\n"
                    "  password: <secret>\ntype: Opaque"
                ),
            ),
        ),
    ),
    Shape(
        "kubernetes_string_data",
        password,
        (
            (
                "manifest",
                (
                    "kind: Secret\nmetadata:\n  name: <service>\nstringData:\n  username: <service>\n"
                    '  password: "<secret>"'
                ),
            ),
        ),
        "json",
    ),
    Shape(
        "kubeconfig_key",
        lambda d: base64.b64encode(_pem("RSA ", 600)(d).encode()).decode(),
        (("kubeconfig", "users:\n- name: <person>\n  user:\n    client-key-data: <secret>"),),
    ),
    Shape(
        "kubeconfig_token",
        lambda d: d.jwt(),
        (("kubeconfig", "users:\n- name: ci\n  user:\n    token: <secret>\ncurrent-context: <env>"),),
    ),
    Shape("docker_config", _basic, (("config_json", '{"auths":{"registry.internal":{"auth":"<secret>"}}}'),)),
    Shape(
        "npmrc",
        lambda d: d.uuid(),
        (("npmrc", "registry=https://npm.internal/\n//npm.internal/:_authToken=<secret>\nalways-auth=true"),),
    ),
    Shape(
        "netrc",
        password,
        (
            ("netrc", "machine git.internal\n  login <person>\n  password <secret>"),
            ("line", "machine <host> login ci password <secret>"),
        ),
    ),
    Shape("pgpass", password, (("pgpass", "$ cat ~/.pgpass\n<host>:5432:<service>:<service>:<secret>"),)),
    Shape(
        "basic_header",
        _basic,
        (
            ("headers", "GET <route> HTTP/1.1\nHost: <host>\nAuthorization: Basic <secret>\nX-Request-Id: <uuid>"),
            ("curl", "curl -H 'Authorization: Basic <secret>' https://<host>/"),
        ),
    ),
    Shape(
        "token_header",
        lambda d: d.text(HEX, 40),
        (
            ("curl", "curl -H 'Authorization: Token <secret>' https://<host><route>"),
            ("headers", "> authorization: token <secret>\n> x-request-id: <uuid>"),
        ),
    ),
    Shape(
        "api_key_header",
        lambda d: d.text(ALNUM, 32),
        (
            ("curl", "curl -H 'X-API-Key: <secret>' https://<host><route>"),
            ("headers", "> Host: <host>\n> x-api-key: <secret>\n> traceparent: 00-<trace>-<span>-01"),
        ),
    ),
    Shape(
        "private_token_header",
        lambda d: d.text(BASE64URL, 20),
        (("curl", "curl --header 'PRIVATE-TOKEN: <secret>' https://git.internal/api/v4/projects/<count>/jobs"),),
    ),
    Shape(
        "opaque_bearer",
        lambda d: d.text(BASE64URL, d.number(32, 64)),
        (
            ("headers", "authorization: Bearer <secret>\nx-request-id: <uuid>\nuser-agent: okhttp/4.12.0"),
            ("log", "headers={Authorization=[Bearer <secret>], X-Trace-Id=[<trace>]}"),
        ),
    ),
    Shape(
        "cookie_java",
        lambda d: d.text("0123456789ABCDEF", 32),
        (
            ("headers", "Cookie: JSESSIONID=<secret>; lang=en; theme=dark"),
            ("log", "<time> INFO req cookies=[JSESSIONID=<secret>] path=<route> trace=<trace>"),
        ),
    ),
    Shape(
        "cookie_php",
        lambda d: d.text(LOWER, 26),
        (
            ("headers", "Cookie: locale=de; PHPSESSID=<secret>\nX-Request-Id: <uuid>"),
            ("curl", "curl -b 'PHPSESSID=<secret>' https://<host>/cart"),
        ),
    ),
    Shape(
        "cookie_express",
        lambda d: "s%3A" + d.text(BASE64URL, 32) + "." + d.text(ALNUM, 43),
        (("headers", '< HTTP/2 200\n< set-cookie: connect.sid=<secret>; Path=/; HttpOnly\n< etag: W/"<short>"'),),
    ),
    Shape(
        "cookie_django",
        lambda d: d.text(LOWER, 32),
        (
            ("headers", "Cookie: sessionid=<secret>; _ga=GA1.2.<big>.<epoch>"),
            ("json", '{"path":"<route>","cookies":{"sessionid":"<secret>","lang":"en"},"trace":"<trace>"}'),
        ),
    ),
    Shape(
        "cookie_rails",
        lambda d: d.base64(180).replace("+", "%2B").replace("=", "%3D") + "--" + d.text(HEX, 40),
        (("headers", "Cookie: _shop_session=<secret>"),),
    ),
    Shape(
        "reset_link",
        lambda d: d.text(BASE64URL, 32),
        (
            (
                "mail_log",
                "<time> INFO mail sent: https://shop.example.com/password/reset?token=<secret>&lang=en to=<person>",
            ),
            ("ticket", "Customer gets 500 on https://shop.example.com/reset-password?reset_token=<secret>"),
        ),
    ),
    Shape(
        "query_token",
        lambda d: d.jwt(),
        (
            ("access_log", '<ip> - - [<clf>] "GET /ws?access_token=<secret> HTTP/1.1" 101 0'),
            ("log", "<time> redirect https://<host>/#id_token=<secret>&state=ok"),
        ),
    ),
    Shape(
        "otpauth",
        lambda d: d.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32),
        (("chat", "<person>: add the shared mfa: otpauth://totp/AWS:root?secret=<secret>&issuer=AWS"),),
    ),
    Shape(
        "kubeadm_join",
        lambda d: d.text(LOWER, 6) + "." + d.text(LOWER, 16),
        (("command", "kubeadm join <ip>:6443 --token <secret> --discovery-token-ca-cert-hash <digest>"),),
    ),
    Shape(
        "vault_unseal",
        lambda d: d.base64(33),
        (
            ("output", "Unseal Key 1: <secret>\nVault initialized with 1 key share."),
            ("command", "$ vault operator unseal <secret>\nSealed false"),
        ),
    ),
    Shape(
        "wireguard_conf",
        lambda d: d.base64(32),
        (("conf", "[Interface]\nAddress = <ip>/24\nPrivateKey = <secret>\n\n[Peer]\nEndpoint = <ip2>:51820"),),
    ),
    Shape(
        "kafka_jaas",
        password,
        (
            (
                "log",
                (
                    "sasl.jaas.config = org.apache.kafka.common.security.plain.PlainLoginModule required "
                    'username="<service>" password="<secret>";'
                ),
            ),
        ),
        "json",
    ),
    Shape(
        "recovery_code",
        _recovery,
        (("chat", "<person>: locked out of the console? use this recovery code: <secret> (works once)"),),
    ),
    Shape(
        "bare_password_json",
        password,
        (
            ("request_body", 'POST /api/login body={"username":"<person>","password":"<secret>"} status=401'),
            ("dump", '{"user":{"name":"<person>","pass":"<secret>"},"id":"<uuid>"}'),
        ),
        "json",
    ),
    Shape(
        "invite_link",
        lambda d: d.text(BASE64URL, 43),
        (("chat", "<person>: join with https://<host>/invite?invite_token=<secret>, valid till <day>"),),
    ),
)
