"""Suggestions: the other name that an author may have meant, in words and as a fix."""

from __future__ import annotations

from meshlint.rule import Edit, Fix
from meshlint.source import rewrite
from meshlint.source.document import Node


def did_you_mean(name: str | None) -> str:
    """The end of a message that suggests a name, empty when there is none to suggest."""
    return f"; did you mean '{name}'?" if name else ""


def replace_scalar(node: Node, text: str, title: str) -> Fix:
    """An unsafe fix that writes another string in the place of a scalar, quoted as the old one was."""
    return Fix(title, (Edit(node.place, rewrite.in_place_of(node, text)),))
