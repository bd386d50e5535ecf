"""Where reports go: standard output, or files that are written whole or not at all."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from meshlint.errors import UsageError

STDOUT = "-"
_PLAIN_WIDTH = 80


class Output(NamedTuple):
    """A format, and the file it goes to (`-` is standard output)."""

    format: str
    file: str

    @property
    def on_terminal(self) -> bool:
        """Whether a person is looking."""
        return self.file == STDOUT and sys.stdout.isatty()

    @property
    def width(self) -> int:
        """Columns to fit into; what goes into a pipe or file does not depend on any terminal."""
        return shutil.get_terminal_size().columns if self.on_terminal else _PLAIN_WIDTH

    def is_colored(self, asked: bool | None) -> bool:  # noqa: FBT001 - three-valued
        """Whether to colour: as asked, else as NO_COLOR and FORCE_COLOR say, else on a terminal."""
        if asked is not None:
            return asked and self.file == STDOUT
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR") and self.file == STDOUT:
            return True
        return self.on_terminal and os.environ.get("TERM") != "dumb"


def outputs(format_: str | None, also: Sequence[str]) -> tuple[Output, ...]:
    """The outputs that `-f` and `-o` ask for, files before standard output.

    Text goes to standard output unless something else does. Raises UsageError for an unknown format, a
    directory that is not there, or two reports in one place.
    """
    asked = [_output(text) for text in also]
    if format_ is not None or all(output.file != STDOUT for output in asked):
        asked.append(Output(format_ or "text", STDOUT))
    for output in asked:
        _check(output)
    if len({_real(output.file) for output in asked}) < len(asked):
        raise UsageError("two reports cannot go to one place; give each -o a file of its own")
    return tuple(sorted(asked, key=lambda output: output.file == STDOUT))


def _output(text: str) -> Output:
    format_, equals, file = text.partition("=")
    if not equals or not file:
        raise UsageError(f"-o wants FORMAT=FILE, not '{text}'; for standard output alone use -f")
    return Output(format_, file)


def _check(output: Output) -> None:
    from meshlint.report import FORMATS

    if output.format not in FORMATS:
        raise UsageError(f"there is no format '{output.format}'; use one of {', '.join(FORMATS)}")
    parent = Path(output.file).parent
    if output.file != STDOUT and not parent.is_dir():
        raise UsageError(f"cannot write '{output.file}': there is no directory '{parent}'")
    if Path(output.file).is_dir():
        raise UsageError(f"cannot write '{output.file}': it is a directory")


def _real(file: str) -> str:
    return file if file == STDOUT else os.path.realpath(file)


def write(output: Output, text: str) -> None:
    """Write a text where it belongs. Raises UsageError when that cannot be done."""
    data = text.encode("utf-8")
    if output.file == STDOUT:
        _print(data)
        return
    try:
        _write_file(_real(output.file), data)
    except OSError as error:
        raise UsageError(f"cannot write '{output.file}': {error.strerror or error}") from None


def _print(data: bytes) -> None:
    """Print to standard output; a reader that has seen enough (`| head`) changes nothing else."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # the interpreter flushes again when it ends: give it somewhere to write to
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write_file(path: str, data: bytes) -> None:
    """Write a file whole or not at all; a device or pipe takes the bytes as they come."""
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as device:
            device.write(data)
        return
    beside = f"{path}.{os.getpid()}.tmp"
    try:
        with open(beside, "xb") as file:
            file.write(data)
        os.replace(beside, path)
    except OSError:
        Path(beside).unlink(missing_ok=True)
        raise


def checkout() -> str:
    """The root of the git checkout that the working directory belongs to, else the working directory."""
    here = Path.cwd().resolve()
    return str(
        next((directory for directory in (here, *here.parents) if (directory / ".git").exists()), here)
    )
