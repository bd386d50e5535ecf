"""What holds for every format: the choice of it, its safety with hostile input, and what it may import."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import meshlint.report
from meshlint.errors import UsageError
from meshlint.finding import Counts, ResourceId, Skipped, Suppression
from meshlint.report import FORMATS, RenderOptions, render

if TYPE_CHECKING:
    from conftest import Builder

HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "two\nlines\r\n",
    "a\n::error::owned",
    "##[group]x ##vso[task.complete] ##teamcity[x]",
    "100%,:",
    "é 😀 漢字 e\u0301",
    "lone \ud800 and \udcff",
    "bidi \u202e\u2066 \x9b31m \u2028",
    "[x](1) \\ ]",
    "",
)
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def hostile_report(build: Builder, text: str) -> meshlint.finding.Report:
    """A report with `text` wherever the input or the file system can put a text."""
    build.texts[text] = f"host: {text}\n"
    resource = ResourceId(text, text, text, text)
    finding = build.finding(
        "host",
        text,
        path=text,
        related=(build.related(text, text, "host"),),
        fix=build.fix("host", text, path=text),
        resource=resource,
        suppression=Suppression("inSource", text, text, build.span(text, "host")),
    )
    return build.report(
        finding,
        build.finding("host", f"{text} {text}", path=text),
        counts=Counts(),
        skipped=(Skipped(text, "unreadable", text), Skipped(text, "template", text)),
        crashes=(text,),
        absolute={text: f"/src/{text}"},
    )


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(build: Builder, name: str, text: str) -> None:
    options = RenderOptions(show_suppressed=True, paths=(text,), root="/src")
    shown = render(hostile_report(build, text), name, options=options)
    shown.encode("utf-8")
    assert not CONTROL.search(shown)
    assert shown.endswith("\n")


@pytest.mark.parametrize("name", ["text", "github"])
@pytest.mark.parametrize("text", HOSTILE)
def test_no_line_of_the_input_commands_a_runner(build: Builder, name: str, text: str) -> None:
    shown = render(
        hostile_report(build, text), name, options=RenderOptions(show_suppressed=True, paths=(text,))
    )
    ours = re.compile(r"::(error|warning|notice) (file=[^,]*,line=|title=internal error::)")
    for line in shown.splitlines():
        assert not line.lstrip().startswith("::") or (name == "github" and ours.match(line))
        assert not re.search(r"##\w*\[", line) or (name == "github" and ours.match(line))


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(st.characters(exclude_categories=()), max_size=30), width=st.integers(0, 120))
def test_any_text_renders(build: Builder, name: str, text: str, width: int) -> None:
    shown = render(
        hostile_report(build, text), name, options=RenderOptions(width=width, show_suppressed=True)
    )
    shown.encode("utf-8")
    assert not CONTROL.search(shown)


@pytest.mark.parametrize("name", FORMATS)
def test_equal_reports_give_equal_bytes(build: Builder, name: str) -> None:
    assert render(build.rich(), name) == render(type(build)().rich(), name)


@pytest.mark.parametrize("name", FORMATS)
def test_no_color_unless_asked(build: Builder, name: str) -> None:
    assert "\x1b" not in render(build.rich(), name)


def test_unknown_format_names_the_closest_and_all(build: Builder) -> None:
    with pytest.raises(
        UsageError, match=r"'sariff', did you mean 'sarif'\? \(formats: text, json, sarif, github\)"
    ):
        render(build.report(), "sariff")
    with pytest.raises(UsageError, match=r"unknown format '\\x1b' \(formats"):
        render(build.report(), "\x1b")


def test_reporters_see_findings_only() -> None:
    allowed = {"meshlint.finding", "meshlint.source.span", "meshlint.errors"}
    for path in Path(meshlint.report.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("meshlint"):
                assert node.module in allowed or str(node.module).startswith("meshlint.report"), path.name
            if isinstance(node, ast.Import):
                assert not any(name.name.startswith("meshlint") for name in node.names), path.name
                assert path.name == "sarif.py" or not any(name.name == "sarif_om" for name in node.names)


def test_importing_the_package_imports_no_format() -> None:
    code = "import sys, meshlint.report; print([m for m in sys.modules if m.startswith(('meshlint.report.', 'sarif_om', 'difflib', 'json'))])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"
