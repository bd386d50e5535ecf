"""What a run is asked to do: one value, folded from the defaults, the configuration file and the flags."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from meshlint.errors import ConfigError
from meshlint.mesh.settings import External, Settings
from meshlint.model.mesh_config import MeshConfig, mesh_config
from meshlint.rule import Severity
from meshlint.source.document import Node

Key = tuple[str, ...]
"""Where a setting stands: its key, and inside it the key of an entry or the text of an item."""


class Layer(NamedTuple):
    """Settings from one source.

    `origins` tells the user where each was written; paths among the values are relative to `directory`.
    """

    values: Mapping[str, object]
    origins: Mapping[Key, str] = {}
    directory: Path = Path()


DEFAULTS = Layer({
    "fail_on": "warning",
    "world": "open",
    "cluster_domain": ["cluster.local"],
})  # fmt: skip

_ACCUMULATED = frozenset({"ignore", "exclude"})
_FILES = frozenset({"mesh_config", "mesh_networks"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of one run.

    `values` are plain and complete (what `--show-config` prints); the properties and `settings` are how
    the program reads them.
    """

    values: Mapping[str, object] = field(default_factory=lambda: dict(DEFAULTS.values))
    origins: Mapping[Key, str] = field(default_factory=dict)

    @property
    def select(self) -> tuple[str, ...] | None:
        """The words that select rules; None for the default tier."""
        return self._words("select") if "select" in self.values else None

    @property
    def ignore(self) -> tuple[str, ...]:
        """The words whose rules never run."""
        return self._words("ignore")

    @property
    def exclude(self) -> tuple[str, ...]:
        """Patterns, as in .gitignore, of paths that are not read; relative to the root of the file system."""
        return self._words("exclude")

    @property
    def pedantic(self) -> bool:
        """Whether opinions are asked for."""
        return self.values.get("pedantic") is True

    @property
    def severity(self) -> Mapping[str, Severity]:
        """The severities that the user changes, by rule, family, tier or code."""
        return {word: Severity(value) for word, value in self._mapping("severity").items()}

    @property
    def options(self) -> Mapping[str, object]:
        """The options of rules, as written, by rule or code."""
        return self._mapping("options")

    @property
    def fail_on(self) -> Severity:
        """The least severity that makes a run fail."""
        return Severity(self.values["fail_on"])

    @property
    def istio_version(self) -> str | None:
        """The release to judge for, as the user wrote it."""
        return self._text("istio_version")

    def origin(self, *path: str) -> str:
        """Where a setting was written, such as `.meshlint.yaml:3:5`, or the flag."""
        return next(
            (self.origins[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.origins), path[0]
        )

    @property
    def settings(self) -> Settings:
        """What the mesh is judged under.

        Reads the files that `mesh_config` and `mesh_networks` name; raises ConfigError when one holds no
        such configuration, InputError when it cannot be read.
        """
        values = self.values
        return Settings(
            istio_version=_release(self.istio_version, self.origin("istio_version")),
            closed=values["world"] == "closed",
            cluster_domains=self._words("cluster_domain"),
            trust_domain=self._text("trust_domain"),
            trust_domain_aliases=self._words("trust_domain_aliases"),
            root_namespace=self._text("root_namespace"),
            default_namespace=self._text("namespace"),
            external=External(**{kind: _strings(globs) for kind, globs in self._mapping("external").items()}),
            istiod_env={name: _env(value) for name, value in self._mapping("istiod_env").items()},
            unmeshed=self._words("unmeshed"),
            owners={host: str(namespace) for host, namespace in self._mapping("owners").items()},
            inject_by_default=self._mapping("injection").get("enabled_by_default") is True,
            mesh_config=_mesh_config(self._text("mesh_config"), self.origin("mesh_config")),
            mesh_networks=_mesh_networks(self._text("mesh_networks"), self.origin("mesh_networks")),
        )

    def _words(self, key: str) -> tuple[str, ...]:
        return _strings(self.values.get(key))

    def _text(self, key: str) -> str | None:
        value = self.values.get(key)
        return value if isinstance(value, str) else None

    def _mapping(self, key: str) -> Mapping[str, object]:
        value = self.values.get(key)
        return value if isinstance(value, dict) else {}


def fold(*layers: Layer) -> Config:
    """The configuration that results from the defaults and then each layer in turn.

    A later layer replaces single values and lists, adds to maps key by key, and adds to `ignore` and
    `exclude`.
    """
    values: dict[str, object] = {}
    origins: dict[Key, str] = {}
    for layer in (DEFAULTS, *layers):
        for key, given in layer.values.items():
            value = _absolute(key, given, layer.directory)
            before = values.get(key)
            added = key in _ACCUMULATED and isinstance(before, list) and isinstance(value, list)
            values[key] = [*before, *value] if added else _merged(before, value)  # type: ignore[misc]
        origins.update(layer.origins)
    return Config(values=values, origins=origins)


def shown_path(path: Path) -> str:
    """A path as users read it: relative to the working directory where it is below."""
    absolute, here = Path(os.path.normpath(path.absolute())), Path.cwd()
    return absolute.relative_to(here).as_posix() if absolute.is_relative_to(here) else absolute.as_posix()


def _absolute(key: str, value: object, directory: Path) -> object:
    """A setting with its paths independent of where it was written."""
    if key in _FILES:
        return shown_path(directory / str(value))
    if key == "exclude" and isinstance(value, list):
        return [_anchored(str(pattern), directory.absolute().as_posix()) for pattern in value]
    return value


def _anchored(pattern: str, directory: str) -> str:
    """A .gitignore pattern as it reads from the root of the file system; one without a slash, except at
    its end, matches at any depth wherever it is written."""
    negation = "!" if pattern.startswith("!") else ""
    body = pattern.removeprefix("!")
    if "/" not in body.rstrip("/"):
        return pattern
    escaped = re.sub(r"([*?\[\]\\!# ])", r"\\\1", os.path.normpath(directory))
    return f"{negation}{escaped}/{body.lstrip('/')}"


def _merged(before: object, value: object) -> object:
    if isinstance(before, dict) and isinstance(value, dict):
        return {**before, **{name: _merged(before.get(name), item) for name, item in value.items()}}
    return value


def _release(value: str | None, origin: str) -> tuple[int, int] | None:
    if value is None:
        return None
    major, _, rest = value.removeprefix("v").partition(".")
    minor = rest.partition(".")[0]
    if not (major.isdecimal() and minor.isdecimal()):
        raise ConfigError(f"{origin}: '{value}' is no Istio release; write it like '1.29'")
    return int(major), int(minor)


def _strings(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _env(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _mesh_config(path: str | None, origin: str) -> MeshConfig | None:
    if path is None:
        return None
    from meshlint.model.installation import mesh_config_in

    return mesh_config(_carried(path, mesh_config_in, "MeshConfig", origin))


def _mesh_networks(path: str | None, origin: str) -> Node | None:
    if path is None:
        return None
    from meshlint.model.installation import mesh_networks_in

    return _carried(path, mesh_networks_in, "MeshNetworks", origin)


def _carried(path: str, find: Callable[[Node], Node | None], what: str, origin: str) -> Node:
    """What the first document of a file that carries such a thing says."""
    from meshlint.source.files import read_file
    from meshlint.source.yaml import parse

    parsed = parse(read_file(path))
    for problem in parsed.problems:
        start = problem.place.span.start
        raise ConfigError(f"{path}:{start.line}:{start.column}: {problem.message}")
    found = next((node for document in parsed.documents if (node := find(document.root)) is not None), None)
    if found is None:
        raise ConfigError(f"{origin}: '{path}' holds no {what}")
    return found
