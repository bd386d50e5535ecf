"""`meshlint check`: lint, print, and tell by the exit code what was found."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from meshlint.cli.options import configuration, configured
from meshlint.cli.output import Output, checkout, outputs, write

if TYPE_CHECKING:
    from meshlint.config import Config
    from meshlint.finding import Report

CLEAN, FINDINGS, USAGE, NOTHING, INTERNAL = range(5)


@click.command(
    epilog="Exit code: 0 clean, 1 findings, 2 usage or configuration, 3 nothing to lint, 4 internal error."
)
@click.argument("paths", nargs=-1)
@click.option(
    "-f", "--format", "format_", metavar="FORMAT", help="Format of standard output.  [default: text]"
)
@click.option(
    "-o", "--output", "also", multiple=True, metavar="FORMAT=FILE", help="Also write a report to a file."
)
@click.option(
    "--select",
    multiple=True,
    metavar="LIST",
    help="Run only these rules, families, tiers or codes, or 'all'.",
)
@click.option("--ignore", multiple=True, metavar="LIST", help="Never run these.")
@click.option("--pedantic", is_flag=True, help="Also report what is a matter of opinion.")
@click.option(
    "--fail-on", type=click.Choice(["error", "warning", "info"]), help="Least severity for exit code 1."
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 in place of 1.")
@click.option(
    "--show-config", is_flag=True, help="Print the settings that take effect, and where each is from."
)
@click.option("--show-suppressed", is_flag=True, help="Also print findings that a comment silences.")
@click.option("--color/--no-color", default=None, help="Colour the text format.  [default: on a terminal]")
@click.option("--stdin-filename", metavar="NAME", help="What to call standard input ('-').")
@click.option(
    "-j", "--jobs", type=click.IntRange(1), default=1, metavar="N", help="Parse in N processes.  [default: 1]"
)
@configured
def check(
    paths: Sequence[str],
    format_: str | None,
    also: Sequence[str],
    exit_zero: bool,  # noqa: FBT001 - click passes flags by name
    show_config: bool,  # noqa: FBT001
    show_suppressed: bool,  # noqa: FBT001
    color: bool | None,  # noqa: FBT001
    stdin_filename: str | None,
    jobs: int,
    **flags: object,
) -> int:
    """Lint the manifests under PATHS (default: the working directory; '-' is standard input)."""
    config = configuration(flags)
    if show_config:
        write(Output("text", "-"), shown(config))
        return CLEAN
    wanted = outputs(format_, also)
    paths = paths or (".",)
    report = _lint(paths, config, stdin_filename, jobs)
    for output in wanted:
        write(output, _rendered(report, output, paths, color=color, show_suppressed=show_suppressed))
    return exit_code(report, config, paths, exit_zero=exit_zero)


def _lint(paths: Sequence[str], config: Config, stdin_filename: str | None, jobs: int) -> Report:
    import gc

    from meshlint.api import lint

    gc.disable()  # the process ends with the report: collecting visits millions of objects that all stay
    return lint(paths, config, stdin_filename=stdin_filename, jobs=jobs)


def _rendered(
    report: Report, output: Output, paths: Sequence[str], *, color: bool | None, show_suppressed: bool
) -> str:
    from meshlint.report import RenderOptions, render

    options = RenderOptions(
        color=output.is_colored(color),
        width=output.width,
        show_suppressed=show_suppressed,
        paths=tuple(paths),
        root=checkout(),
    )
    return render(report, output.format, options=options)


def exit_code(report: Report, config: Config, paths: Sequence[str], *, exit_zero: bool = False) -> int:
    """What a finished run tells its caller; of several reasons the gravest."""
    if report.crashes:
        return INTERNAL
    if unread(report, paths):
        return USAGE
    if any(finding.severity.rank >= config.fail_on.rank for finding in report.active):
        return CLEAN if exit_zero else FINDINGS
    return CLEAN if report.counts.objects else NOTHING


def unread(report: Report, paths: Sequence[str]) -> tuple[str, ...]:
    """The paths that the user named and that could not be read."""
    unreadable = {os.path.abspath(skipped.path) for skipped in report.skipped if skipped.kind == "unreadable"}
    return tuple(path for path in paths if os.path.abspath(path) in unreadable)


def shown(config: Config) -> str:
    """The settings as YAML, each with a comment that says where it is from."""
    return "".join(
        f"{key}: {json.dumps(value, ensure_ascii=False)}  # {config.origins.get((key,), 'default')}\n"
        for key, value in config.values.items()
    )
