from agent.llm.cache import Cache, key
from agent.ports import Message


def test_an_answer_is_kept_for_a_while_and_the_oldest_goes_first() -> None:
    cache = Cache(most=2, seconds=10)
    for number, name in enumerate("abc"):
        cache.put(name, name.upper(), now=number)
    assert [cache.get(name, now=5) for name in "abc"] == [None, "B", "C"]
    assert [cache.get(name, now=11.5) for name in "bc"] == [None, "C"]


def test_a_key_covers_models_messages_and_what_was_offered() -> None:
    asked, other = Message(role="user", text="a"), Message(role="user", text="b")
    keys = {key(["m"], [asked], None), key(["n"], [asked], None), key(["m"], [other], None), key(["m"], [asked], [1])}
    assert len(keys) == 4
