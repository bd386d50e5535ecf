"""The format for people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from meshlint.finding import Counts, Severity, Skipped, Suppression
from meshlint.report import RenderOptions, render
from meshlint.report.printable import columns, printable, wrap

if TYPE_CHECKING:
    from conftest import Builder

RICH = """\
k8s/routes.yaml:11:19: error[route-to-unknown-host] no Service or ServiceEntry
    declares host 'reviews.stage'
 11 |             host: reviews.stage
    |                   ^^^^^^^^^^^^^
  note: k8s/services.yaml:4:3: 'reviews' is declared here
  4 |   name: reviews
    |   ^^^^^^^^^^^^^
  note: k8s/services.yaml:4:3: and its [key](2)
  4 |   name: reviews
    |   ^^^^^^^^^^^^^
  fix: replace 'reviews.stage'

k8s/routes.yaml:12:11: warning[weights-not-100] weights add up to 110 instead of
    100
 12 >           weight: 90
 13 >         - destination:
 14 >             host: reviews
 15 >           weight: 20
  unsafe fix: replace 'weight: 90\\n'

k8s/routes.yaml:7:3: info[plain-words] one '[a](1)' for each
  7 |   hosts: [reviews]
    |   ^^^^^

internal error: rule 'some-rule' on VirtualService prod/reviews
    Traceback:
      ValueError: odd

Read 2 files with 2 objects; skipped: 1 template, 1 excluded, 1 not Kubernetes,
    1 unreadable
  unreadable: secret.yaml (permission denied)
  template: chart/templates/a.yaml
