from pathlib import Path

from evals.lab.shop.effects import EffectJournal, received


def test_an_effect_is_known_from_its_receipt_on(tmp_path: Path) -> None:
    journal = EffectJournal(tmp_path / "effects.jsonl")
    asked = received("k1", "POST", "/services/cart/restart", None)

    journal.append(asked)
    before = journal.get("k1")
    journal.append(asked.model_copy(update={"status": 200, "answer": {"pid": 7}}))

    assert before == asked
    assert journal.get("k1") == asked.model_copy(update={"status": 200, "answer": {"pid": 7}})
    assert len((tmp_path / "effects.jsonl").read_text().splitlines()) == 2


def test_the_journal_is_known_again_after_a_restart(tmp_path: Path) -> None:
    asked = received("k1", "POST", "/services/cart/pool", {"size": 9}).model_copy(update={"status": 200})
    EffectJournal(tmp_path / "effects.jsonl").append(asked)

    again = EffectJournal(tmp_path / "effects.jsonl")

    assert (again.get("k1"), again.get("k2")) == (asked, None)
