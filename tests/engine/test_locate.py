from __future__ import annotations

import pytest

from meshlint.engine.locate import field_path, locate
from meshlint.source.document import Place, SourceFile
from meshlint.source.yaml import parse

TEXT = """\
a:
  - b: one
    c: [two, {d: three}]
  - four
base: &base {e: five}
other:
  <<: *base
  f: |
    six
# seven
g: 'eight'
"""
(DOCUMENT,) = parse(SourceFile("a.yaml", TEXT)).documents


@pytest.mark.parametrize(
    ("word", "path", "in_scalar"),
    [
        ("a:", "a", True),
        ("one", "a[].b", True),
        ("two", "a[].c[]", True),
        ("three", "a[].c[].d", True),
        ("four", "a[]", True),
        ("five", "base.e", True),
        ("six", "other.f", True),
        ("# seven", "", False),
        ("eight", "g", True),
        ("g:", "g", True),
        (", {d", "a[].c", False),
    ],
)
def test_locate(word: str, path: str, in_scalar: bool) -> None:
    offset = TEXT.index(word)
    assert field_path(Place(DOCUMENT, offset, offset)) == path
    assert locate(DOCUMENT, offset).in_scalar is in_scalar


def test_every_item_of_a_long_list_is_found() -> None:
    text = "".join(f"- item{at}\n" for at in range(300))
    (document,) = parse(SourceFile("a.yaml", text)).documents
    assert all(locate(document, text.index(f"item{at}\n")).path == (None,) for at in range(300))
    assert not locate(document, 0).in_scalar
