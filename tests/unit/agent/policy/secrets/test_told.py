"""Secrets told in sentences."""

import pytest

from agent.policy.secrets.told import told_secrets
from tests.unit.agent.policy.secrets.told import said


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("changed the password of app from Kitten!2007 to Chocolat2009$ at noon", ["Kitten!2007", "Chocolat2009$"]),
        ("the wifi password changes today. The new one is Falcon1988*", ["Falcon1988*"]),
        ("user root, pw Silver.slonce.1982", ["Silver.slonce.1982"]),
        ("creds for the replica: deploy / KatzeLondon=135 -- delete this", ["KatzeLondon=135"]),
        ('the disk passphrase is "contoso admin pizza backup 10", keep it', ["contoso admin pizza backup 10"]),
        ("the rails master key is `7ac0d12ee7483b2ace1daf854874cb5b`", ["7ac0d12ee7483b2ace1daf854874cb5b"]),
        ("le mot de passe du compte sa est Guitar.lisbon.2006", ["Guitar.lisbon.2006"]),
        ("das Passwort ist jetzt Mountain1987*", ["Mountain1987*"]),
        ("пароль для jenkins: BonjourSoleil$1314", ["BonjourSoleil$1314"]),
        ("postgres のパスワードは Klaus8580$ です", ["Klaus8580$"]),
        ("signing key changed from Kx9mQ2vLw7RtZp4B to B4pZtR7wLv2Qm9xK", ["Kx9mQ2vLw7RtZp4B", "B4pZtR7wLv2Qm9xK"]),
        ('the sftp password for prod is shadow"266Monkey - expires on friday', ['shadow"266Monkey']),
        ("the redis auth for dev is M@gn3t66% - expires on friday", ["M@gn3t66%"]),
        ("the passphrase is copper lantern river moth", ["copper lantern river moth"]),
        ("go in with the password sunset8842 and restart", ["sunset8842"]),
        ("it prints the redis password in its logs, Kitten2007x, so I opened OPS-12", ["Kitten2007x"]),
        ('our pre shared key is "qazwsx#4378", until May', ["qazwsx#4378"]),
        ("the root password is still just Kx9mmQ2wz! on staging", ["Kx9mmQ2wz!"]),
        ("they all use one password (it's Kx9mmQ2wz!), sadly", ["Kx9mmQ2wz!"]),
        ("same password as on db-1, Kx9mmQ2wz!, I know", ["Kx9mmQ2wz!"]),
        ("the old Datadog API key, 4f7a0f6449824776a478711156a9c227, leaked", ["4f7a0f6449824776a478711156a9c227"]),
        ("is this auth token still valid? 4f7a0f6449824776a478711156a9c227", ["4f7a0f6449824776a478711156a9c227"]),
        ("passwrod for the box = Kx9mmQ2wz!", ["Kx9mmQ2wz!"]),
        ("passphrase for the backup: arsenal 23 kitchen cactus", ["arsenal 23 kitchen cactus"]),
        ("the password for the db is Sunset8842", ["Sunset8842"]),
        ("the root password's Sunset8842 btw", ["Sunset8842"]),
        ("la clave de root en mq-12 es KESSJBTOOJXLPZBMMNNX", ["KESSJBTOOJXLPZBMMNNX"]),
        ("my password was always Gr@n1t3.Saffron131 and now", ["Gr@n1t3.Saffron131"]),
    ],
)
def test_what_a_sentence_gives_away_is_found(text: str, secrets: list[str]) -> None:
    assert said(told_secrets, text) == secrets


@pytest.mark.parametrize(
    "text",
    [
        *(
            'If login fails with "invalid password" for user admin, compare its replicas\' logs.',
            "Never paste a password here. Get it with `kubectl get secret db -o jsonpath='{.data.password}'`.",
            "rotated the db password of shop, pods shop-5c7d9f8b6c-x2k4q and shop-5c7d9f8b6c-m8p7z still use it",
            "psql -c \"select passwd is not null from pg_shadow where usename = 'backup'\"",
            "rotated credentials for deploy: key_version=56 password_age_days=95",
            '{"authMethod":"password","mfaEnabled":true}',
            "docker login -u app --password-stdin hub < f && docker pull hub.internal/shop@sha256:54fc349221022352d55b",
        ),
        *("password authentication failed for user app_rw2", "the password expired 12 days ago", "password policy: v2"),
        *(
            "rotated the password of app_rw yesterday, see OPS-1234",
            "the password for it is in vault-prod-1 under shop",
        ),
        *(
            "the idempotency key is 7c9e6679-7425-40de-944b-e07fc1f90ae7",
            "Bearer token malformed, trace 9f86d081884c7d65",
        ),
        *("logged in with publickey ED25519", "try again with backoff=2s", "PASS src/auth/login.test.ts"),
        *("never put passwords there; export PGPASSFILE=/run/secrets/pgpass", "the password is weak - don't share it"),
        *(
            "{ host: 'db', password: '[REDACTED]', retries: 5 }",
            "the s3 key is `a/4f7a0f64-4982-4776-a478-711156a9c227`",
        ),
        *(
            '{"msg": "failed (using password: YES)", "trace_id": "4f7a0f6449824776a478711156a9c227"}',
            "the client secret ID is 0b75187b-6714-49c5-a62d-e493f39f3235, valid until 2027",
            "Creating key {0b75187b-6714-49c5-a62d-e493f39f3235} with creation date 2026",
            "Secrets Manager Secret (notifier): Denied, RequestID: 7cb13a07-679f-4962-9c96-51b04e242334",
        ),
        *("partition key of orders is `orders/2024/ea3b2462`", "the status code is 500123"),
    ],
)
def test_news_about_secrets_stay(text: str) -> None:
    assert said(told_secrets, text) == []


