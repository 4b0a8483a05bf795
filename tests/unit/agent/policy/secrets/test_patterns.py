"""What secrets look like by themselves, and what only looks like them."""

import pytest

from agent.policy.secrets.patterns import patterned

DRAWN = "q7Rk2VxLw9TzPb4NcYh8Gm3DfKs6Jt5W"


def _found(text: str) -> list[str]:
    return [text[one.start : one.end] for one in patterned(text, text.lower())]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"https://app.example.com/magic?x=1&t={DRAWN}", DRAWN),
        (f'{{"keyName": "key1", "permissions": "FULL", "value": "{DRAWN}{DRAWN}"}}', DRAWN + DRAWN),
        (f'{{"id":"7","key":"{DRAWN}","ttl":null}}', DRAWN),
        ("session 27B3693EA21394E1C67FEB2761FC7274 restored", "27B3693EA21394E1C67FEB2761FC7274"),
        ("activate with serial H2UQ-45QX-KMTA-TI6J, 3 seats", "H2UQ-45QX-KMTA-TI6J"),
        ("app password for alerts@: igrv vfff mffb rcpp", "igrv vfff mffb rcpp"),
        ("123456-123456-123456-123456-123456-123456-123456-123456", "123456" + "-123456" * 7),
        ("deploy/Kx9mmQ2@tcp(db:3306)/shop", "Kx9mmQ2"),
        (f'{{"kty":"oct","k":"{DRAWN}"}}', DRAWN),
        ("Authorization:[GenieKey 0786e63e-4f2f-42ca] X-Id:[7]", "0786e63e-4f2f-42ca"),
        ("WIFI:T:WPA;S:office;P:Kx9mmQ2;;", "Kx9mmQ2"),
        ("GET /geo?city=26&appid=378b61c3885a7201b5652aa28643dc52", "378b61c3885a7201b5652aa28643dc52"),
        (f"bot 123456789:AA{DRAWN} is up", f"123456789:AA{DRAWN}"),
        ("https://chat.shop.io/hooks/kx9mmq2wza1bc2de7f3gh5jk6l", "kx9mmq2wza1bc2de7f3gh5jk6l"),
        (
            "http://logs-01.loggly.com/inputs/0786e63e-4f2f-42ca-9c9d-055fa7e9b1d7/tag/http/",
            "0786e63e-4f2f-42ca-9c9d-055fa7e9b1d7",
        ),
        (f"https://maker.ifttt.com/trigger/down/with/key/{DRAWN}", DRAWN),
        (
            '"GET /accounts/reset/0786e63e-4f2f-42ca-9c9d-055fa7e9b1d7/ HTTP/1.1" 200',
            "0786e63e-4f2f-42ca-9c9d-055fa7e9b1d7",
        ),
        (f"https://shop.example/signup/{DRAWN}", DRAWN),
        (f"https://shop.example/invitation/accept/{DRAWN}", DRAWN),
        (f"https://shop.example/account/recover/{DRAWN}", DRAWN),
        (f"https://shop.example/login?magic={DRAWN}&next=home", DRAWN),
        ("enter this key manually: qsvt 23pp wstg 6brw yrdx xlkp", "qsvt 23pp wstg 6brw yrdx xlkp"),
        ("gmail app password for alerts@: igrvvfffmffbrcpp", "igrvvfffmffbrcpp"),
        ("ticket TGT-4954-BZ33JeDjPkqTyeo1jtVwdf5TsZP", "TGT-4954-BZ33JeDjPkqTyeo1jtVwdf5TsZP"),
        ("password erha ipqq zkau ibbf\ntls on", "erha ipqq zkau ibbf"),
        ("key = AQBq7Rk2VxLw9TzPb4NcYh8Gm3DfKs6Jt5Wx1a==", "AQBq7Rk2VxLw9TzPb4NcYh8Gm3DfKs6Jt5Wx1a=="),
    ],
)
def test_shapes_are_found(text: str, secret: str) -> None:
    assert _found(text) == [secret]


@pytest.mark.parametrize(
    "text",
    [
        "https://app.example.com/login?t=next-page-of-the-list",
        '{"key":"orders"}',
        "session 27b3693e of bob",
        "serial 04:A3:11",
        "took 12-15 s, 2024-05-01T10:00:00Z",
        "Access-Control-Request-Headers: authorization,x-api-key",
        "https://hooks.shop.example/users/1842/profile",
        "access key id AKIAIOSFODNN7EXAMPLQ was used",
        "| AKIAIOSFODNN7EXAMPLQ | invoicing | never |",
        "AKIAIOSFODNN7EXAMPLQ  Active  2026-11-13  svc_report",
        "svc_report,AKIAIOSFODNN7EXAMPLQ,Active,2026-11-13",
        'images: ["shop:1.2@sha256:54fc349221022352d55b"]',
        *("POST /hooks/github 204", "password that will work here once", "GET /v1/t/orders-by-region-and-day"),
        *("access key AKIAIOSFODNN7EXAMPLQ of user deploy", "rotate AKIAIOSFODNN7EXAMPLQ, owned by ci-bot"),
        *("token ghp_" + "x" * 36, "use xoxb-" + "X" * 12 + "-" + "X" * 24, "key sk_live_" + "x" * 20 + "4242"),
    ],
)
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert _found(text) == []


