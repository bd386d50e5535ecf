"""The page runner fails where a page is wrong; that it passes where pages are right, test_pages shows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from meshlint.mesh import Mesh
from meshlint.rule import Edit, Fix, Rule, Severity, Violation
from meshlint.testing import Mark, check_example, check_page, check_page_head, examples, metadata


def check(mesh: Mesh) -> Iterator[Violation]:
    for view in mesh.virtual_services:
        for host in view.hosts:
            if host.text.startswith("bad") and not mesh.settings.closed:
                yield Violation(f"'{host.text}' is bad", host, fix=Fix("rename", (Edit(host.place, "fine"),)))


RULE = Rule(
    "bad-host", "A host is bad.", Severity.ERROR, "0.1", check, family="hosts", like=("IST0101", "KIA1101"),
    security=7.1, fix="unsafe", severity_before=("1.15", Severity.INFO),
)  # fmt: skip
METADATA = (
    "`error` · `default` · confidence high · security 7.1 · like IST0101, KIA1101 · fix unsafe "
    "· `info` before Istio 1.15 · since 0.1"
)
HEAD = f"# bad-host\n\nA host is bad.\n\n{METADATA}\n\n## Why it matters\n\nBecause.\n\n"
OBJECT = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec:\n"


def section(heading: str, spec: str, info: str = "") -> str:
    return f"## {heading}\n\n```yaml{info}\n{OBJECT}{spec}```\n\n"


BAD = section("Bad: a host", "  hosts: [bad]  # error: \"'bad' is bad\"\n")
GOOD = section("Good: a host", "  hosts: [good]\n")


def test_metadata() -> None:
    assert metadata(RULE) == METADATA
    assert (
        metadata(Rule("a", "S.", Severity.INFO, "0.2")) == "`info` · `default` · confidence high · since 0.2"
    )


def test_a_right_page_passes() -> None:
    check_page(RULE, HEAD + BAD + GOOD)


def test_sections_are_read() -> None:
    first, second = examples(HEAD + BAD + GOOD)
    assert first.files == {"example.yaml": OBJECT + "  hosts: [bad]\n"}
    assert first.marks == (Mark("example.yaml", 5, "error", "'bad' is bad"),)
    assert (first.is_bad, second.is_bad, second.marks) == (True, False, ())


def test_several_marks_on_a_line() -> None:
    (example,) = examples(section("Bad", '  hosts: [bad, bad2]  # error: "bad\' is" # error: "bad2"\n'))
    assert [mark.words for mark in example.marks] == ["bad' is", "bad2"]
    check_example(RULE, example)


@pytest.mark.parametrize(
    "page",
    [
        HEAD.replace("# bad-host", "# bad-hosts") + BAD + GOOD,
        HEAD.replace("is bad.", "is very bad.") + BAD + GOOD,
        HEAD.replace("7.1", "7.2") + BAD + GOOD,
        HEAD.replace("## Why", "## What") + BAD + GOOD,
        HEAD + BAD,
        HEAD + GOOD,
    ],
)
def test_a_wrong_head_fails(page: str) -> None:
    with pytest.raises(AssertionError, match="the page"):
        check_page_head(RULE, page)


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        (section("Bad", "  hosts: [bad]\n"), "must mark at least one"),
        (section("Good", '  hosts: [bad] # error: "bad"\n'), "must mark nothing"),
        (section("Good", "  hosts: [bad]\n"), "found but not marked: example.yaml:5: error"),
        (section("Bad", '  hosts: [good] # error: "bad"\n'), "marked but not found: example.yaml:5"),
        (section("Bad", '  hosts: [bad] # warning: "bad"\n'), "found but not marked"),
        (section("Bad", '  hosts: [bad] # error: "good"\n'), "marked but not found"),
        (section("Bad", '  hosts: # error: "bad"\n    - bad\n'), "marked but not found: example.yaml:5"),
        (section("Bad", '  hosts: [bad, bad] # error: "bad"\n'), "found but not marked"),
        (section("Bad", '  hosts: [bad] # error: "bad" # error: "bad"\n'), "marked but not found"),
        ("## Bad\n\nno block\n", "has no yaml block"),
    ],
)
def test_a_wrong_example_fails(page: str, complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        check_page(RULE, HEAD + BAD + GOOD + page)


def test_blocks_of_a_section_are_one_tree() -> None:
    page = BAD + section("more", "").split("\n\n", 1)[1].replace("```yaml", '```yaml title="b/c.yaml"')
    (example,) = examples(page.replace("## more", ""))
    assert set(example.files) == {"example.yaml", "b/c.yaml"}


def test_a_section_may_bring_its_configuration() -> None:
    config = '```yaml title=".meshlint.yaml"\nworld: closed\n```\n'
    with pytest.raises(AssertionError, match="marked but not found"):
        check_page(RULE, HEAD + GOOD + BAD + config)


@pytest.mark.parametrize(("text", "right"), [("  hosts: [fine]\n", True), ("  hosts: [bad]\n", False)])
def test_fixed_blocks(text: str, right: bool) -> None:
    page = HEAD + GOOD + BAD + f"```yaml fixed\n{OBJECT}{text}```\n"
    if right:
        check_page(RULE, page)
        return
    with pytest.raises(AssertionError, match="after fixes"):
        check_page(RULE, page)


def test_a_crash_fails() -> None:
    def crash(mesh: Mesh) -> Iterator[Violation]:
        raise KeyError(len(mesh.resources))

    (example,) = examples(GOOD)
    with pytest.raises(AssertionError, match="KeyError: 1"):
        check_example(Rule("a", "S.", Severity.ERROR, "0.1", crash), example)
