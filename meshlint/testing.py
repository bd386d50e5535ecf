"""Runs the examples on the page of a rule: what they mark is what the rule must find, and nothing else.

A page is Markdown: `# rule-name`, the summary, a line of metadata, `## Why…`, then sections `## Bad…` and
`## Good…`. The `yaml` blocks of a section are the files of one tree; a block may be named by
`title="routes.yaml"`, and one titled `.meshlint.yaml` is the configuration. A line that a finding begins
on ends in a mark such as `# error: "words of the message"`. A `yaml fixed` block is the text of the first
file (or of the one with the same title) after all fixes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import chdir
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from meshlint.api import lint
from meshlint.config import Layer, fold
from meshlint.config.file import read_config
from meshlint.engine.fix import apply_fixes
from meshlint.finding import Finding, Report
from meshlint.rule import Rule
from meshlint.rules import BUILTIN

__all__ = ["Example", "Mark", "check_example", "check_page", "check_page_head", "examples", "metadata"]

CONFIG = ".meshlint.yaml"
_SECTION = re.compile(r"^## +(?P<heading>.+?)[ \t]*$", re.MULTILINE)
_BLOCK = re.compile(r"^```yaml(?P<info>[^\n]*)\n(?P<text>.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r'title="([^"]+)"')
_MARK = re.compile(r'[ \t]*#[ \t]*(error|warning|info):[ \t]*"([^"\n]*)"[ \t]*$')


class Mark(NamedTuple):
    """A finding that an example announces: `words` are part of its message."""

    path: str
    line: int
    severity: str
    words: str

    def __str__(self) -> str:
        return f'{self.path}:{self.line}: {self.severity}: "{self.words}"'


@dataclass(frozen=True, slots=True)
class Example:
    """A Bad or Good section: files by name without their marks, the marks, and files as fixes leave them."""

    heading: str
    files: Mapping[str, str]
    marks: tuple[Mark, ...]
    fixed: Mapping[str, str]

    @property
    def is_bad(self) -> bool:
        """Whether the rule must find something."""
        return self.heading.startswith("Bad")


def examples(page: str) -> tuple[Example, ...]:
    """The Bad and Good sections of a page, in order."""
    headings = [*_SECTION.finditer(page)]
    ends = [*(heading.start() for heading in headings[1:]), len(page)]
    return tuple(
        _example(heading["heading"], page[heading.end() : end])
        for heading, end in zip(headings, ends, strict=True)
        if heading["heading"].startswith(("Bad", "Good"))
    )


def _example(heading: str, section: str) -> Example:
    files: dict[str, str] = {}
    marks: list[Mark] = []
    fixed: dict[str, str] = {}
    for block in _BLOCK.finditer(section):
        title = _TITLE.search(block["info"])
        if "fixed" in block["info"].split():
            fixed[title[1] if title else next(name for name in files if name != CONFIG)] = block["text"]
            continue
        name = title[1] if title else f"example{'' if not files else f'-{len(files) + 1}'}.yaml"
        assert name not in files, f"section '{heading}' has two blocks titled '{name}'"
        lines = [_unmarked(line) for line in block["text"].splitlines()]
        files[name] = "".join(f"{text}\n" for text, _ in lines)
        marks += (Mark(name, at, *mark) for at, (_, found) in enumerate(lines, 1) for mark in found)
    return Example(heading, files, tuple(marks), fixed)


def _unmarked(line: str) -> tuple[str, list[tuple[str, str]]]:
    """A line without its marks, and their severities and words."""
    found: list[tuple[str, str]] = []
    while match := _MARK.search(line):
        found.insert(0, (match[1], match[2]))
        line = line[: match.start()]
    return line, found


def check_page(rule: Rule, page: str) -> None:
    """Check the head of a page and every example on it. Raises AssertionError."""
    check_page_head(rule, page)
    for example in examples(page):
        check_example(rule, example)


def check_page_head(rule: Rule, page: str) -> None:
    """Check title, summary, metadata, and that there are reasons and examples. Raises AssertionError."""
    wanted = [f"# {rule.name}", rule.summary, metadata(rule)]
    head = [line for line in page.splitlines() if line.strip()][:3]
    assert head == wanted, "the page must begin with\n\n{}\n\nand not with\n\n{}".format(
        "\n\n".join(wanted), "\n\n".join(head)
    )
    headings = [match["heading"] for match in _SECTION.finditer(page)]
    for kind in ("Why", "Bad", "Good"):
        assert any(heading.startswith(kind) for heading in headings), f"the page has no section '## {kind}…'"


def metadata(rule: Rule) -> str:
    """The third line of a rule's page: what the decorator says, without what does not apply."""
    parts = [f"`{rule.severity.value}`", f"`{rule.tier.value}`", f"confidence {rule.confidence.value}"]
    if rule.security is not None:
        parts.append(f"security {rule.security}")
    if rule.like:
        parts.append(f"like {', '.join(rule.like)}")
    if rule.fix:
        parts.append(f"fix {rule.fix}")
    if rule.severity_before:
        release, severity = rule.severity_before
        parts.append(f"`{severity.value}` before Istio {release}")
    return " · ".join([*parts, f"since {rule.since}"])


