from tools.printable import printable


def test_characters_that_cannot_be_seen_are_removed() -> None:
    assert printable("\x1b[31mred\x1b[0m \x1b]8;;http://evil\x07link\u202e\u200b\U000e0041 é\tok\nnext") == (
        "red link é ok\nnext"
    )
