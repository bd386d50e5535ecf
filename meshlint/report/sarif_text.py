"""The sentences of SARIF: complete, with a final full stop, and linked to the related locations."""

from __future__ import annotations

import re
from collections.abc import Sequence

from meshlint.report.printable import printable

_LINK = re.compile(r"\[(?=[^\]]*\]\()")
_IN_LINK = re.compile(r"[\\\[\]]")


def sentence(text: str) -> str:
    """A text that ends in a full stop."""
    text = printable(text.strip())
    return text if text.endswith(".") else f"{text}."


def linked(message: str, notes: Sequence[str]) -> str:
    """A message followed by its notes, each a link to the related location of its number (from 1)."""
    text = sentence(_LINK.sub(r"\\[", message))
    if not notes:
        return text
    links = (f"[{_link_text(note)}]({number})" for number, note in enumerate(notes, 1))
    return f"{text} See {', '.join(links)}."


def _link_text(note: str) -> str:
    return _IN_LINK.sub(lambda found: "\\" + found[0], printable(note.strip())) or "here"


def pascal(name: str) -> str:
    """`route-to-unknown-host` as `RouteToUnknownHost`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^0-9A-Za-z]+", name))
