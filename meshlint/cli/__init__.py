"""The command line: flags in, text and an exit code out. A stage is imported inside the command that needs it."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

import click

from meshlint import __version__
from meshlint.cli.check import check
from meshlint.cli.show import explain, graph, rules
from meshlint.errors import MeshlintError

USAGE, INTERNAL, INTERRUPTED = 2, 4, 130
_OWN_FLAGS = ("--help", "-h", "--version")


class _Commands(click.Group):
    """A group whose default command is `check`: `meshlint ./k8s` is `meshlint check ./k8s`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in _OWN_FLAGS:
            args = ["check", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="meshlint", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> int | None:
    """Know what your mesh will do before you apply it.

    'meshlint PATHS' lints the Istio and Kubernetes manifests under these paths; it is short for
    'meshlint check PATHS'.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
        ctx.exit(USAGE)
    return None


for command in (check, rules, explain, graph):
    cli.add_command(command)


def run(args: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; what a user can cure is one line on stderr."""
    try:
        code = cli.main(
            args=None if args is None else list(args), prog_name="meshlint", standalone_mode=False
        )
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "meshlint"
        _say(f"{error.format_message()} (see '{command} --help')")
        return USAGE
    except (click.ClickException, MeshlintError) as error:
        _say(error.format_message() if isinstance(error, click.ClickException) else str(error))
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception:  # noqa: BLE001 - a defect of ours must not look like the exit code 1 of findings
        click.echo(traceback.format_exc(), err=True, nl=False)
        _say("internal error; please report it with the lines above")
        return INTERNAL
    return code if isinstance(code, int) else 0


def _say(text: str) -> None:
    click.echo("meshlint: " + " ".join(text.split()), err=True)


def main() -> NoReturn:
    """The entry point of the `meshlint` script."""
    sys.exit(run())
