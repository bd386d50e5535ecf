from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.api import lint
from meshlint.config import Layer, fold
from meshlint.engine.comments import comments_in
from meshlint.engine.fix import apply_fixes
from meshlint.finding import Finding
from meshlint.mesh import Mesh
from meshlint.rule import Rule, Severity, Violation
from meshlint.rules.manifests.suppressions import (
    suppression_without_reason,
    unknown_rule_in_suppression,
    unused_suppression,
)
from meshlint.source.document import SourceFile
from meshlint.source.yaml import parse

HEAD = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a, namespace: prod}
"""


def hosts(mesh: Mesh) -> Iterator[Violation]:
    for view in mesh.virtual_services:
        for host in view.hosts:
            if host.text.startswith("bad"):
                yield Violation(f"'{host.text}' is bad", host)
            if host.text.startswith("ugly"):
                yield Violation(f"'{host.text}' is ugly", host, pedantic=True)


def breaks(mesh: Mesh) -> Iterator[Violation]:
    raise KeyError(len(mesh.resources))


BAD = Rule("bad-host", "S.", Severity.ERROR, "0.1", hosts, family="hosts", like=("IST0101",))
OTHER = Rule(
    "other-host", "S.", Severity.ERROR, "0.1", lambda _: iter(()), family="hosts", needs=("Service@ns",)
)
BROKEN = Rule("broken", "S.", Severity.ERROR, "0.1", breaks, family="failing")
OFF = Rule("off", "S.", Severity.ERROR, "0.1", lambda _: iter(()), family="unused")
RULES = (BAD, OTHER, BROKEN, OFF, unused_suppression, suppression_without_reason, unknown_rule_in_suppression)


def findings(tree: Path, spec: str, **settings: object) -> tuple[Finding, ...]:
    (tree / "a.yaml").write_text(HEAD + spec, encoding="utf-8")
    return lint(["."], fold(Layer({"ignore": ["off"], **settings})), rules=RULES).findings


@pytest.mark.parametrize(
    "spec",
    [
        "spec: {hosts: [bad]}  # meshlint: ignore[bad-host] why",
        "spec: {hosts: [bad]}  # meshlint: ignore[hosts] why",
        "spec: {hosts: [bad]}  # meshlint: ignore[IST0101] why",
        "spec: {hosts: [bad]}  # meshlint: ignore[ist0101] why",
        "spec: {hosts: [bad]}  #meshlint:ignore [ bad-host ] why",
        "spec: {hosts: [bad]}  # meshlint: ignore[bad-host]: why",
        "spec: {hosts: [bad]}  # see the wiki # meshlint: ignore[bad-host] why",
        "# meshlint: ignore[bad-host] why\nspec: {hosts: [bad]}",
        "spec:\n  hosts:\n    # meshlint: ignore[bad-host] why\n    - bad",
        "# meshlint: ignore[bad-host] why\n# and more\n# meshlint: ignore[bad-host] again\nspec: {hosts: [bad]}",
        "spec:\n  text: |\n    scalar\n  # meshlint: ignore[bad-host] why\n  hosts: [bad]",
        "spec: {hosts: [bad]}  # meshlint: ignore[bad-host] why\r\n",
    ],
)
def test_a_comment_silences_its_line_or_the_next(tree: Path, spec: str) -> None:
    (finding,) = findings(tree, spec)
    assert finding.rule == "bad-host"
    assert finding.suppression is not None
    assert (finding.suppression.kind, finding.suppression.reason, finding.suppression.path) == (
        "inSource",
        "why",
        "a.yaml",
    )


@pytest.mark.parametrize(
    "spec",
    [
        "# meshlint: ignore[bad-host] too far\nspec:\n  hosts: [bad]",
        "# meshlint: ignore[bad-host] too far\n\nspec: {hosts: [bad]}",
        "spec: {hosts: [bad]}\n# meshlint: ignore[bad-host] below",
        "spec: {a: '# meshlint: ignore[bad-host] text', hosts: [bad]}",
        "spec:\n  a: '\n    # meshlint: ignore[bad-host] text\n    '\n  hosts: [bad]",
        "spec: {hosts: ['bad#meshlint: ignore[bad-host]']}",
        "spec: {hosts: [bad]}  # meshlint: ignored[bad-host] a word of its own",
        "spec: {hosts: [bad]}  # meshlint: ignore[off] another rule",
    ],
)
def test_what_silences_nothing(tree: Path, spec: str) -> None:
    assert [f.suppression for f in findings(tree, spec) if f.rule == "bad-host"] == [None]


def test_nothing_is_dropped_and_nothing_silenced_fails_the_run(tree: Path) -> None:
    (tree / "a.yaml").write_text(
        f"{HEAD}spec: {{hosts: [bad]}}  # meshlint: ignore[bad-host] why\n", encoding="utf-8"
    )
    report = lint(["."], rules=(BAD,))
    assert len(report.findings) == 1
    assert report.active == ()


def about_comments(tree: Path, spec: str, **settings: object) -> list[tuple[str, str]]:
    return [(f.rule, f.message) for f in findings(tree, spec, **settings) if "suppression" in f.rule]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("spec: {}  # meshlint: ignore[bad-host] why", "'bad-host'"),
        ("spec: {}  # meshlint: ignore[IST0101] why", "'IST0101'"),
        ("spec: {hosts: [bad, bad2]}  # meshlint: ignore[bad-host] why", ""),
        ("spec: {hosts: [ugly]}  # meshlint: ignore[bad-host] hidden, but there", ""),
        ("spec: {}  # meshlint: ignore[off] not enabled", ""),
        ("spec: {}  # meshlint: ignore[other-host] cannot tell without a Service", ""),
        ("spec: {}  # meshlint: ignore[hosts] nor can this family", ""),
        ("spec: {}  # meshlint: ignore[broken] it crashed", ""),
        ("spec: {}  # meshlint: ignore[unused-suppression] about comments", ""),
        ("spec: {}  # meshlint: ignore[bad-host, unused-suppression] silenced itself", "'bad-host'"),
    ],
)
def test_unused(tree: Path, spec: str, said: str) -> None:
    wanted = [("unused-suppression", f"the suppression of {said} silences nothing")] if said else []
    assert about_comments(tree, spec) == wanted


def test_a_closed_world_can_always_tell(tree: Path) -> None:
    spec = "spec: {}  # meshlint: ignore[other-host] why"
    assert [rule for rule, _ in about_comments(tree, spec, world="closed")] == ["unused-suppression"]


@pytest.mark.parametrize(("namespace", "count"), [("prod", 1), ("test", 0)])
def test_a_rule_can_tell_where_the_input_has_what_it_needs(tree: Path, namespace: str, count: int) -> None:
    service = f"apiVersion: v1\nkind: Service\nmetadata: {{name: a, namespace: {namespace}}}\n"
    (tree / "service.yaml").write_text(service, encoding="utf-8")
    assert len(about_comments(tree, "spec: {}  # meshlint: ignore[other-host] why")) == count


def test_unused_is_silenced_by_its_own_comment(tree: Path) -> None:
    (finding,) = findings(tree, "spec: {}  # meshlint: ignore[bad-host, unused-suppression] why")
    assert finding.suppression is not None


@pytest.mark.parametrize(
    ("spec", "messages"),
    [
        ("spec: {}  # meshlint: ignore why", ["the suppression names no rule, so it silences nothing"]),
        ("spec: {}  # meshlint: ignore[] why", ["the suppression names no rule, so it silences nothing"]),
        (
            "spec: {hosts: [bad]}  # meshlint: ignore[bad-hots, bad-host, zzz] why",
            [
                "no rule, family or code is called 'bad-hots', so nothing is silenced; did you mean 'bad-host'?",
                "no rule, family or code is called 'zzz', so nothing is silenced",
            ],
        ),
    ],
)
def test_unknown(tree: Path, spec: str, messages: list[str]) -> None:
    assert about_comments(tree, spec) == [("unknown-rule-in-suppression", message) for message in messages]


@pytest.mark.parametrize(
    ("comment", "count"), [("ignore[bad-host]", 1), ("ignore[bad-host] ", 1), ("ignore[bad-host] why", 0)]
)
def test_reasons_are_asked_for_by_pedants(tree: Path, comment: str, count: int) -> None:
    spec = f"spec: {{hosts: [bad]}}  # meshlint: {comment}"
    assert about_comments(tree, spec) == []
    assert len(about_comments(tree, spec, pedantic=True)) == count


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("spec: {}  # meshlint: ignore[bad-host] why\n", "spec: {}\n"),
        ("  # meshlint: ignore[bad-host] why\nspec: {}\n", "spec: {}\n"),
        (
            "spec: {hosts: [bad]} # meshlint: ignore[bad-host, broken]\n",
            "spec: {hosts: [bad]} # meshlint: ignore[bad-host, broken]\n",
        ),
        (
            "spec: {hosts: [bad]} # meshlint: ignore[bad-host, spare] x\n",
            "spec: {hosts: [bad]} # meshlint: ignore[bad-host] x\n",
        ),
        (
            "spec: {hosts: [bad]} # meshlint: ignore[bad-hots] x\n",
            "spec: {hosts: [bad]} # meshlint: ignore[bad-host] x\n",
        ),
        ("spec: {}  # meshlint: ignore[bad-host] why", "spec: {}"),
    ],
)
def test_fixes(tree: Path, before: str, after: str) -> None:
    spare = Rule("spare", "S.", Severity.ERROR, "0.1", lambda _: iter(()), family="more")
    (tree / "a.yaml").write_text(HEAD + before, encoding="utf-8")
    report = lint(["."], rules=(*RULES, spare))
    fixed = apply_fixes({"a.yaml": HEAD + before}, [f.fix for f in report.findings if f.fix])
    assert fixed == {"a.yaml": HEAD + after}


def test_comments_in_broken_and_empty_files_are_read() -> None:
    for text in ("# meshlint: ignore[a] why\n", "a: [\n# meshlint: ignore[a] why\n"):
        file = SourceFile("a.yaml", text)
        (comment,) = comments_in(file, parse(file).documents)
        assert comment.reason == "why"


SCALARS = ("|", ">", "|-", ">+", "|2")
lines = st.lists(
    st.tuples(st.sampled_from(["scalar", "comment", "key"]), st.sampled_from(SCALARS)),
    min_size=1,
    max_size=12,
)


@given(lines)
def test_look_alikes_in_scalars_are_no_comments(parts: list[tuple[str, str]]) -> None:
    mark = "# meshlint: ignore[a] why"
    text, wanted = "k: v\n", []
    for at, (part, style) in enumerate(parts):
        if part == "scalar":
            text += f"s{at}: {style}\n  one\n  {mark}\n  two\n"
        elif part == "comment":
            wanted.append(text.count("\n") + 1)
            text += f"{mark}\n"
        else:
            wanted.append(text.count("\n") + 1)
            text += f"k{at}: '{mark}' {mark}\n"
    file = SourceFile("a.yaml", text)
    found = [file.lines.position(comment.start).line for comment in comments_in(file, parse(file).documents)]
    assert found == wanted


@given(st.text("#meshlint: ignore[a]\n\r\t \u00e9'\"|{}-", max_size=60))
def test_any_text_can_be_searched(text: str) -> None:
    file = SourceFile("a.yaml", text)
    for comment in comments_in(file, parse(file).documents):
        assert text[comment.start] == "#"
        assert comment.line >= file.lines.position(comment.start).line
