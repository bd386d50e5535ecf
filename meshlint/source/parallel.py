"""Composing in worker processes: plain values and offsets cross over by marshal, which costs next to nothing."""

from __future__ import annotations

import marshal
from array import array
from collections.abc import Iterator, Sequence

from meshlint.source.events import Composed

_WORTH_IT = 1_000_000
"""Characters of text from which starting processes pays."""

_CHUNK = 32


def streams(texts: Sequence[str], jobs: int) -> Iterator[list[Composed] | None]:
    """The documents of each text, in order; None for a text that has to be read carefully, or when nobody
    has composed it yet because one process is enough."""
    if jobs < 2 or sum(map(len, texts)) < _WORTH_IT:
        yield from (None for _ in texts)
        return
    from multiprocessing import Pool

    with Pool(jobs) as pool:
        for sent in pool.imap(_compose, texts, _CHUNK):
            yield None if sent is None else [_received(*parts) for parts in marshal.loads(sent)]  # noqa: S302 - our own bytes


def _compose(text: str) -> bytes | None:
    from meshlint.source.yaml import compose_text

    composed = compose_text(text)
    if composed is None:
        return None
    return marshal.dumps([(document.value, document.numbers.tobytes()) for document in composed])


def _received(value: object, numbers: bytes) -> Composed:
    offsets = array("I")
    offsets.frombytes(numbers)
    return Composed(value, offsets)
