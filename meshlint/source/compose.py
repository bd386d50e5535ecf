"""One YAML document as plain values and offsets, by libyaml's composer.

PyYAML's nodes are converted and dropped at once: dicts, lists and scalars beside one array of offsets take
a quarter of the memory of the nodes. A text with anything out of the ordinary (anchors, tags, directives,
merge keys, repeated keys, errors) is left to `meshlint.source.events`.
"""

from __future__ import annotations

import re
from array import array
from typing import Any

import yaml

from meshlint.source.events import MAX_DEPTH, Composed, Parser, block_end, compose_carefully
from meshlint.source.scalars import NotJSON, resolve

_PROPERTY = re.compile(r"(?:^|[\s\[{,])[&!]")
_DIRECTIVE = re.compile(r"^%", re.MULTILINE)
_DEEP_INDENT = re.compile(r"^[-?: \t]{2000}", re.MULTILINE)
_MANY_BRACKETS = 5000
_BLOCK_STYLES = ("|", ">")
_cache: dict[str, object] = {}


def compose(text: str) -> Composed | None:
    """The one document of `text`; None when it holds none. Raises Unreadable."""
    composed = compose_stream(text)
    if composed is None or len(composed) > 1:
        return compose_carefully(text)
    return composed[0] if composed else None


def compose_stream(text: str) -> list[Composed] | None:
    """Every document of a stream that is ordinary throughout, else None."""
    if _is_special(text) or _is_deep(text):
        return None
    documents: list[Composed] = []
    try:
        parser = Parser(text)
        try:
            while parser.check_node():
                numbers = [0, 0]
                value, numbers[0], numbers[1] = _fast(parser.get_node(), text, numbers)
                documents.append(Composed(value, array("I", numbers)))
        finally:
            parser.dispose()
    except (yaml.YAMLError, UnicodeEncodeError, NotJSON, _NotSimple, RecursionError):
        return None
    return documents


def _is_special(text: str) -> bool:
    """Whether the composer would lose something: tags, places of aliases, escapes that Go does not know."""
    return (
        (("&" in text or "!" in text) and _PROPERTY.search(text) is not None)
        or "<<" in text
        or "\\/" in text
        or ("%" in text and _DIRECTIVE.search(text) is not None)
    )


def _is_deep(text: str) -> bool:
    """Whether composing, which is recursive, could exhaust the C stack; libyaml's events are not recursive."""
    brackets = text.count("[") + text.count("{")
    if brackets <= _MANY_BRACKETS and (len(text) <= _MANY_BRACKETS or _DEEP_INDENT.search(text) is None):
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


class _NotSimple(Exception):
    """The document needs the careful reader."""


def _plain(text: str) -> object:
    """The value of a plain scalar, remembered."""
    value = resolve(text)
    if len(_cache) < 100_000:  # bounds the memory that a hostile tree can take
        _cache[text] = value
    return value


def _fast(root: Any, source: str, numbers: list[int]) -> tuple[object, int, int]:
    """Convert nodes in preorder. Raises _NotSimple at the first key that is no plain string or repeats."""
    scalar_type, mapping_type = yaml.ScalarNode, yaml.MappingNode
    cache = _cache

    def convert(node: Any, depth: int) -> tuple[object, int, int]:  # noqa: PLR0912 - the hot loop: a call costs more
        nonlocal numbers  # `+=` extends the list in place
        kind = type(node)
        start, end = node.start_mark.index, node.end_mark.index
        if kind is scalar_type:
            text = node.value
            style = node.style
            if not style:
                return (cache[text] if text in cache else _plain(text)), start, end
            return text, start, (block_end(source, start, end) if style in _BLOCK_STYLES else end)
        if depth >= MAX_DEPTH:
            raise _NotSimple
        children = node.value
        at = len(numbers)
        value: object
        if kind is mapping_type:
            value = result = {}
            for key_node, value_node in children:
                key = key_node.value
                if type(key_node) is not scalar_type or key_node.style in _BLOCK_STYLES:
                    raise _NotSimple
                if not key_node.style:
                    key = cache[key] if key in cache else _plain(key)  # one string for all of the same text
                    if type(key) is not str:
                        raise _NotSimple
                at = len(numbers) + 2
                if type(value_node) is scalar_type and not value_node.style:  # most values: not worth a call
                    text = value_node.value
                    result[key] = cache[text] if text in cache else _plain(text)
                    numbers += (
                        key_node.start_mark.index,
                        key_node.end_mark.index,
                        value_node.start_mark.index,
                        value_node.end_mark.index,
                    )
                else:
                    numbers += (key_node.start_mark.index, key_node.end_mark.index, 0, 0)
                    result[key], numbers[at], numbers[at + 1] = convert(value_node, depth + 1)
            if len(result) != len(children):
                raise _NotSimple
        else:
            value = items = []
            for item in children:
                at = len(numbers)
                numbers.extend((0, 0))
                converted, numbers[at], numbers[at + 1] = convert(item, depth + 1)
                items.append(converted)
        if children and not (node.flow_style and source[start] in "[{"):
            end = numbers[at + 1]
        return value, start, end

    return convert(root, 0)
