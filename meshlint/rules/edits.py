"""Edits of YAML and JSON text that leave everything around them as it was written."""

from __future__ import annotations

from meshlint.rule import Edit, Fix
from meshlint.source.document import Node, Place

_QUOTES = ("'", '"')
_NEEDS_QUOTES = ("*", "&", "!", "@", "%", "`", "{", "[")


def did_you_mean(name: str | None) -> str:
    """The end of a message that suggests a name, empty when there is none to suggest."""
    return f"; did you mean {name!r}?" if name else ""


def replace_scalar(node: Node, text: str, title: str) -> Fix:
    """An unsafe fix that writes another string in the place of a scalar, quoted as the old one was."""
    place = node.place
    written = place.document.file.text[place.start : place.end]
    quote = written[:1] if written[:1] in _QUOTES else "'" if text.startswith(_NEEDS_QUOTES) else ""
    return Fix(title, (Edit(place, f"{quote}{text}{quote}"),))


def delete_item(item: Node) -> Edit | None:
    """The deletion of the lines of a list item; None when it shares its lines with something else."""
    place = item.place
    text = place.document.file.text
    start = text.rfind("\n", 0, place.start) + 1
    end = text.find("\n", place.end) + 1 or len(text)
    if text[start : place.start].strip() != "-" or not text[place.end : end].partition("#")[0].isspace():
        return None
    return Edit(Place(place.document, start, end), "")
