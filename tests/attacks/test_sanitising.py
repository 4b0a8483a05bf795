"""S03: what a request brings into a log does not reach a model, and the rest of the line does."""

import pytest

from tests.attacks.sanitising import sanitised


@pytest.mark.attack("S02", "S03")
def test_of_what_a_request_writes_hardly_a_byte_reaches_a_prompt_and_the_rest_is_kept() -> None:
    found = sanitised()

    assert found.written > 3_000
    assert found.reaching <= 0.01
    assert found.keeping >= 0.98


def test_without_naming_the_fields_nearly_all_of_it_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.policy.redaction.abstracted", lambda text, _: text)

    assert sanitised().reaching > 0.9
