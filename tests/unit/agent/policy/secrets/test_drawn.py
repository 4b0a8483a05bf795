"""Drawn strings, and the ids that look like them."""

import pytest

from agent.policy.secrets.drawn import drawn_secrets

DRAWN = "kX8vQ2mN7tR4wZ1pL9sB3dF6"


def test_a_drawn_word_without_a_name_is_found() -> None:
    assert [(one.start, one.end) for one in drawn_secrets(f"upstream said 403 for {DRAWN}")] == [(22, 46)]


@pytest.mark.parametrize(
    "text",
    [
        *("okta app 0oakA0lGdjlO4q4prfUA user 00uPop5URqoMLT3pNew2", "green open logs-1 cGS1r17RzYqsKVABJRbqNQ 1 1"),
        *(f"objectGUID:: {DRAWN}==", f'_acme-challenge.a. 60 IN TXT "{DRAWN}"'),
        *(f"versionId={DRAWN}", f"x-amz-id-2: {DRAWN}", f"SHA256:{DRAWN}", f"the cursor of orders is {DRAWN}"),
        *(
            f"-----BEGIN CERTIFICATE-----\n{DRAWN}\n-----END CERTIFICATE-----",
            "9f86d081884c7d659a2feaa0c55ad015aabbccdd",
        ),
        *("node-Linux-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "checkout-7f9c8d6b5-x27kq"),
        *(
            "7c9e6679-7425-40de-944b-e07fc1f90ae7",
            "/nix/store/ulz7ot1ep59cae9jtkq38hid4cythoqv-curl-8.1/bin/curl",
            "pi_3Rr2RNWGSVGITOrtZ2WQCXs",
            f"password: ENC({DRAWN}==)",
            f"/api/datasources/proxy/uid/{DRAWN}/api/v1/query",
            "event 01JAWQ7MBJ5QVKV47JCTVFB7VK stored",
        ),
    ],
)
def test_digests_certificates_and_ids_stay(text: str) -> None:
    assert list(drawn_secrets(text)) == []


def test_the_id_of_a_node_among_brackets_stays() -> None:
    text = "high disk watermark [90%] exceeded on [KIVkbSrOMnNK4OLJ9kx4NN][node-85][/data] free: 1gb"
    assert list(drawn_secrets(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "{shop-1}{rxfUZaHNNaGX5LezMTQMBQ}{fVJNaW2a5WXlUvS8kWWOCQ}{db-1}",
        "adding index [shop-2026.11.02/m8VZY5L04TCVXAX7hjPrlA] without replacement",
    ],
)
def test_ids_of_nodes_and_indices_stay(text: str) -> None:
    assert list(drawn_secrets(text)) == []
