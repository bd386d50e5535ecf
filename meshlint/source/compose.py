"""One YAML document as plain values and offsets, by libyaml's parser.

PyYAML's nodes are converted and dropped at once: dicts, lists and scalars beside one array of offsets take
a quarter of the memory of the nodes. A document without aliases, merge keys, tags on keys or repeated keys
takes the fast way (`_fast`); any other takes the careful one.
"""

from __future__ import annotations

import base64
import binascii
import re
from array import array
from typing import Any, NamedTuple

import yaml
from yaml._yaml import CParser
from yaml.composer import Composer, ComposerError
from yaml.reader import ReaderError
from yaml.resolver import BaseResolver

from meshlint.source.scalars import NotJSON, key_text, resolve

MAX_DEPTH = 500
MAX_NODES = 2_000_000
_PLAIN = ""
_STANDARD = "tag:yaml.org,2002:"
_VERSION = re.compile(r"%YAML[ \t]+(\S+)")
_cache: dict[str, object] = {}

Entry = tuple[int, int, int, int]


class Unreadable(ValueError):
    """Text that is no YAML, or that JSON cannot hold; `offset` says where, in characters."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class Repeated(NamedTuple):
    """A key that a mapping has twice: where it stands first and again."""

    key: str
    first: tuple[int, int]
    second: tuple[int, int]


class Composed(NamedTuple):
    """A value, its offsets as `Offsets` wants them, and the keys that are repeated."""

    value: object
    numbers: array[int]
    extra: dict[tuple[int, object], Entry] | None
    repeated: tuple[Repeated, ...]


class Parser(CParser):  # type: ignore[misc]
    """libyaml's composer without PyYAML's tag resolution, whose rules are not Go's."""

    def resolve(self, _kind: object, _value: object, _implicit: object) -> str:
        return _PLAIN

    def descend_resolver(self, _parent: object, _index: object) -> None:
        """Nothing: tags do not depend on paths here."""

    def ascend_resolver(self) -> None:
        """Nothing: tags do not depend on paths here."""


def compose(text: str) -> list[Composed] | None:
    """Every document of a stream; None when the text needs the reader that knows all of YAML.

    That is so when it is broken or has anchors, tags, directives, merge keys, repeated keys, keys or
    numbers without an equal in JSON, an escape that Go does not know, or extreme nesting.
    """
    if _is_special(text) or _may_be_deep(text):
        return None
    documents: list[Composed] = []
    try:
        parser = Parser(text)
        try:
            while parser.check_node():
                numbers: list[int] = [0, 0]
                value, numbers[0], numbers[1] = _convert(parser.get_node(), text, numbers)
                documents.append(Composed(value, array("I", numbers)))
        finally:
            parser.dispose()
    except (yaml.YAMLError, UnicodeEncodeError, NotJSON, _NotSimple, RecursionError):
        return None
    return documents


def _is_special(text: str) -> bool:
    return (
        (("&" in text or "!" in text) and _PROPERTY.search(text) is not None)
        or "<<" in text
        or "\\/" in text
        or ("%" in text and _DIRECTIVE.search(text) is not None)
    )


def _may_be_deep(text: str) -> bool:
    """Whether composing, which is recursive, could exhaust the C stack: libyaml's events are not."""
    if text.count("[") + text.count("{") <= _MANY and (len(text) <= _MANY or _INDENT.search(text) is None):
        return False
    parser = Parser(text)
    depth = 0
    try:
        while depth <= MAX_DEPTH and parser.check_event():
            event = parser.get_event()
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except (yaml.YAMLError, UnicodeEncodeError):
        return True
    finally:
        parser.dispose()
    return depth > MAX_DEPTH


class _NotSimple(Exception):  # noqa: N818 - a signal, not an error
    """The document needs the careful conversion."""


def _scalar(node: Any) -> object:
    """The value of a scalar node, by its tag or, where plain, by Go's rules."""
    if node.tag != _PLAIN:
        return _tagged(node)
    text: str = node.value
    if node.style:
        return text
    if text in _cache:
        return _cache[text]
    try:
        value = resolve(text)
    except NotJSON:
        raise Unreadable(f"'{text}' cannot be written as JSON", node.start_mark.index) from None
    if len(_cache) < 100_000:  # noqa: PLR2004 - bounds the memory that a hostile tree can take
        _cache[text] = value
    return value


def _fast(root: Any, numbers: list[int]) -> tuple[object, int, int]:
    """Convert nodes in preorder. Raises _NotSimple at the first thing that repeats."""
    seen: set[int] = set()
    scalar_type, mapping_type = yaml.ScalarNode, yaml.MappingNode
    extend = numbers.extend
    cache = _cache

    def convert(node: Any) -> tuple[object, int, int]:
        kind = type(node)
        start, end = node.start_mark.index, node.end_mark.index
        if kind is scalar_type:
            if node.tag == _PLAIN:
                text = node.value
                if not node.style:
                    return (cache[text] if text in cache else _scalar(node)), start, end
                return text, start, (end if node.style in "'\"" else _block_end(node, text, start, end))
            return _scalar(node), start, end
        if id(node) in seen:
            raise _NotSimple
        seen.add(id(node))
        at = len(numbers)
        if kind is mapping_type:
            result: dict[str, object] = {}
            for key_node, value_node in node.value:
                if type(key_node) is not scalar_type or key_node.tag != _PLAIN:
                    raise _NotSimple
                key = key_node.value
                if not key_node.style and (key == "<<" or type(_scalar(key_node)) is not str) or key in result:
                    raise _NotSimple
                at = len(numbers)
                extend((key_node.start_mark.index, key_node.end_mark.index, 0, 0))
                result[key], numbers[at + 2], numbers[at + 3] = convert(value_node)
            if result and not node.flow_style:
                end = max(numbers[at + 3], numbers[at + 1])
            return result, start, end
        items: list[object] = []
        for item in node.value:
            at = len(numbers)
            extend((0, 0))
            value, numbers[at], numbers[at + 1] = convert(item)
            items.append(value)
        if items and not node.flow_style:
            end = numbers[at + 1]
        return items, start, end

    return convert(root)


def _block_end(node: Any, text: str, start: int, end: int) -> int:
    """A block scalar's mark runs on to the next token; libyaml ends it at the start of a line."""
    if node.style not in "|>":
        return end
    trimmed = end - node.end_mark.column
    return max(start + 1, trimmed - 1) if text else min(end, start + 1)