def check_example(rule: Rule, example: Example) -> None:
    """Check that the rule finds what the example marks, and that its fixes give the text shown.

    Only this rule runs, with its pedantic sub-cases; a rule that the engine raises runs beside all
    built-in ones, whose findings do not count. Raises AssertionError.
    """
    assert example.files, f"section '{example.heading}' has no yaml block"
    assert bool(example.marks) == example.is_bad, (
        f"section '{example.heading}' must mark {'at least one finding' if example.is_bad else 'nothing'}"
    )
    report, findings = _run(rule, example.files)
    assert not report.crashes, "\n".join(report.crashes)
    _compare(example, findings)
    if example.fixed:
        texts = {path: example.files[path] for path in example.fixed}
        fixed = apply_fixes(texts, (finding.fix for finding in findings if finding.fix))
        for path, wanted in example.fixed.items():
            diff = "".join(_diff(wanted, fixed[path]))
            assert not diff, f"section '{example.heading}', {path} after fixes:\n{diff}"


def _run(rule: Rule, files: Mapping[str, str]) -> tuple[Report, tuple[Finding, ...]]:
    """Lint the files in a directory of their own; the active findings of the rule."""
    with TemporaryDirectory() as directory, chdir(directory):
        for name, text in files.items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        layers = [read_config(Path(CONFIG))] if CONFIG in files else []
        everything = Layer({"select": ["all"]})
        report = lint(["."], fold(*layers, everything), rules=BUILTIN if rule.check is None else (rule,))
    return report, tuple(finding for finding in report.active if finding.rule == rule.name)


def _diff(wanted: str, fixed: str) -> Iterator[str]:
    return unified_diff(
        wanted.splitlines(keepends=True), fixed.splitlines(keepends=True), "page", "after fixes"
    )


def _compare(example: Example, findings: Iterable[Finding]) -> None:
    missing = sorted(example.marks, key=lambda mark: -len(mark.words))
    extra: list[Finding] = []
    for finding in findings:
        mark = next((mark for mark in missing if _agree(mark, finding)), None)
        if mark is None:
            extra.append(finding)
        else:
            missing.remove(mark)
    complaints = [f"  marked but not found: {mark}" for mark in sorted(missing)]
    complaints += [f"  found but not marked: {_as_mark(finding)}" for finding in extra]
    assert not complaints, f"section '{example.heading}':\n" + "\n".join(complaints)


def _as_mark(finding: Finding) -> Mark:
    return Mark(finding.path, finding.span.start.line, finding.severity.value, finding.message)


def _agree(mark: Mark, finding: Finding) -> bool:
    found = _as_mark(finding)
    return mark[:3] == found[:3] and mark.words in found.words