def test_what_a_signature_was_made_with_is_named_by_its_fingerprint() -> None:
    assert said(told_secrets, "gpg: using RSA key D24359FE84EF95694480C076091C1FD4BBC49F4A") == []


@pytest.mark.parametrize(
    "text",
    [
        "If the password was rotated, restart with `kubectl rollout restart deploy/orders`.",
        'new app password on prod? pods fail with "password authentication failed"',
        "did we rotate the app password on production? pods started",
        "password hashing: cost=12, keys derived with PBKDF2-HMAC-SHA256 iterations=600000",
        "SET value = '41h' WHERE key = 'secret_rotation_days' AND tenant = 7",
        "Credential AKIABVIFPSQRVMO5QGAM should be scoped to a valid region",
        "your error code is 5003",
        *("the password's wrong again", "exit code from the container is 137000"),
        "Title,Username,Password,URL,Notes\n",
    ],
)
def test_commands_errors_and_algorithms_near_a_noun_stay(text: str) -> None:
    assert said(told_secrets, text) == []


def test_words_with_a_number_behind_a_colon_and_codes_of_a_message_are_found() -> None:
    assert said(told_secrets, "When asked, the password is: schnitzel castle estrella 644\n") == [
        "schnitzel castle estrella 644"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "secret of the app registration expired in Entra, secret id 29d98c37-50b5-4f8a-9102-f1fa34e4b54d",
        "Signed with key 9911F9F71100C4FB5CA5ACA29911F9F71100C4FB",
        "config: {AuthMethod:password MaxConns:20 Timeout:30s}",
        "password = random_password.moss.result",
        "Rule key: java:S2068  Issue key: AY4LVx0YsL3r8wsyPIIY",
        "the secret prod/app already exists (RequestToken: 4e1ad4b0-942a-4ce9-9c4d-055fa7e9b1d7)",
        "your password will expire. Press Ctrl+Alt+Del and choose it",
    ],
)
def test_ids_fingerprints_and_references_near_a_noun_stay(text: str) -> None:
    assert said(told_secrets, text) == []


def test_what_something_held_and_words_in_quotes_are_found() -> None:
    assert said(told_secrets, "the secret in ci/app still held pCmunFVf4DMA4WGx") == ["pCmunFVf4DMA4WGx"]
    assert said(told_secrets, "account a, password `Velvet.Canyon.Rocket`, 2FA on") == ["Velvet.Canyon.Rocket"]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (
            "use this token until friday 019058ff0b00dc0e919327f10d4672b6c95f7ce9",
            "019058ff0b00dc0e919327f10d4672b6c95f7ce9",
        ),
        (
            "master password of the KeePass is panda yellow cotton fiddle castle ok?",
            "panda yellow cotton fiddle castle",
        ),
    ],
)
def test_what_is_pointed_at_is_found(text: str, secret: str) -> None:
    assert said(told_secrets, text) == [secret]


@pytest.mark.parametrize(
    "text", ["postgres://user:password@localhost:5432/shop", 'auth: {password: undefined, user: "victor"}']
)
def test_what_stands_beside_a_placeholder_stays(text: str) -> None:
    assert said(told_secrets, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "- Check password expiry: `chage -l olga.haddad now`",
        "Unknown user name or bad password. Logon GUID: {67c6271c-7f5b-4096-8466-7d57b43bea71}",
        "Invalid JWT; service account a@b.iam.gserviceaccount.com key 5d04b27f61fb33a564bba177e46deec15d04b27f",
    ],
)
def test_commands_and_ids_behind_a_noun_stay(text: str) -> None:
    assert said(told_secrets, text) == []


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("the job still used the old password forest_linen866 for keycloak", "forest_linen866"),
        ("SFTP: port 22, user svc-orders, pass prairie4711, folder /in", "prairie4711"),
        ("SFTP: user svc-orders with password lamp-river-stone-moss", "lamp-river-stone-moss"),
        ("🔑 shop prod → `Lamp.River.42`", "Lamp.River.42"),
        ("please update the secret from Sunset88x! to another in vault", "Sunset88x!"),
        ("Generated admin password (save it now) N3gn6ELVe4f7Xj7h", "N3gn6ELVe4f7Xj7h"),
        ("Temporary password for etl-user: N95jQe4JzUd7Pmz0", "N95jQe4JzUd7Pmz0"),
        ("creds for db-1 in case you need them: tanja // Lamp.River.42", "Lamp.River.42"),
        ("Credentials: tanja | cobalt-zephyr-umbra-quartz", "cobalt-zephyr-umbra-quartz"),
        ("pagerduty routing key 951557fe5b34a63e637d52ac5e0a8b10", "951557fe5b34a63e637d52ac5e0a8b10"),
    ],
)
def test_what_stands_right_behind_the_noun_is_found_by_less(text: str, secret: str) -> None:
    assert set(said(told_secrets, text)) == {secret}


@pytest.mark.parametrize(
    "text",
    [
        "SNMP community strings were replaced with SNMPv3 users",
        "Rotate the password: run `make rotate-db-password SERVICE=shop`, then wait",
        "token sha256=d425746dc92b7f391a237b4eef703c2e244b2162b82a0d0c0d01c619ec3249a9 revoked",
        "password: {{ .Values.auth.password | b64enc | quote }}",
        "Loaded X.509 cert 'Build time kernel key: 5a92d81eb6a8b9f197a9fc80ad00fef859b4ff86'",
        "the password (see OPS-1421) of user: Petra2, and its token (id 4711) too",
        "missing key 951557fe5b34a63e637d52ac5e0a8b10",
        "the password hash256 column, the password store22 and the token of node_exporter12",
    ],
)
def test_protocols_commands_and_digests_stay(text: str) -> None:
    assert said(told_secrets, text) == []
