"""Paths to files: which are read, which are passed over and why."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from meshlint.errors import InputError
from meshlint.source.document import SourceFile
from meshlint.source.problem import Skipped

if TYPE_CHECKING:
    import pathspec

EXTENSIONS = (".yaml", ".yml", ".json")
SKIPPED_DIRECTORIES = frozenset({".git", "node_modules", ".venv", "vendor"})
MAX_BYTES = 64 * 1024 * 1024
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class Found:
    """The files below some roots, in order of path, and what was passed over."""

    def __init__(self, exclude: Sequence[str] = ()) -> None:
        self.paths: dict[Path, bool] = {}
        self.skipped: list[Skipped] = []
        self._exclude = tuple(exclude)
        self._cwd = Path.cwd()

    def display(self, path: Path) -> str:
        """The path as users see it: relative to where they stand when it is below."""
        absolute = path if path.is_absolute() else self._cwd / path
        normal = Path(os.path.normpath(absolute))
        try:
            return normal.relative_to(self._cwd).as_posix()
        except ValueError:
            return normal.as_posix()

    def add(self, root: str) -> None:
        """Add a file, or the files of a directory. Raises InputError when there is no such path."""
        path = Path(root)
        if path.is_dir():
            self._walk(path, path.resolve(), _ignores_above(path.resolve()))
        elif path.exists():
            self.paths[path.resolve()] = True
        else:
            msg = f"{root}: no such file or directory"
            raise InputError(msg)

    def _walk(self, directory: Path, root: Path, ignores: tuple[_Ignore, ...]) -> None:
        try:
            entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
        except OSError as error:
            self._skip(directory, "unreadable", error.strerror or "cannot be listed")
            return
        if any(entry.name == ".gitignore" for entry in entries) and _in_repository(directory):
            ignores = (*ignores, _Ignore(directory.resolve(), directory / ".gitignore"))
        for entry in entries:
            self._visit(entry, root, ignores)

    def _visit(self, entry: os.DirEntry[str], root: Path, ignores: tuple[_Ignore, ...]) -> None:
        path = Path(entry.path)
        is_directory = entry.is_dir()
        if not is_directory and not entry.name.endswith(EXTENSIONS):
            return
        if is_directory and entry.name in SKIPPED_DIRECTORIES:
            self._skip(path, "excluded", f"'{entry.name}' directories are passed over")
        elif self._is_excluded(path) or any(ignore.covers(path, is_directory) for ignore in ignores):
            self._skip(path, "excluded", "excluded by the configuration or .gitignore")
        elif entry.is_symlink() and not self._inside(path, root, is_directory):
            self._skip(path, "excluded", "a symbolic link that leaves the tree or loops")
        elif is_directory:
            self._walk(path, root, ignores)
        else:
            self.paths.setdefault(path.resolve() if entry.is_symlink() else Path(os.path.abspath(path)), False)

    def _inside(self, path: Path, root: Path, is_directory: bool) -> bool:  # noqa: FBT001 - one call above
        target = path.resolve()
        if root not in (target, *target.parents):
            return False
        return not (is_directory and target in path.absolute().parents)

    def _is_excluded(self, path: Path) -> bool:
        shown = self.display(path)
        return any(fnmatchcase(shown, glob) or fnmatchcase(path.name, glob) for glob in self._exclude)

    def _skip(self, path: Path, kind: str, reason: str) -> None:
        self.skipped.append(Skipped(self.display(path), kind, reason))


class _Ignore:
    """One .gitignore file."""

    def __init__(self, directory: Path, file: Path) -> None:
        import pathspec  # noqa: PLC0415 - slow to import, and only a checkout needs it

        self._directory = directory
        self._spec: pathspec.PathSpec[pathspec.Pattern] = pathspec.PathSpec.from_lines(
            "gitignore", file.read_text("utf-8", "replace").splitlines()
        )

    def covers(self, path: Path, is_directory: bool) -> bool:  # noqa: FBT001
        try:
            relative = Path(os.path.abspath(path)).relative_to(self._directory).as_posix()
        except ValueError:
            return False
        return self._spec.match_file(relative + "/" if is_directory else relative)


def _in_repository(directory: Path) -> bool:
    absolute = directory.resolve()
    return any((parent / ".git").exists() for parent in (absolute, *absolute.parents))


def _ignores_above(directory: Path) -> tuple[_Ignore, ...]:
    """The .gitignore files between a directory and the root of its checkout."""
    above: list[_Ignore] = []
    if not _in_repository(directory) or (directory / ".git").exists():
        return ()
    for parent in directory.parents:
        if (parent / ".gitignore").is_file():
            above.append(_Ignore(parent, parent / ".gitignore"))
        if (parent / ".git").exists():
            break
    return tuple(above)


def decode(data: bytes) -> str:
    """The text of a file: UTF-8 or, with a byte order mark, UTF-16. Raises UnicodeDecodeError."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding)
    return data.decode("utf-8")


def read_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises OSError, also for a file of more than 64 MiB or one that is no file."""
    if not path.is_file():
        raise OSError(None, "is no regular file")
    if path.stat().st_size > MAX_BYTES:
        raise OSError(None, "is larger than 64 MiB")
    return path.read_bytes()


def read_file(path: str) -> SourceFile:
    """A file that the user named. Raises InputError."""
    try:
        text = decode(read_bytes(Path(path)))
    except OSError as error:
        msg = f"{path}: {error.strerror or 'cannot be read'}"
        raise InputError(msg) from None
    except UnicodeDecodeError:
        msg = f"{path}: is no UTF-8 text"
        raise InputError(msg) from None
    return SourceFile(path, text, Path(path).resolve(), named=True)


def iterate(found: Found) -> Iterator[tuple[Path, str, bool]]:
    """Absolute path, shown path, and whether the user named it, in order of the shown path."""
    shown = sorted((found.display(path), path, named) for path, named in found.paths.items())
    return ((path, display, named) for display, path, named in shown)
