"""Rewritten YAML reads as intended, and what stands around an edit stays as it is."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from meshlint.source import rewrite
from meshlint.source.document import Node, Place, SourceFile
from meshlint.source.yaml import parse


def root(text: str) -> Node:
    return parse(SourceFile("x.yaml", text)).documents[0].root


def after(text: str, place: Place, new: str) -> str:
    return text[: place.start] + new + text[place.end :]


def replaced(text: str, new: str) -> str:
    host = root(text).get("host")
    return after(text, host.place, rewrite.in_place_of(host, new))


@pytest.mark.parametrize(
    "written", ["host: old", "host: 'old'", 'host: "old"', '{"host": "old"}', "host: &a old"]
)
@given(
    new=st.sampled_from(
        ["new", "*.example.com", "./a.b", "a.b.svc.cluster.local", "@a", "&a", "it's", '"', "no"]
    )
)
def test_replaced_scalar_reads_as_the_new_text(written: str, new: str) -> None:
    edited = replaced(f"{written}  # why\n", new)
    assert yaml.safe_load(edited) == {"host": new}
    assert edited.endswith("  # why\n")


@pytest.mark.parametrize("quote", ["'", '"'])
def test_replaced_scalar_keeps_its_quotes(quote: str) -> None:
    assert replaced(f"host: {quote}old{quote}\n", "new") == f"host: {quote}new{quote}\n"


names = st.lists(st.sampled_from("abc"), min_size=2, max_size=4)


@given(names, st.integers(0, 3), st.booleans(), st.booleans())
def test_deleted_item_is_gone_and_the_others_stay(
    items: list[str], index: int, indented: bool, newline: bool
) -> None:
    index %= len(items)
    pad = "  " if indented else ""
    lines = "".join(f"{pad}- name: {name}\n{pad}  labels: {{v: {name}}}  # {name}\n" for name in items)
    text = f"list:\n{lines}"
    text = text if newline else text.removesuffix("\n")
    place = rewrite.item(list(root(text).get("list").items())[index])
    assert place is not None
    left = [{"name": name, "labels": {"v": name}} for at, name in enumerate(items) if at != index]
    assert yaml.safe_load(after(text, place, "")) == {"list": left}


@pytest.mark.parametrize(
    "text", ["list: [a, b]\n", "list: [{name: a}]\nother: 1\n", '{"list": ["a", "b"]}\n']
)
def test_item_that_shares_its_line_is_not_deleted(text: str) -> None:
    assert rewrite.item(next(root(text).get("list").items())) is None
