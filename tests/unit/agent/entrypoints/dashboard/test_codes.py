"""Does an address that signs somebody in work once, and not for long?"""

from datetime import timedelta

from agent.entrypoints.dashboard.codes import VALID_FOR, Codes
from tests.unit.agent.identity.in_memory import NOW


def test_a_code_is_128_bits_of_chance_and_good_once() -> None:
    codes = Codes()
    code = codes.mint(NOW)
    assert (len(bytes.fromhex(code)), code == codes.mint(NOW)) == (16, False)
    assert [codes.redeem(code, NOW), codes.redeem(code, NOW)] == [True, False]


def test_a_code_is_too_old_after_its_time() -> None:
    codes = Codes()
    early, late = codes.mint(NOW), codes.mint(NOW)
    assert codes.redeem(early, NOW + VALID_FOR - timedelta(seconds=1))
    assert not codes.redeem(late, NOW + VALID_FOR)


def test_a_code_is_good_for_no_longer_because_the_clock_was_set_back() -> None:
    codes = Codes()
    code = codes.mint(NOW)
    assert not codes.redeem(code, NOW - timedelta(hours=1))


def test_nobody_guesses_one() -> None:
    codes = Codes()
    codes.mint(NOW)
    assert [codes.redeem(guess, NOW) for guess in ("", "0" * 32, "\ud800")] == [False, False, False]
