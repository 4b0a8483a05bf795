"""Secrets inside an address: passwords before the host, parameters, signatures, the secret end of a web hook."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.attacks.corpus.drawing import ALNUM, BASE64URL, HEX, Draw


@dataclass(frozen=True)
class Shape:
    """A kind of secret with the texts it comes in; ``<secret>`` is filled by `make`, escaped as `spelling` says."""

    kind: str
    make: Callable[[Draw], str]
    texts: tuple[tuple[str, str], ...]
    spelling: str = "raw"


def password(draw: Draw) -> str:
    """Draw a password a person chose."""
    return draw.password()


def _sas(draw: Draw) -> str:
    """Draw the signature of a shared access link, as it stands in an address."""
    return draw.base64(32).replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")


def _address(kind: str, *texts: tuple[str, str]) -> Shape:
    """Make a kind of address that carries a password, in a few kinds of text."""
    return Shape(kind, password, texts, "url")


_SQL_ERROR = '{"time":"<time>","level":"error","service":"<service>","error":"dial %s: connect: connection refused"}'
_ENV = "NODE_ENV=production\n%s\nGIT_SHA=<sha>"
_SAS = "https://shop<env>.blob.core.windows.net/dumps/<uuid>.hprof?sv=2022-11-02&se=<day>&sr=b&sp=r&sig=<secret>"
_S3 = (
    "https://shop-dumps.s3.<zone>.amazonaws.com/<uuid>.gz?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Date=20250611T080000Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature=<secret>"
)
_GCS = "https://storage.googleapis.com/shop-dumps/<uuid>.gz?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Signature=<secret>"
_CDN = "https://d<span>.cloudfront.net/r/<uuid>.pdf?Expires=<epoch>&Signature=<secret>&Key-Pair-Id=K<count>"
_SLACK = "https://hooks.slack" + ".com/services/T02<count>ABCD/B05<count2>EFGH/<secret>"
_DISCORD = "https://discord" + ".com/api/webhooks/11<account>0<count>/<secret>"
_GIT = "https://oauth2:<secret>@git.internal/shop/<service>.git"

ADDRESSES: tuple[Shape, ...] = (
    _address(
        "url_postgres",
        ("environment", _ENV % "DATABASE_URL=postgres://<service>:<secret>@<host>:5432/<service>?sslmode=require"),
        ("json_log", _SQL_ERROR % "postgresql://<service>:<secret>@<host>:5432/<service>"),
        ("chat", "<person>: psql 'postgres://<person>:<secret>@<host>/<service>' works from <pod>"),
    ),
    _address(
        "url_mysql",
        ("yaml", "database:\n  dsn: mysql://<service>:<secret>@<host>:3306/<service>\n  pool: 10"),
        (
            "stack_trace",
            "sqlalchemy.exc.OperationalError: mysql+pymysql://<service>:<secret>@<host>/<service>\n  at line <count>",
        ),
    ),
    _address(
        "url_mongodb",
        (
            "log",
            "<time> MongoServerSelectionError: mongodb+srv://<service>:<secret>@<span>.mongodb.net/?retryWrites=true",
        ),
        (
            "compose",
            "environment:\n  - MONGO_URL=mongodb://root:<secret>@<host>:27017,<host2>:27017/admin?replicaSet=rs0",
        ),
    ),
    _address(
        "url_redis",
        ("environment", _ENV % "REDIS_URL=redis://:<secret>@<host>:6379/0"),
        ("log", "<stamp> ERROR celery: Cannot connect to rediss://default:<secret>@<host>:6380/1: Timeout."),
    ),
    _address(
        "url_amqp",
        ("log", "<time> ERROR consumer: cannot connect to amqp://<service>:<secret>@<host>:5672/%2F, retry in 8 s"),
        ("ticket", "The broker address in <env> is amqps://<service>:<secret>@<host>/<space> since <ticket>."),
    ),
    _address(
        "url_https",
        ("command", "$ curl -s https://<person>:<secret>@<host>:9200/_cat/indices"),
        ("log", "<time> WARN  fetch https://<service>:<secret>@<host>/metrics failed: 503 trace=<trace>"),
    ),
    _address(
        "url_smtp",
        ("properties", "mail.region=<zone>\nmail.url=smtp://<service>:<secret>@<host>:587"),
        ("ruby", "Net::SMTPAuthenticationError: 535 5.7.8 smtps://<service>:<secret>@<host>:465"),
    ),
    _address("url_sftp", ("cron", "0 3 * * * root lftp sftp://<service>:<secret>@<host>/in -e 'mirror; bye'")),
    _address(
        "url_proxy", ("environment", "HTTPS_PROXY=http://<service>:<secret>@<host>:3128\nNO_PROXY=<ip>,.internal")
    ),
    Shape(
        "url_git_token",
        lambda d: d.text(ALNUM, 40),
        (
            ("ci_log", f"Cloning into '<service>'...\nfatal: unable to access '{_GIT}/': 403"),
            ("config", f'[remote "o"]\n  url = {_GIT}'),
        ),
    ),
    Shape(
        "jdbc_parameters",
        password,
        (
            (
                "stack_trace",
                (
                    "Caused by: java.sql.SQLException: "
                    "jdbc:mysql://<host>:3306/<service>?user=<service>&password=<secret>&useSSL=true"
                ),
            ),
            ("properties", "url=jdbc:postgresql://<host>/<service>?user=<service>&password=<secret>\npool=10"),
        ),
        "url",
    ),
    Shape(
        "ado_net",
        password,
        (
            (
                "appsettings",
                '"Default": "Server=<host>,1433;Database=<service>;User Id=<service>;Password=<secret>;Encrypt=True"',
            ),
            (
                "log",
                "<stamp> fail: Open() with Data Source=<host>;Initial Catalog=<service>;uid=sa;pwd=<secret>;Timeout=15",
            ),
        ),
        "json",
    ),
    Shape(
        "odbc",
        password,
        (("log", "pyodbc.connect('DRIVER={ODBC Driver 18};SERVER=<host>;UID=<service>;PWD=<secret>')"),),
    ),
    Shape(
        "libpq_words",
        password,
        (("log", '<time> FATAL dsn "host=<host> user=<service> password=<secret> dbname=<service>"'),),
    ),
    Shape(
        "go_mysql_dsn",
        password,
        (("log", '<time> panic: open "<service>:<secret>@tcp(<ip>:3306)/<service>?parseTime=true"'),),
    ),
    Shape(
        "azure_connection_string",
        lambda d: d.base64(64),
        (
            (
                "env",
                (
                    "AzureWebJobsStorage=DefaultEndpointsProtocol=https;AccountName=shop<env>;AccountKey=<secret>;"
                    "EndpointSuffix=core.windows.net"
                ),
            ),
        ),
    ),
    Shape(
        "service_bus",
        lambda d: d.base64(32),
        (
            (
                "json",
                (
                    '"bus": "Endpoint=sb://shop-<env>.servicebus.windows.net/;SharedAccessKeyName=send;'
                    'SharedAccessKey=<secret>"'
                ),
            ),
        ),
    ),
    Shape(
        "azure_sas",
        _sas,
        (("chat", f"<person>: dump is at {_SAS} until tonight"), ("log", f"<time> GET {_SAS} 200 <ms>ms")),
    ),
    Shape(
        "s3_presigned",
        lambda d: d.text(HEX, 64),
        (("jira", f"Heap dump of <pod>: {_S3}"), ("log", f'msg="download" url="{_S3}" ms=<ms>')),
    ),
    Shape("gcs_signed", lambda d: d.text(HEX, 512), (("log", f"<time> redirect to {_GCS}"),)),
    Shape("cloudfront_signed", lambda d: d.text(ALNUM + "-~_", 342) + "__", (("log", f"<time> 302 {_CDN}"),)),
    Shape(
        "slack_webhook",
        lambda d: d.text(ALNUM, 24),
        (
            (
                "alertmanager",
                f"receivers:\n- name: oncall\n  slack_configs:\n  - api_url: {_SLACK}\n    channel: '#alerts'",
            ),
            ("curl", f"curl -X POST -H 'Content-type: application/json' -d '{{\"text\":\"up\"}}' {_SLACK}"),
            ("log", f'level=error component=dispatcher msg="Notify failed" err="Post \\"{_SLACK}\\": timeout"'),
        ),
    ),
    Shape(
        "discord_webhook",
        lambda d: d.text(BASE64URL, 68),
        (("log", f"<time> POST {_DISCORD} 429"), ("yaml", f"notify:\n  discord: {_DISCORD}")),
    ),
    Shape(
        "teams_webhook",
        lambda d: f"{d.text(HEX, 32)}/{d.uuid()}",
        (
            (
                "yaml",
                "webhook_url: https://shop.webhook.office" + ".com/webhookb2/<uuid>@<uuid2>/IncomingWebhook/<secret>",
            ),
        ),
    ),
    Shape(
        "telegram_url",
        lambda d: d.text("123456789", 10) + ":" + "AA" + d.text(BASE64URL, 33),
        (("log", "<time> ERROR Post https://api.telegram.org/bot<secret>/sendMessage: context deadline exceeded"),),
    ),
)