def test_an_id_of_a_key_stays_where_another_language_calls_it_one() -> None:
    text = "der Schlüssel hat die Kennung AKIA23ZLMHXMUOXDHQV5. Vorgang 7"
    assert list(patterned(text, text.lower())) == []


def test_the_secret_of_an_access_key_may_stand_below_it_and_a_digest_may_not() -> None:
    drawn = "2fprmmojZRC8YmozKcwjgVaaNckvIpQ7todAkvjZ"
    assert _found("Restart cart with AKIAIOSFODNN7EXAMPLQ for ann?") == ["AKIAIOSFODNN7EXAMPLQ"]
    assert drawn in _found(f"use these for the bucket\nAKIAIOSFODNN7EXAMPLQ\n{drawn}")
    assert _found("key AKIAIOSFODNN7EXAMPLQ\n9f86d081884c7d659a2feaa0c55ad0159f86d081") == []
    assert _found("GOVC_URL=https://administrator@vsphere.local:Kx9mmQ2wz@vc/sdk") == ["Kx9mmQ2wz"]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (
            "https://a.example/accounts/reset/MTI/fn2vug-34be0caefeeabdd906fbac49bb82eeee/",
            "fn2vug-34be0caefeeabdd906fbac49bb82eeee",
        ),
        (
            "https://join.slack.com/t/x/shared_invite/zt-3lh4omwmy-em_vfGIbyDN80ILo8rubJv",
            "zt-3lh4omwmy-em_vfGIbyDN80ILo8rubJv",
        ),
        ("x = AAEAAWVsYXN0aWMva2liYW5hmqiE5GEwD1nru1mtaFQb", "AAEAAWVsYXN0aWMva2liYW5hmqiE5GEwD1nru1mtaFQb"),
        ("git clone https://4E4r3iDi0fe7sc6csK5QU91ea7AUY3@dev.azure.com/a", "4E4r3iDi0fe7sc6csK5QU91ea7AUY3"),
        ("amqp://guest:q8+Zk3/Lm0VxTt2w9c==@mq:5672/", "q8+Zk3/Lm0VxTt2w9c=="),
    ],
)
def test_links_and_addresses_that_let_one_in_are_found(text: str, secret: str) -> None:
    assert secret in _found(text)


def test_an_address_with_a_port_and_a_sign_in_its_path_stays() -> None:
    assert _found("http://host:8080/scope/pkg@v1.2 and https://long-name-of-a-user@host/x") == []


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (
            "GET /accounts/password/reset/confirm/lMh/sr5nk9-b3dbaf2ef38fdfcda5cdaba6/",
            "sr5nk9-b3dbaf2ef38fdfcda5cdaba6",
        ),
        ("Push URL: https://up.example/api/push/M8kbhrv6jP?status=up", "M8kbhrv6jP"),
        ("{app.example|Basic c2VhcmNoOlN0YXJ3YXJzXzg4Nzg=}", "c2VhcmNoOlN0YXJ3YXJzXzg4Nzg="),
        ("key = K00J2Xh1ik0ommbq67Fe/AxqNNRqSEJ", "K00J2Xh1ik0ommbq67Fe/AxqNNRqSEJ"),
    ],
)
def test_links_of_monitors_and_logins_in_base64_are_found(text: str, secret: str) -> None:
    assert secret in _found(text)


@pytest.mark.parametrize(
    "text", ["Basic information follows", "basic authentication", "/api/push/notifications", "Basic bm90aGluZyBoZXJl"]
)
def test_ordinary_words_in_their_place_stay(text: str) -> None:
    assert _found(text) == []


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ('servers = ["telegraf:Kx9mmQ2wz@db5.shop.corp/ingest"', ["Kx9mmQ2wz"]),
        ("export GOVC_URL='app:Kx9mmQ2wz@vc-1.shop.net'", ["Kx9mmQ2wz"]),
        ("mail from='to:anna@shop.net'", []),
    ],
)
def test_the_password_in_an_address_without_a_scheme_is_found(text: str, secrets: list[str]) -> None:
    found = [one for one in patterned(text, text.lower()) if not one.personal]
    assert [text[one.start : one.end] for one in found] == secrets