1 internal error: this report is incomplete
1 error, 1 warning, 1 info; 2 suppressed
More about a rule: meshlint explain route-to-unknown-host
"""


def marked(build: Builder, line: str, words: str, width: int = 80) -> tuple[str, str]:
    """The source line and the marks that a finding on `words` of `line` shows, without the gutter."""
    build.texts["f.yaml"] = line
    shown = render(
        build.report(build.finding(words, path="f.yaml", rule="r", message="m")),
        "text",
        options=RenderOptions(width=width),
    ).splitlines()
    return shown[1].partition("| ")[2], shown[2].partition("| ")[2]


def test_the_whole_page(build: Builder) -> None:
    assert render(build.rich(), "text") == RICH


def test_suppressed_findings_are_shown_on_request(build: Builder) -> None:
    shown = render(build.rich(), "text", options=RenderOptions(show_suppressed=True))
    assert "error[weights-not-100] hidden from view" in shown
    assert "  suppressed: moved next week (k8s/routes.yaml:6:1)\n" in shown
    assert "  suppressed: no reason given\n" in shown


def test_a_clean_run_says_what_it_looked_at(build: Builder) -> None:
    shown = render(build.report(counts=Counts(files=5, documents=12, objects=12)), "text")
    assert shown == "Read 5 files with 12 objects\nNo problems found in 12 objects of 5 files\n"


def test_an_empty_run_is_not_green(build: Builder) -> None:
    report = build.report(counts=Counts(files=1))
    shown = render(report, "text", options=RenderOptions(color=True, paths=("./k8s", "x")))
    assert "No Kubernetes object found in ./k8s, x" in shown
    assert "No problems" not in shown
    assert "\x1b[1;32m" not in shown


def test_a_run_with_crashes_is_not_green(build: Builder) -> None:
    shown = render(build.report(crashes=("rule 'x'",)), "text")
    assert "internal error: rule 'x'\n" in shown
    assert "1 internal error: this report is incomplete\n" in shown
    assert "No problems" not in shown


def test_only_suppressed_findings_is_no_problem(build: Builder) -> None:
    report = build.report(build.finding(suppression=Suppression("inSource", "why")))
    assert "No problems found in 2 objects of 2 files; 1 suppressed\n" in render(report, "text")


def test_the_summary_counts(build: Builder) -> None:
    infos = [build.finding(severity=Severity.INFO)] * 2
    report = build.report(*[build.finding()] * 3, build.finding(severity=Severity.WARNING), *infos)
    assert "\n3 errors, 1 warning, 2 infos\n" in render(report, "text")


def test_a_few_skipped_files_are_named(build: Builder) -> None:
    skipped = tuple(Skipped(f"{n}.yaml", "template", "t") for n in range(5))
    shown = render(build.report(skipped=skipped), "text")
    assert "skipped: 5 templates\n  template: 0.yaml, 1.yaml, 2.yaml, 2 more\n" in shown


def test_color_changes_nothing_else(build: Builder) -> None:
    colored = render(build.rich(), "text", options=RenderOptions(color=True))
    assert "\x1b[1;31merror[route-to-unknown-host]\x1b[0m" in colored
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == RICH


@pytest.mark.parametrize(
    ("line", "words", "text", "marks"),
    [
        ("a: b", "b", "a: b", "   ^"),
        ("a: 漢字 b", "漢字", "a: 漢字 b", "   ^^^^"),
        ("a: 漢字 b", "b", "a: 漢字 b", "        ^"),
        ("a: e\u0301 b", "b", "a: e\u0301 b", "     ^"),
        ("\ta:\tb", "b", "    a:  b", "        ^"),
        ("a: \x1b[31m b", "b", r"a: \x1b[31m b", "            ^"),
        ("a: b\r\nc: d", "b", "a: b", "   ^"),
        ("a: ", "", "a:", "^"),
    ],
)
def test_carets_stand_below_the_words(build: Builder, line: str, words: str, text: str, marks: str) -> None:
    assert marked(build, line, words) == (text, marks)


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("words", ["START", "MIDDLE", "END", "x" * 900])
def test_long_lines_are_cut_around_the_words(build: Builder, width: int, words: str) -> None:
    line = "START " + "x" * 900 + " MIDDLE " + "漢" * 900 + " END"
    text, marks = marked(build, line, words, width)
    assert columns(text) + len("  1 | ") <= width
    assert columns(marks) + len("  1 | ") <= width
    if len(words) < width:
        assert text[: text.index(words)].count("漢") + text.index(words) == marks.index("^")
    assert text.startswith("…") == (words != "START")
    assert text.endswith("…") == (words != "END")


def test_a_long_block_is_cut_in_the_middle(build: Builder) -> None:
    build.texts["f.yaml"] = "a:\n" + "".join(f"  k{n}: v\n" for n in range(20)) + "\nb: c\n"
    words = build.texts["f.yaml"].partition("b: c")[0]
    shown = render(build.report(build.finding(words, path="f.yaml")), "text").splitlines()
    gutter = [line for line in shown if " >" in line]
    assert gutter == ["  1 > a:", "  2 >   k0: v", "  3 >   k1: v", "  … >", " 21 >   k19: v"]


def test_a_block_that_ends_at_the_next_line_is_one_line(build: Builder) -> None:
    build.texts["f.yaml"] = "a: b\nc: d\n"
    shown = render(build.report(build.finding("a: b\n", path="f.yaml")), "text").splitlines()
    assert "  1 | a: b" in shown
    assert "    | ^^^^" in shown


def test_a_file_without_text_has_no_snippet(build: Builder) -> None:
    finding = build.finding()
    build.texts.clear()
    assert "|" not in render(build.report(finding), "text")


def test_lines_keep_to_the_width(build: Builder) -> None:
    build.texts["f.yaml"] = "host: " + "漢字 " * 100
    finding = build.finding("host", "word " * 60, path="f.yaml", related=(build.related("and " * 60),))
    for width in (40, 80):
        shown = render(build.report(finding), "text", options=RenderOptions(width=width))
        assert max(columns(line) for line in shown.splitlines()) <= width


def test_wrap_keeps_long_words_whole() -> None:
    assert wrap("aa " + "b" * 30 + " cc", 10, indent="  ") == ["aa", "  " + "b" * 30, "  cc"]


def test_printable_escapes_what_a_terminal_obeys() -> None:
    assert printable("a\x1b\n\x9b\u202e\ud800é漢") == r"a\x1b\n\x9b\u202e\ud800é漢"
