"""The flags that several commands share, and the configuration that they make with the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from meshlint.errors import UsageError

if TYPE_CHECKING:
    from meshlint.config import Config, Layer

Command = TypeVar("Command", bound=Callable[..., Any])

_SHARED = (
    click.option("--exclude", multiple=True, metavar="GLOB", help="Do not read these files or directories."),
    click.option("--config", "config_file", metavar="FILE", help="Read the configuration from this file."),
    click.option("--no-config", is_flag=True, help="Read no configuration file."),
    click.option("--namespace", metavar="NS", help="Namespace of objects that name none."),
    click.option("--closed-world", is_flag=True, help="What is not in the input does not exist."),
    click.option("--istio-version", metavar="V", help="The Istio release that the mesh runs, such as 1.29."),
    click.option("--mesh-config", metavar="FILE", help="The mesh configuration, in whatever carries it."),
    click.option(
        "--mesh-networks", metavar="FILE", help="The networks of the mesh, in whatever carries them."
    ),
)
_LISTS = ("select", "ignore")


def configured(command: Command) -> Command:
    """Give a command the flags that settle how files are read and meshes judged."""
    for option in reversed(_SHARED):
        command = option(command)
    return command


def configuration(flags: Mapping[str, object]) -> Config:
    """The configuration of a command, from the flags of `configured` and those named like a setting.

    Raises UsageError, ConfigError or InputError.
    """
    from meshlint.config import fold
    from meshlint.config.file import find_config, read_config

    given = dict(flags)
    named, none = given.pop("config_file", None), given.pop("no_config", False)
    if named and none:
        raise UsageError("--config and --no-config exclude each other")
    found = Path(str(named)) if named else None if none else find_config(Path.cwd())
    return fold(*([read_config(found)] if found else []), _layer(given))


def _layer(flags: Mapping[str, object]) -> Layer:
    """The flags that were given, as settings."""
    from meshlint.config import Layer

    values: dict[str, object] = {}
    for name, value in flags.items():
        if name == "closed_world":
            values.update({"world": "closed"} if value else {})
        elif isinstance(value, tuple):
            values.update({name: _words(name, value)} if value else {})
        elif value not in (None, False):
            values[name] = value
    origins: dict[tuple[str, ...], str] = {(name,): f"--{name.replace('_', '-')}" for name in values}
    if "world" in values:
        origins["world",] = "--closed-world"
    return Layer(values, origins)


def _words(name: str, given: tuple[str, ...]) -> list[str]:
    """The items of a flag that may be repeated; lists of rules are also cut at commas."""
    if name not in _LISTS:
        return list(given)
    words = [word.strip() for text in given for word in text.split(",") if word.strip()]
    if not words:
        raise UsageError(f"--{name} needs the name of a rule, family, tier or code, or 'all'")
    return words
