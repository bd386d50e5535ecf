"""Paths to files: which are read, which are passed over and why."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from meshlint.errors import InputError
from meshlint.source.document import SourceFile
from meshlint.source.problem import Skipped

EXTENSIONS = (".yaml", ".yml", ".json")
SKIPPED_DIRECTORIES = frozenset({".git", "node_modules", ".venv", "vendor"})
MAX_BYTES = 64 * 1024 * 1024
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class Found:
    """The files below some roots, in order of path, and what was passed over.

    A path that the user names is never passed over. Symbolic links inside a root are not followed: what
    they lead to is found under its own name, or lies outside.
    """

    def __init__(self, exclude: Sequence[str] = (), exclude_from: str | None = None) -> None:
        self.paths: dict[Path, bool] = {}
        self.skipped: list[Skipped] = []
        self._cwd = Path.cwd()
        self._exclude = _Ignore(Path(exclude_from or self._cwd), exclude) if exclude else None

    def display(self, path: Path) -> str:
        """The path as users see it: relative to where they stand when it is below."""
        normal = Path(os.path.abspath(path))
        shown = normal.relative_to(self._cwd) if normal.is_relative_to(self._cwd) else normal
        return os.fsencode(shown.as_posix()).decode("utf-8", "replace")

    def add(self, root: str) -> None:
        """Add a file, or the files of a directory. Raises InputError when there is no such path."""
        path = Path(os.path.realpath(root))
        if path.is_dir():
            self._walk(path)
        elif path.exists():
            self.paths[path] = True
        else:
            msg = f"{root}: no such file or directory"
            raise InputError(msg)

    def _walk(self, root: Path) -> None:
        waiting = [(root, _ignores_above(root))]
        while waiting:
            directory, ignores = waiting.pop()
            try:
                entries = list(os.scandir(directory))
            except OSError as error:
                self._skip(directory, "unreadable", error.strerror or "cannot be listed")
                continue
            if any(entry.name == ".gitignore" for entry in entries) and _in_repository(directory):
                ignores = (*ignores, *_ignore_of(directory))
            for entry in entries:
                if self._visit(entry, root, ignores):
                    waiting.append((Path(entry.path), ignores))

    def _visit(self, entry: os.DirEntry[str], root: Path, ignores: tuple[_Ignore, ...]) -> bool:
        """Note a file or why it is passed over; True for a directory to walk."""
        path = Path(entry.path)
        if entry.is_symlink():
            target = Path(os.path.realpath(path))
            if not target.is_relative_to(root) and (target.is_dir() or _is_candidate(entry.name)):
                self._skip(path, "excluded", "a symbolic link that leaves the tree")
            return False
        is_directory = entry.is_dir(follow_symlinks=False)
        if not is_directory and not _is_candidate(entry.name):
            return False
        if is_directory and entry.name in SKIPPED_DIRECTORIES:
            self._skip(path, "excluded", f"'{entry.name}' directories are passed over")
        elif self._exclude is not None and self._exclude.verdict(path, is_directory=is_directory):
            self._skip(path, "excluded", "excluded by the configuration")
        elif _is_ignored(path, ignores, is_directory=is_directory):
            self._skip(path, "excluded", "ignored by .gitignore")
        elif is_directory:
            return True
        else:
            self.paths.setdefault(path, False)
        return False

    def _skip(self, path: Path, kind: str, reason: str) -> None:
        self.skipped.append(Skipped(self.display(path), kind, reason))


def _is_candidate(name: str) -> bool:
    return name.endswith(EXTENSIONS) or name == "Kustomization"


class _Ignore:
    """Patterns as in .gitignore, relative to a directory. A malformed pattern matches nothing."""

    def __init__(self, directory: Path, lines: Iterable[str]) -> None:
        import pathspec

        self._directory = directory
        patterns: list[Any] = []
        for line in lines:
            with suppress(ValueError):
                patterns.extend(pathspec.GitIgnoreSpec.from_lines([line]).patterns)
        self._spec = pathspec.GitIgnoreSpec(patterns)

    def verdict(self, path: Path, *, is_directory: bool) -> bool | None:
        """True where the last pattern that matches excludes the path, False where it includes it again."""
        if not path.is_relative_to(self._directory) or path == self._directory:
            return None
        relative = path.relative_to(self._directory).as_posix()
        return self._spec.check_file(relative + "/" if is_directory else relative).include


def _is_ignored(path: Path, ignores: Sequence[_Ignore], *, is_directory: bool) -> bool:
    """Whether the innermost .gitignore with something to say about a path excludes it."""
    verdicts = (ignore.verdict(path, is_directory=is_directory) for ignore in reversed(ignores))
    return next((verdict for verdict in verdicts if verdict is not None), False)


def _ignore_of(directory: Path) -> tuple[_Ignore, ...]:
    try:
        text = (directory / ".gitignore").read_text("utf-8", "replace")
    except OSError:
        return ()
    return (_Ignore(directory, text.splitlines()),)


def _in_repository(directory: Path) -> bool:
    return any((parent / ".git").exists() for parent in (directory, *directory.parents))


def _ignores_above(directory: Path) -> tuple[_Ignore, ...]:
    """The .gitignore files above a directory that the user named, up to the root of its checkout, outermost
    first; none where they exclude the directory itself."""
    if not _in_repository(directory) or (directory / ".git").exists():
        return ()
    above: list[_Ignore] = []
    for parent in directory.parents:
        above = [*_ignore_of(parent), *above]
        if (parent / ".git").exists():
            break
    return () if _is_ignored(directory, above, is_directory=True) else tuple(above)


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
    return SourceFile(path, text, Path(os.path.realpath(path)), named=True)


def iterate(found: Found) -> Iterator[tuple[Path, str, bool]]:
    """Absolute path, shown path, and whether the user named it, in order of the shown path."""
    shown = sorted((found.display(path), path, named) for path, named in found.paths.items())
    return ((path, display, named) for display, path, named in shown)
