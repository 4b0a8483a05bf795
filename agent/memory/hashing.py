"""What vector does a text get without any model?  Its words, word pairs and character n-grams, hashed.

Feature hashing with signs: Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", ICML 2009.
"""

import re
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

DIMENSION = 512
_GRAMS = (3, 4, 5)


def hashed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Shape (len(texts), DIMENSION), rows of unit length; the same on every machine. An empty text is all zeros."""
    counts = np.zeros((len(texts), DIMENSION), dtype=np.float32)
    for row, text in zip(counts, texts, strict=True):
        for feature in _features(text):
            code = zlib.crc32(feature.encode())
            row[code % DIMENSION] += 1 if code >> 31 else -1
    lengths = np.linalg.norm(counts, axis=1, keepdims=True)
    return np.asarray(counts / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _features(text: str) -> Iterator[str]:
    words = re.findall(r"\w+", text.lower())
    yield from words
    yield from (f"{first} {second}" for first, second in pairwise(words))
    for word in words:
        padded = f"^{word}$"
        yield from (padded[at : at + n] for n in _GRAMS for at in range(len(padded) - n + 1))
