"""What the documents say: files they name exist, links lead somewhere, commands print what is shown."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
TOP = {path.name for path in ROOT.iterdir()}
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(page for top in ("rules", "fixtures", "bench") for page in (ROOT / top).rglob("*.md")),
    ]
)
MAKE_TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
PROGRAMS = {"make", "meshlint", "pip", "pre-commit", "pytest", "python"}

_FENCE = re.compile(
    r"^(?P<fence>```+)(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL
)
_QUOTED = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"\.?[\w*-][\w.*-]*(/[\w.*-]+)*/?")
_LINK = re.compile(r"\[[^\]\n]*\]\((?![a-z]+:)(?P<file>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


class Command(NamedTuple):
    """A line of a `console` block that begins with `$`, and what the block shows below it."""

    line: str
    shown: str


def prose(page: Path) -> str:
    """The text of a page without its code blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def named_paths(page: Path) -> Iterator[str]:
    """What stands in backticks and is meant as a path of this project: it begins with the name of something
    at the root, or it is a module or a document."""
    for quoted in _QUOTED.findall(prose(page)):
        if not _PATH.fullmatch(quoted):
            continue
        if "/" in quoted and (quoted.partition("/")[0] in TOP or quoted.endswith((".py", ".md"))):
            yield quoted


def slug(heading: str) -> str:
    """The anchor that GitHub gives to a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def commands(page: Path) -> Iterator[Command]:
    """The commands of the console blocks of a page."""
    for block in _FENCE.finditer(page.read_text("utf-8")):
        if block["info"].strip() != "console":
            continue
        lines = block["text"].splitlines()
        assert lines[0].startswith("$ "), f"a console block of {page.name} begins with no command"
        for at, line in enumerate(lines):
            if line.startswith("$ "):
                shown = takewhile(lambda each: not each.startswith("$ "), lines[at + 1 :])
                yield Command(line[2:], "\n".join(shown))


ALL_COMMANDS = [(page, command) for page in PAGES for command in commands(page)]
RUN = [(page, command) for page, command in ALL_COMMANDS if command.line.startswith("meshlint ")]


@each_page
def test_paths_exist(page: Path) -> None:
    for path in named_paths(page):
        found = [*ROOT.glob(path.rstrip("/")), *page.parent.glob(path.rstrip("/"))]
        assert found, f"there is no {path}"


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.finditer(prose(page)):
        target = page.parent / link["file"] if link["file"] else page
        assert target.exists(), f"there is no {link['file']}"
        if link["anchor"]:
            assert link["anchor"] in {slug(heading) for heading in _HEADING.findall(prose(target))}


@pytest.mark.parametrize(
    ("page", "command"),
    RUN,
    ids=lambda value: getattr(value, "line", value.name if isinstance(value, Path) else None),
)
def test_commands_print_what_is_shown(page: Path, command: Command) -> None:
    arguments = [sys.executable, "-m", *shlex.split(command.line)]
    environment = {
        name: value for name, value in os.environ.items() if name not in {"FORCE_COLOR", "COLUMNS"}
    }
    run = subprocess.run(
        arguments,
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert run.returncode in {0, 1}, run.stdout
    if command.shown:
        assert matches(command.shown, run.stdout), (
            f"{page.name} shows\n{command.shown}\nand the command prints\n{run.stdout}"
        )


def matches(shown: str, printed: str) -> bool:
    """Whether a text is what was shown, in which a line `...` stands for any number of lines."""
    parts = (r".*" if line == "..." else re.escape(line.rstrip()) for line in shown.strip().splitlines())
    lines = "\n".join(line.rstrip() for line in printed.strip().splitlines())
    return re.fullmatch("\n".join(parts), lines, re.DOTALL) is not None


@pytest.mark.parametrize(
    ("shown", "same"),
    [
        ("a\nb\nc", True),
        ("a\n...\nc", True),
        ("...", True),
        ("a\nb", False),
        ("a\nx\nc", False),
        ("a\n...\nb", False),
    ],
)
def test_what_counts_as_shown(shown: str, same: bool) -> None:
    assert matches(shown, "a \nb\nc\n") is same


def test_other_commands_exist() -> None:
    for page, command in ALL_COMMANDS:
        program, *arguments = shlex.split(command.line)
        assert program in PROGRAMS, f"{page.name} tells the reader to run {program}"
        if program == "make":
            assert set(arguments) <= MAKE_TARGETS


def test_the_readme_shows_what_the_program_prints() -> None:
    shown = [command for page, command in RUN if page.name == "README.md" and command.shown]
    assert shown


def test_every_setting_is_documented() -> None:
    schema = json.loads((ROOT / "schemas/config.schema.json").read_text("utf-8"))
    table = (ROOT / "README.md").read_text("utf-8").partition("| key | meaning |")[2].partition("\n\n")[0]
    documented = {
        name
        for row in table.splitlines()
        for name in _QUOTED.findall(row.partition("|")[2].partition("|")[0])
    }
    assert documented == schema["properties"].keys()


def test_flags_exist() -> None:
    known = "".join(
        subprocess.run(
            [sys.executable, "-m", "meshlint", *command, "--help"], text=True, capture_output=True, check=True
        ).stdout
        for command in ([], ["check"], ["graph"], ["rules"])
    )
    for flag in re.findall(r"(?<![\w-])--[a-z-]+", " ".join(_QUOTED.findall(prose(ROOT / "README.md")))):
        assert re.search(rf"{flag}\b", known), f"there is no flag {flag}"


def python_examples() -> Iterator[str]:
    for page in (ROOT / "README.md", ROOT / "ARCHITECTURE.md"):
        blocks = _FENCE.finditer(page.read_text("utf-8"))
        yield from (block["text"] for block in blocks if block["info"].strip() == "python")


@pytest.mark.parametrize("code", [code for code in python_examples() if code.startswith("from meshlint ")])
def test_library_examples_run(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(code.replace("./k8s", str(ROOT / "fixtures/bookinfo-broken")), {})
    assert capsys.readouterr().out
