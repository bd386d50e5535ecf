"""Finds and reads the configuration file: one layer of settings, each with the place it was written at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from meshlint.config import Key, Layer, shown_path
from meshlint.errors import ConfigError

if TYPE_CHECKING:
    from meshlint.source.document import Node

NAMES = (".meshlint.yaml", ".meshlint.yml")
PYPROJECT = "pyproject.toml"

Locate = Callable[[Key], str]
"""Where a setting is written in a file: path, line and column as far as they are known."""


def find_config(start: Path) -> Path | None:
    """The nearest configuration file from a directory up to the root of its git checkout; outside of a
    checkout only the directory itself is looked at.
    """
    for directory in _up_to_checkout(start):
        for name in NAMES:
            if (directory / name).is_file():
                return directory / name
        pyproject = directory / PYPROJECT
        if pyproject.is_file() and b"[tool.meshlint" in pyproject.read_bytes():
            return pyproject
    return None


def _up_to_checkout(start: Path) -> Iterator[Path]:
    directories = (start, *start.parents)
    roots = [at for at, directory in enumerate(directories) if (directory / ".git").exists()]
    return iter(directories[: roots[0] + 1] if roots else (start,))


def read_config(path: Path) -> Layer:
    """The settings of a file, checked against schemas/config.schema.json.

    Raises ConfigError, one line with path, line and column, for whatever is wrong with it.
    """
    shown = shown_path(path)
    values, locate = _read_toml(path, shown) if path.suffix == ".toml" else _read_yaml(path, shown)
    if values:
        from meshlint.config.check import check  # jsonschema is slow to import, and only a file needs it

        check(values, locate)
    origins = {key: locate(key) for key in _keys(values)}
    return Layer(values, origins, path.parent)


def _keys(values: dict[str, object]) -> Iterator[Key]:
    """Each setting, and each entry or item of one."""
    for key, value in values.items():
        yield (key,)
        if isinstance(value, (dict, list)):
            yield from ((key, str(item)) for item in value)


def _read_yaml(path: Path, shown: str) -> tuple[dict[str, object], Locate]:
    from meshlint.source.files import read_file
    from meshlint.source.yaml import parse

    file = read_file(str(path))
    file.path = shown
    parsed = parse(file)
    for problem in parsed.problems:
        start = problem.place.span.start
        raise ConfigError(f"{shown}:{start.line}:{start.column}: {problem.message}")
    if not parsed.documents:
        return {}, lambda _: shown
    root = parsed.documents[0].root
    if len(parsed.documents) > 1 or type(root.value) is not dict:
        raise ConfigError(f"{shown}:1:1: the file must hold one mapping of settings")
    return root.value, lambda key: _located(root, key)


def _located(root: Node, key: Key) -> str:
    """The key of an entry, or the item of a list, by its text or index."""
    node = root
    place = root.head
    for part in key:
        if type(node.value) is list:
            node = next(
                (item for at, item in enumerate(node.items()) if part in (str(at), str(item.value))), node
            )
            place = node.head
        elif node.get(part).exists:
            node = node.get(part)
            place = node.key_place
        else:
            break
    start = place.span.start
    return f"{place.document.file.path}:{start.line}:{start.column}"


def _read_toml(path: Path, shown: str) -> tuple[dict[str, object], Locate]:
    import tomllib

    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{shown}: {error.strerror or 'cannot be read'}") from None
    except ValueError as error:
        at = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
        place, message = (f":{at[1]}:{at[2]}", str(error)[: at.start()]) if at else ("", str(error))
        raise ConfigError(f"{shown}{place}: {message}") from None
    tool = tables.get("tool", {})
    values = tool.get("meshlint", {}) if isinstance(tool, dict) else {}
    if not isinstance(values, dict):
        raise ConfigError(f"{shown}: 'tool.meshlint' must be a table")
    return values, lambda key: f"{shown}{_toml_line(text, key)}"


def _toml_line(text: str, key: Key) -> str:
    """`:line:column` of a key, as far as a look at single lines tells: tomllib keeps no places."""
    table = re.search(r"^[ \t]*\[tool\.meshlint\b", text, re.MULTILINE)
    start = table.start() if table else 0
    for part in reversed(key):
        name = re.escape(part)
        found = re.compile(rf"^[ \t]*(?:\[tool\.meshlint\.)?([\"']?{name}[\"']?)[ \t]*[\]=]", re.MULTILINE)
        match = found.search(text, start)
        if match:
            return f":{text.count(chr(10), 0, match.start()) + 1}:{match.start(1) - text.rfind(chr(10), 0, match.start(1))}"
    return f":{text.count(chr(10), 0, start) + 1}:1"
