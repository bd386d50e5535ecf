"""Applies fixes to texts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from meshlint.finding import FixEdit, FixInfo


def apply_fixes(texts: Mapping[str, str], fixes: Iterable[FixInfo]) -> dict[str, str]:
    """The texts (by path) after the fixes. A fix is applied whole or not at all: one that overlaps an
    earlier one is left out, and an edit that two fixes share is made once.
    """
    chosen: dict[str, list[FixEdit]] = defaultdict(list)
    for fix in fixes:
        new = [edit for edit in fix.edits if edit not in chosen[edit.path]]
        if not any(_overlap(edit, other) for edit in new for other in chosen[edit.path]):
            for edit in new:
                chosen[edit.path].append(edit)
    return {path: _edited(text, chosen[path]) for path, text in texts.items()}


def _overlap(a: FixEdit, b: FixEdit) -> bool:
    """Whether two edits touch the same text; two insertions at one point do."""
    start, end = max(a.span.start.offset, b.span.start.offset), min(a.span.end.offset, b.span.end.offset)
    return start < end or (start == end and a.span.start == b.span.start)


def _edited(text: str, edits: Iterable[FixEdit]) -> str:
    pieces: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: edit.span.start.offset):
        pieces += (text[at : edit.span.start.offset], edit.text)
        at = edit.span.end.offset
    return "".join((*pieces, text[at:]))
