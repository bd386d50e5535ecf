"""Renders a finished run: a Report goes in, the whole text of one format comes out. Nothing here does I/O.

The module of a format is imported when that format is asked for, so a run pays only for what it prints.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from meshlint.errors import UsageError

if TYPE_CHECKING:
    from meshlint.finding import Report

__all__ = ["FORMATS", "RenderOptions", "render"]

_MODULES = {"text": "text", "json": "json_report", "sarif": "sarif", "github": "github"}

FORMATS: tuple[str, ...] = tuple(_MODULES)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOptions:
    """How to present a report.

    `color` and `width` (in columns) shape the text format alone. `paths` are what the user asked to
    lint, as the user wrote them. `root` is the absolute directory that the URIs of SARIF start from, the
    root of the repository; it needs `Report.absolute` and is itself never printed.
    """

    color: bool = False
    width: int = 80
    show_suppressed: bool = False
    paths: tuple[str, ...] = ()
    root: str | None = None


_DEFAULTS = RenderOptions()


def render(report: Report, format: str, *, options: RenderOptions = _DEFAULTS) -> str:  # noqa: A002
    """The report in one of FORMATS: whole lines that can always be encoded as UTF-8.

    Raises UsageError for a format that does not exist.
    """
    if format not in _MODULES:
        raise UsageError(_unknown(format))
    module = import_module(f"meshlint.report.{_MODULES[format]}")
    text: str = module.render(report, options)
    return text


def _unknown(name: str) -> str:
    near = import_module("difflib").get_close_matches(name, FORMATS, n=1)
    hint = f", did you mean '{near[0]}'?" if near else ""
    return f"unknown format {name!a}{hint} (formats: {', '.join(FORMATS)})"
