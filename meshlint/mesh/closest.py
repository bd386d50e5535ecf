"""Did you mean: the nearest of many names, with bounded work."""

from __future__ import annotations

from collections.abc import Iterable

_LIMIT = 200


def closest(word: str, candidates: Iterable[str], limit: int = 2) -> str | None:
    """The candidate within `limit` edits (insert, delete, replace, swap) of `word`, the nearest first and
    then the alphabetically first; None when nothing is near or the word is too short to tell."""
    allowed = min(limit, max(1, len(word) // 3))
    best: tuple[int, str] | None = None
    looked = 0
    for candidate in candidates:
        if abs(len(candidate) - len(word)) > allowed or candidate == word:
            continue
        looked += 1
        if looked > _LIMIT:
            break
        distance = _distance(word, candidate, allowed)
        if distance <= allowed and (best is None or (distance, candidate) < best):
            best = (distance, candidate)
    return best[1] if best else None


def _distance(a: str, b: str, limit: int) -> int:
    """Damerau-Levenshtein distance (adjacent swaps), cut off above `limit`."""
    before: list[int] = []
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        current = [i]
        for j, y in enumerate(b, 1):
            cost = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (x != y))
            if before and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        before, previous = previous, current
    return previous[-1]
