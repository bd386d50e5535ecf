"""What becomes of YAML text: values, places and problems."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshlint.source.document import SourceFile
from meshlint.source.embedded import embedded
from meshlint.source.yaml import Parsed, parse


def read(text: str) -> Parsed:
    return parse(SourceFile("x.yaml", text))


def one(text: str) -> Any:
    parsed = read(text)
    assert [p for p in parsed.problems if p.kind == "invalid-yaml"] == []
    return parsed.documents[0].value


def error(text: str) -> str:
    (problem,) = read(text).problems
    assert problem.kind == "invalid-yaml"
    return problem.message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("y", True), ("No", False), ("yEs", "yEs"), ("0o14", 12), ("014", 12), ("09", 9), ("0x1F", 31), ("0b11", 3),
        ("1_000", 1000), ("1.", 1), ("1e3", 1000), ("1.10", 1.1), ("1e400", "1e400"), ("=", "="), ("12:30:45", "12:30:45"),
        ("2020-01-01", "2020-01-01"), ("18446744073709551615", 2**64 - 1), ("18446744073709551616", 18446744073709552000),
        ("!foo 12", "12"), ("!!str 12", "12"), ('!!int "3"', 3), ("!!float 1", 1), ("!!binary aGVsbG8=", "hello"), ("!", ""),
    ],
)  # fmt: skip
def test_plain_scalars_mean_what_go_reads(text: str, value: object) -> None:
    found = one(f"a: {text}")
    assert found == {"a": value}
    assert type(found["a"]) is type(value)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("y", "true"),
        ("0x1F", "31"),
        ("1.0", "1"),
        (".5", "0.5"),
        ("0.1", "0.1"),
        ("2020-01-01", "2020-01-01"),
    ],
)
def test_keys_become_strings(text: str, key: str) -> None:
    assert one(f"{text}: v") == {key: "v"}


@pytest.mark.parametrize("text", ["a: .inf", "a: .nan", "~: v", "[a]: b", "a: *x", "a: &x [*x]", "%YAML 1.2\n--- 1", "a: {<<: 1}",
                                  'a: "\\/"', "a: !!null x", "a: \x01", "a: {{ x }}", "a: \ud83d"])  # fmt: skip
def test_what_kubernetes_refuses_is_a_problem(text: str) -> None:
    assert error(text)


def test_a_broken_document_does_not_lose_its_neighbours() -> None:
    parsed = read("a: 1\n---\nb: [\n---\nc: 3\n")
    assert [d.value for d in parsed.documents] == [{"a": 1}, {"c": 3}]
    (problem,) = parsed.problems
    assert problem.place.span.start.line == 4
    place = parsed.documents[1].value_place(parsed.documents[1].value, "c")
    assert place is not None
    assert place.span.start == (5, 4, place.start)


def test_empty_documents_are_none() -> None:
    assert read("---\n# nothing\n---\n---\na: 1\n...\n").documents[0].value == {"a": 1}
    assert read("").documents == ()


def extents(text: str) -> dict[str, tuple[str, str]]:
    document = read(text).documents[0]
    found = {}
    for key in document.root.mapping:
        key_place, place = document.key_place(document.value, key), document.value_place(document.value, key)
        assert key_place is not None
        assert place is not None
        found[key] = (text[key_place.start : key_place.end], text[place.start : place.end])
    return found


def test_a_block_collection_ends_with_its_last_child() -> None:
    assert extents("a:\n  b: 1\n\n# c\nd:\n- 1\n- [2]  # e\n\nf: |\n  x\n\ng: [h: i ]\n") == {
        "a": ("a", "b: 1"), "d": ("d", "- 1\n- [2]"), "f": ("f", "|\n  x"), "g": ("g", "[h: i ]"),
    }  # fmt: skip


def test_anchors_and_tags_are_no_part_of_a_value() -> None:
    text = "a: &x {k: 1}\nb: *x\nc: &y # no\n  k: 2\nd: !!str   5\n'e': &z\nf: &x 1\ng: *x\n"
    assert extents(text) == {
        "a": ("a", "{k: 1}"), "b": ("b", "*x"), "c": ("c", "k: 2"), "d": ("d", "5"), "e": ("'e'", ""),
        "f": ("f", "1"), "g": ("g", "*x"),
    }  # fmt: skip
    assert one(text)["g"] == 1


def test_an_aliased_mapping_stands_at_its_anchor() -> None:
    text = "a: {x: &x {k: 1}}\nb: *x\nc: {<<: *x}\n"
    root = read(text).documents[0].root
    head = root.at("a", "x").head
    assert text[head.start : head.end] == "x"
    assert root.at("c", "k").place == root.at("a", "x", "k").place


def test_carriage_returns_keep_every_offset() -> None:
    assert extents("a: |\r\n  x\r\n\r\nb: 1\r\n") == {"a": ("a", "|\r\n  x"), "b": ("b", "1")}


def test_merge_keys_take_effect_where_they_stand() -> None:
    assert one("a: &x {k: 1}\nb: {k: 0, <<: *x}\nc: {<<: [{x: 1}, {x: 2, z: 3}]}") == {
        "a": {"k": 1}, "b": {"k": 1}, "c": {"x": 1, "z": 3},
    }  # fmt: skip


def test_a_duplicate_key_names_both_places() -> None:
    text = "a: 1\n'a': {b: 1}\n1: x\n'1': z\n"
    parsed = read(text)
    assert one(text) == {"a": {"b": 1}, "1": "z"}
    (problem,) = parsed.problems
    first = problem.related[0][1]
    assert (text[problem.place.start : problem.place.end], first.start) == ("'a'", 0)


def test_json_surrogates() -> None:
    text = '{"a": "\\ud83d\\ude00 x\\ud83d", "b\\/": "\\\\ud83d", "c": 1}'
    assert one(text) == {"a": "\U0001f600 x\ufffd", "b/": "\\ud83d", "c": 1}
    assert extents(text)["c"] == ('"c"', "1")
    assert one('{"\\ud83d\\ude00" : 1}') == {"\ufffd\ufffd": 1}


@pytest.mark.parametrize(
    "text",
    ["a: " + "[" * 200_000, "[" * 600 + "]" * 600, "\n".join(" " * i + "a:" for i in range(600)), "- " * 20_000 + "x",
     "? " * 20_000 + "x", "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 3000)),
     "a0: &a0 [x,x,x,x,x,x,x,x]\n" + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 8)}]\n" for i in range(1, 12))],
    ids=["flow", "closed", "block", "compact", "keys", "chain", "bomb"],
)  # fmt: skip
def test_hostile_nesting_is_refused(text: str) -> None:
    assert "nested" in error(text) or "aliasing" in error(text)


def test_long_digits_are_text() -> None:
    assert one("a: 0x" + "9" * 100_000) == {"a": "0x" + "9" * 100_000}
    assert one("a: " + "9" * 100_000) == {"a": "9" * 100_000}


@pytest.mark.parametrize(
    ("outer", "place"),
    [
        ("mesh: |-\n    a:\n      b: VALUE\n", "VALUE"),
        ("mesh: |2\n     a:\n       b: VALUE\n", "VALUE"),
        ("mesh: >-\n  {a:\n  {b: VALUE}}\n", "VALUE"),
        ('mesh: \'{"a": {"b": VALUE}}\'\n', "VALUE"),
        ('mesh: "a: {b: VALUE}"\n', "VALUE"),
        ('mesh: "a:\\n  b: VALUE"\n', '"a:\\n  b: VALUE"'),
        ("mesh: |\r\n  a:\r\n    b: VALUE # c\r\n", "VALUE"),
    ],
)
def test_embedded_places_are_in_the_outer_file(outer: str, place: str) -> None:
    inner = embedded(read(outer).documents[0].root.get("mesh"))
    assert inner is not None
    found = inner.root.at("a", "b")
    assert found.value == "VALUE"
    assert outer[found.place.start : found.place.end] == place


_names = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=8)
_keys = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"), max_codepoint=0xFFFF),
    max_size=8,
)
_trees = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | _names,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(_keys, _trees, min_size=1, max_size=4), st.sampled_from([None, 2]))
def test_json_text_reads_back_with_every_place(value: dict[str, object], indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    document = read(text).documents[0]
    assert document.value == value
    stack: list[Any] = [document.value]
    while stack:
        container = stack.pop()
        for key in container if isinstance(container, dict) else range(len(container)):
            item = container[key]
            place = document.value_place(container, key)
            assert place is not None
            assert json.loads(text[place.start : place.end]) == item
            key_place = document.key_place(container, key)
            if key_place is not None:
                assert json.loads(text[key_place.start : key_place.end]) == key
            if isinstance(item, (dict, list)):
                stack.append(item)


@settings(max_examples=300)
@given(
    st.text(
        st.sampled_from("ab:-?[]{},&*!|>'\"#%@\n\t\r ~<.=0_\\\u2028é\U0001f600\ufeff\x7f\ud800"), max_size=40
    )
)
def test_no_text_raises(text: str) -> None:
    for problem in read(text).problems:
        assert 0 <= problem.place.start <= problem.place.end <= len(text)


@settings(max_examples=300)
@given(st.text(st.sampled_from("ab:-?[]{},&*!|>'\"#\n <"), max_size=30))
def test_both_readers_agree(text: str) -> None:
    """An unused anchor sends a document to the careful reader and changes nothing else."""
    plain, careful = read(text + "\n"), read(text + "\n--- &zz\n")
    assert [d.value for d in plain.documents] == [d.value for d in careful.documents]
