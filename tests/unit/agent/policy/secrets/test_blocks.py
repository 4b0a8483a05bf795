"""Secrets on lines of their own."""

from agent.policy.secrets.blocks import block_secrets
from tests.unit.agent.policy.secrets.told import said


def test_every_value_of_a_kubernetes_secret_is_found() -> None:
    text = "kind: Secret\nmetadata:\n  name: db\ndata:\n  a: c2VjcmV0MQ==\n  b: c2VjcmV0Mg==\ntype: Opaque\n"
    assert said(block_secrets, text) == ["c2VjcmV0MQ==", "c2VjcmV0Mg=="]
    assert said(block_secrets, text.replace("kind: Secret", "kind: ConfigMap")) == []


def test_a_block_under_the_name_of_a_secret_is_found() -> None:
    assert said(block_secrets, "api_token: |\n  abcd1234\n  efgh5678\nname: x\n") == ["abcd1234", "efgh5678"]
    assert said(block_secrets, "description: |\n  abcd1234\n") == []


def test_lists_of_codes_are_found() -> None:
    assert said(block_secrets, "Backup codes of bob: hh1lh-qngwb 0oduu-coz9f") == ["hh1lh-qngwb", "0oduu-coz9f"]
    assert said(block_secrets, "my backup codes are 930ec-141d0 and 290f3-bf833, use one") == [
        "930ec-141d0",
        "290f3-bf833",
    ]
    assert said(block_secrets, "the backup codes are read-only and well-kept") == []


def test_a_code_that_was_used_tells_the_shape_of_those_that_are_left() -> None:
    text = "used recovery code aftvw-t6tkf at 01:36, remaining two: 5tkre-a4xoo, ck3s2-9dkel. The report-pages load"
    assert set(said(block_secrets, text)) == {"aftvw-t6tkf", "5tkre-a4xoo", "ck3s2-9dkel"}
    text = "used backup code 58211076 , the next one is 46365585"
    assert set(said(block_secrets, text)) == {"58211076", "46365585"}
    assert said(block_secrets, "the recovery code path was slow on 20261120") == []


def test_words_of_a_wallet_are_found_whatever_they_are_called() -> None:
    seed = " ".join(["abandon", "ability", "able"] * 4)
    for name in ("recovery seed:", "the seed is", "BIP39:", "wallet seed words:"):
        assert said(block_secrets, f"{name} {seed}") == [seed]
    assert said(block_secrets, f"the job seeds what {seed}") == []


def test_each_of_several_secrets_is_told_by_what_holds_them() -> None:
    text = '{"acl":{"tokens":{"agent":"a7069f4b-9cb0-4e8d-83a7-de7c50bfa256","agent_id":"b7069f4b-9cb0"}}}'
    assert said(block_secrets, text) == ["a7069f4b-9cb0-4e8d-83a7-de7c50bfa256"]
    assert said(block_secrets, 'tokens {\n  default = "Kx9mmQ2wz"\n}') == ["Kx9mmQ2wz"]
    assert said(block_secrets, '{"secrets": {"db": "orders"}, "labels": {"app": "Kx9mmQ2wz"}}') == []


def test_codes_that_answer_a_question_for_one_are_found() -> None:
    text = "bo: need a break-glass code for it\nal: jkj8-0y3s and if used 6a1be-6ca98"
    assert said(block_secrets, text) == ["jkj8-0y3s", "6a1be-6ca98"]
    assert said(block_secrets, "the recovery code path broke\nin app-7f9c8 since 10:20") == []


def test_keys_of_a_vault_are_found_in_their_list() -> None:
    key = "cb3763ea28718173419e19763628ebe1d92e484267d4807c2542c06a5c4f061e2f"
    assert said(block_secrets, f'{{"keys":["{key}"],"root_token":""}}') == [key]
    assert said(block_secrets, f'{{"keys":["{key}"],"cached":true}}') == []
    assert said(block_secrets, "Backup codes for bo: 2125 2691, 1101 8440") == ["2125 2691", "1101 8440"]


def test_values_of_a_section_of_accounts_are_found() -> None:
    assert said(block_secrets, "[admins]\nroot = Kx9mmQ2wz\n\n[log]\nlevel = Kx9mmQ2wz\n") == ["Kx9mmQ2wz"]
