"""Are hashed vectors the same everywhere, of unit length, and nearer for texts that share words?"""

import hashlib

import numpy as np

from agent.memory.hashing import DIMENSION, hashed


def test_vectors_are_the_same_on_every_machine() -> None:
    vectors = hashed(["Checkout answers with 500", "Käse"])
    assert hashlib.sha256(np.round(vectors, 5).tobytes()).hexdigest()[:16] == "a6b9b6e808bc195a"


def test_rows_have_unit_length_and_an_empty_text_is_nothing() -> None:
    vectors = hashed(["a b c", "", "??"])
    assert vectors.shape == (3, DIMENSION)
    assert np.allclose(np.linalg.norm(vectors, axis=1), [1, 0, 0])


def test_texts_that_share_words_are_nearer() -> None:
    asked, same, parts, other = hashed(["high error rate", "high error rate", "higher errors rated", "disk full"])
    assert asked @ same > asked @ parts > 0.3 > asked @ other
