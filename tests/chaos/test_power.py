"""Is a trace of system calls read rightly?"""

from tests.chaos.power import Moments, judged

WRITE = '7 pwrite64(12</x/data/agent.db-wal>, "..."..., 4096, 32) = 4096'
RECEIPT = '9 write(5</x/sender.jsonl>, "{"..., 80) = 80'
CALL = '9 sendto(20<socket:[1]>, "POST /services/cart/restart HTTP"..., 300, 0, NULL, 0) = 300'
RECEIPT_EARLY = "the sender was given its receipt"


def test_what_is_synced_before_it_is_told_is_sound() -> None:
    sync = "7 fdatasync(12</x/data/agent.db-wal>) = 0"
    assert judged([WRITE, sync, RECEIPT, WRITE, sync, CALL]) == Moments(2, ())


def test_what_is_told_before_it_is_synced_is_found() -> None:
    assert judged([WRITE, RECEIPT, WRITE, CALL]) == Moments(2, (RECEIPT_EARLY, "the far end was called"))


def test_a_sync_counts_when_it_has_ended_and_only_one_of_the_record() -> None:
    begun, ended = "7 fdatasync(12</x/data/agent.db-wal> <unfinished ...>", "7 <... fdatasync resumed>) = 0"
    other = "8 fdatasync(13</x/data/checkpoints.db-wal>) = 0"
    assert judged([WRITE, begun, other, RECEIPT, ended, RECEIPT]) == Moments(2, (RECEIPT_EARLY,))
