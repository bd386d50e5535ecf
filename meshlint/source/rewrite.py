"""Edits of YAML text: how to write a value, and what to delete so that an entry vanishes cleanly."""

from __future__ import annotations

import json
import re

from meshlint.source.document import Node, Place

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_WORDS_OF_YAML = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def scalar(text: str) -> str:
    """A string as YAML writes it: plain where every reader takes it for a string, else in double quotes."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML:
        return text
    return json.dumps(text, ensure_ascii=False)


def in_place_of(node: Node, text: str) -> str:
    """A string as it is written in the place of another scalar, in the quotes that the old one has."""
    place = node.place
    quote = place.document.file.text[place.start : place.start + 1]
    if quote == "'":
        return "'" + text.replace("'", "''") + "'"
    return json.dumps(text, ensure_ascii=False) if quote == '"' else scalar(text)


def item(node: Node) -> Place | None:
    """The lines to delete so that an item of a block list vanishes; None when it shares them with others."""
    place = node.place
    text = place.document.file.text
    start, end = text.rfind("\n", 0, place.start) + 1, text.find("\n", place.end) + 1 or len(text)
    after = text[place.end : end].strip()
    if text[start : place.start].strip() != "-" or (after and not after.startswith("#")):
        return None
    return Place(place.document, start, end)


def entry(node: Node) -> Place | None:
    """The text to delete so that an entry of a mapping vanishes: its whole line in a block mapping, up to
    the next entry where it stands behind the dash of a list item, with one comma in a flow mapping.

    None where deleting would leave something odd: an only entry, a value over several lines, an anchor
    that others may use, or a comment on something else that would be lost.
    """
    owner = node.owner
    if type(owner) is not dict or not node.exists or len(owner) == 1:
        return None
    text = node.document.file.text
    start, end = node.key_place.start, node.place.end
    if start >= end or "\n" in text[start:end] or "&" in text[start:end]:
        return None
    line, stop = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    after = text[end:] if stop < 0 else text[end:stop]
    if after.strip() and not re.match(r"\s+#", after):
        found = _in_flow(text, start, end)
    elif not text[line:start].strip():
        found = (line, len(text) if stop < 0 else stop + 1)
    elif re.fullmatch(r"[\s-]*-\s+", text[line:start]):
        found = _behind_dash(text, start, end)
    else:
        found = _in_flow(text, start, end)
    return None if found is None else Place(node.document, *found)


def _behind_dash(text: str, start: int, end: int) -> tuple[int, int] | None:
    blank = re.compile(r"\s*").match(text, end)
    assert blank is not None
    return None if text.startswith("#", blank.end()) else (start, blank.end())


def _in_flow(text: str, start: int, end: int) -> tuple[int, int] | None:
    following = re.compile(r"\s*,\s*").match(text, end)
    if following is not None:
        return start, following.end()
    before = text[:start].rstrip()
    return (len(before) - 1, end) if before.endswith(",") else None
