"""Deleting an entry leaves the YAML that one would have written without it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.source import rewrite
from meshlint.source.document import Node, SourceFile
from meshlint.source.yaml import parse


def root_of(text: str) -> Node:
    (document,) = parse(SourceFile("a.yaml", text)).documents
    return document.root


def without(text: str, *path: str) -> str | None:
    """The text without the entry that a path leads to, `*` being the first item of a list."""
    node = root_of(text)
    for key in path:
        node = next(node.items()) if key == "*" else node.get(key)
    place = rewrite.entry(node)
    return None if place is None else text[: place.start] + text[place.end :]


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("a: 1\nb: 2\nc: 3\n", ["b"], "a: 1\nc: 3\n"),
        ("a: 1\nb: 2", ["b"], "a: 1\n"),
        ("a: 1\r\nb: 2\r\nc: 3\r\n", ["b"], "a: 1\r\nc: 3\r\n"),
        ("a: 1\nb: 2 # about b\nc: 3\n", ["b"], "a: 1\nc: 3\n"),
        ("a:\n  b: 2\n  c: 3\n", ["a", "b"], "a:\n  c: 3\n"),
        ("- b: 2\n  c: 3\n", ["*", "b"], "- c: 3\n"),
        ("- c: 3\n  b: 2\n", ["*", "b"], "- c: 3\n"),
        ("- - b: 2\n    c: 3\n", ["*", "*", "b"], "- - c: 3\n"),
        ("{a: 1, b: 2, c: 3}\n", ["b"], "{a: 1, c: 3}\n"),
        ("{b: 2, c: 3}\n", ["b"], "{c: 3}\n"),
        ("{a: 1, b: 2}\n", ["b"], "{a: 1}\n"),
        ("- {a: 1, b: 2}\n", ["*", "b"], "- {a: 1}\n"),
        ('{"a": 1, "b": "x"}\n', ["b"], '{"a": 1}\n'),
        ("{\n  a: 1,\n  b: 2\n}\n", ["a"], "{\n  b: 2\n}\n"),
    ],
)
def test_an_entry_vanishes(text: str, path: list[str], expected: str) -> None:
    assert without(text, *path) == expected


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("b: 2\n", ["b"]),
        ("a: 1\nb: |\n  text\n", ["b"]),
        ("a: 1\nb: &anchor 2\nc: *anchor\n", ["b"]),
        ("- b: 2 # about c?\n  c: 3\n", ["*", "b"]),
        ("a: 1\n", ["b"]),
    ],
)
def test_an_entry_stays_where_deleting_it_is_not_clean(text: str, path: list[str]) -> None:
    assert without(text, *path) is None


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1))
def test_a_scalar_reads_back_as_the_string_it_was(text: str) -> None:
    assert root_of(f"a: {rewrite.scalar(text)}\n").get("a").value == text


@pytest.mark.parametrize(
    "text", ["null", "Yes", "y", "1", "1e3", "0x1", "-", "", "a: b", "a #b", "*.x", "~", "{a}"]
)
def test_a_string_that_looks_like_something_else_is_quoted(text: str) -> None:
    assert rewrite.scalar(text).startswith('"')
    assert root_of(f"a: {rewrite.scalar(text)}\n").get("a").value == text
