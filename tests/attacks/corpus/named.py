"""Secrets without a form of their own: passwords people choose and random strings, told by the name beside them."""

from tests.attacks.corpus.drawing import ALNUM, BASE64URL, HEX, LOWER, UPPER, Draw
from tests.attacks.corpus.issued import Credential


def _password(draw: Draw) -> str:
    """Draw what people choose."""
    return draw.password()


def _licence(draw: Draw) -> str:
    """Draw a licence key of five groups."""
    return "-".join(draw.text(UPPER, 5) for _ in range(5))


def _django(draw: Draw) -> str:
    """Draw what ``startproject`` writes, quotes excepted."""
    return draw.one(LOWER) + draw.text(LOWER + "!@#$%^&*(-_=+)", 48) + draw.one(LOWER)


CHOSEN: tuple[tuple[str, str], ...] = (
    ("database_password", "db password"),
    ("postgres_password", "postgres password"),
    ("mysql_root_password", "mysql root password"),
    ("redis_password", "redis password"),
    ("rabbitmq_password", "rabbitmq default pass"),
    ("mongo_root_password", "mongo initdb root password"),
    ("elastic_password", "elastic password"),
    ("keycloak_password", "keycloak admin password"),
    ("grafana_password", "gf security admin password"),
    ("smtp_password", "smtp password"),
    ("ldap_password", "ldap bind password"),
    ("keystore_password", "keystore password"),
    ("truststore_password", "ssl truststore password"),
    ("key_passphrase", "ssl key passphrase"),
    ("kafka_password", "kafka sasl password"),
    ("snowflake_password", "snowflake password"),
    ("spring_password", "spring datasource password"),
    ("oracle_password", "oracle pwd"),
    ("mssql_password", "mssql sa password"),
    ("proxy_password", "proxy password"),
    ("registry_password", "registry password"),
    ("admin_password", "admin password"),
    ("service_account_password", "svc account passwd"),
    ("restic_password", "restic password"),
    ("ansible_vault_password", "ansible vault password"),
    ("ftp_password", "sftp password"),
    ("vpn_psk", "ipsec pre shared key"),
    ("radius_secret", "radius shared secret"),
    ("windows_password", "windows administrator password"),
    ("legacy_password", "legacy crm userpass"),
)

NAMED: tuple[Credential, ...] = (
    *(Credential(kind, words, _password, human=True) for kind, words in CHOSEN),
    Credential("jwt_secret", "jwt secret", lambda d: d.base64(d.one([32, 48, 64]))),
    Credential("session_secret", "session secret", lambda d: d.text(HEX, d.one([32, 64]))),
    Credential("cookie_secret", "oauth2 proxy cookie secret", lambda d: d.base64url(32)),
    Credential("nextauth_secret", "nextauth secret", lambda d: d.base64(32)),
    Credential("django_secret", "django secret key", _django),
    Credential("rails_secret", "secret key base", lambda d: d.text(HEX, 128)),
    Credential("laravel_key", "app key", lambda d: "base64:" + d.base64(32)),
    Credential("encryption_key", "data encryption key", lambda d: d.base64(32)),
    Credential("aes_key", "aes secret key hex", lambda d: d.text(HEX, d.one([32, 64]))),
    Credential("signing_secret", "hmac signing secret", lambda d: d.text(HEX, 40)),
    Credential("slack_signing", "slack signing secret", lambda d: d.text(HEX, 32)),
    Credential("webhook_secret", "github webhook secret", lambda d: d.text(ALNUM, d.number(20, 40))),
    Credential("client_secret", "oidc client secret", lambda d: d.text(ALNUM, d.one([32, 36, 64]))),
    Credential("consumer_secret", "consumer secret", lambda d: d.text(ALNUM, 50)),
    Credential("refresh_token", "refresh token", lambda d: d.text(BASE64URL, d.number(40, 64))),
    Credential("opaque_access_token", "partner access token", lambda d: d.text(ALNUM, d.number(32, 48))),
    Credential("api_key_hex", "weather api key", lambda d: d.text(HEX, 32)),
    Credential("api_key_mixed", "erp api key", lambda d: d.text(ALNUM, d.number(24, 40))),
    Credential("api_secret", "exchange api secret", lambda d: d.text(ALNUM, 64)),
    Credential("auth_token", "internal auth token", lambda d: d.text(BASE64URL, d.number(24, 43))),
    Credential("admin_token", "admin token", lambda d: d.text(LOWER, d.number(24, 32))),
    Credential("aws_secret", "aws secret access key", lambda d: d.text(ALNUM + "/+", 40)),
    Credential("aws_session", "aws session token", lambda d: "IQoJb3JpZ2lu" + "X2Vj" + d.base64(360)),
    Credential("azure_storage", "azure storage account key", lambda d: d.base64(64)),
    Credential("datadog_api", "dd api key", lambda d: d.text(HEX, 32)),
    Credential("datadog_app", "dd app key", lambda d: d.text(HEX, 40)),
    Credential("pagerduty", "pagerduty api token", lambda d: "u+" + d.text(ALNUM + "_-", 18)),
    Credential("opsgenie", "opsgenie api key", lambda d: d.uuid()),
    Credential("twilio", "twilio auth token", lambda d: d.text(HEX, 32)),
    Credential("cloudflare_token", "cloudflare api token", lambda d: d.text(BASE64URL, 40)),
    Credential("cloudflare_global", "cloudflare api key", lambda d: d.text(HEX, 37)),
    Credential("splunk_hec", "splunk hec token", lambda d: d.uuid()),
    Credential("consul", "consul http token", lambda d: d.uuid()),
    Credential("vault_secret_id", "vault secret id", lambda d: d.uuid()),
    Credential("algolia_admin", "algolia admin api key", lambda d: d.text(HEX, 32)),
    Credential("fastly", "fastly api token", lambda d: d.text(BASE64URL, 32)),
    Credential("circleci", "circle token", lambda d: d.text(HEX, 40)),
    Credential("okta", "okta api token", lambda d: "00" + d.text(BASE64URL, 40)),
    Credential("auth0", "auth0 client secret", lambda d: d.text(BASE64URL, 64)),
    Credential("jenkins", "jenkins api token", lambda d: "11" + d.text(HEX, 32)),
    Credential("snyk", "snyk token", lambda d: d.uuid()),
    Credential("azure_devops", "azure devops pat", lambda d: d.text("abcdefghijklmnopqrstuvwxyz234567", 52)),
    Credential("minio_secret", "minio secret key", lambda d: d.text(ALNUM, 32)),
    Credential("wireguard", "wireguard private key", lambda d: d.base64(32)),
    Credential("licence", "license key", _licence),
    Credential("erlang_cookie", "rabbitmq erlang cookie", lambda d: d.text(UPPER, 20)),
    Credential("nomad_gossip", "gossip encryption key", lambda d: d.base64(32)),
    Credential("totp_seed", "totp secret", lambda d: d.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", d.one([16, 32]))),
    Credential("kubeadm", "kubeadm bootstrap token", lambda d: d.text(LOWER, 6) + "." + d.text(LOWER, 16)),
    Credential("etcd_key", "etcd encryption secret", lambda d: d.base64(32)),
)
