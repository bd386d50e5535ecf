"""Kustomizations: which documents make one mesh together.

Each kustomization that no other one uses is a mesh of its own: its resources, bases and components,
transitively. Files that only patch or generate are no objects. Files under no kustomization are one mesh
together. Patches are not applied.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from meshlint.source.document import Node

NAMES = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})


class Kustomization(NamedTuple):
    """One kustomization file: what it includes, which files it patches with, and what it changes."""

    directory: Path
    shown: str
    files: tuple[Path, ...]
    directories: tuple[Path, ...]
    patches: frozenset[Path]
    namespace: str
    opaque: bool
    patched: tuple[tuple[str, str], ...]


_PLAIN_NAME = re.compile(r"[a-z0-9-]+")
_KUSTOMIZE = "kustomize.config.k8s.io/"
_OUTSIDE = ("helmCharts", "helmChartInflationGenerator", "generators", "transformers", "secretGenerator")
_RENAMING = ("namePrefix", "nameSuffix")
_INCLUDING = ("resources", "bases", "components", "crds")


def is_kustomization(root: Node) -> bool:
    """Whether a document in a file of that name is one; Flux has a kind Kustomization of its own."""
    return root.get("apiVersion").text.startswith(_KUSTOMIZE) or not root.get("apiVersion").exists


def read(path: Path, shown: str, root: Node) -> Kustomization:
    """Read a kustomization; `opaque` says that it brings objects that are not in the tree."""
    directory = path.parent
    entries = [entry for key in _INCLUDING for entry in root.get(key).strings]
    included = [_below(directory, entry) for entry in entries if not _is_remote(entry)]
    patches = {_below(directory, name) for name in _patch_files(root)}
    targets = tuple(_targets(root))
    return Kustomization(
        directory,
        shown,
        tuple(p for p in included if not p.is_dir()),
        tuple(p for p in included if p.is_dir()),
        frozenset(patches),
        root.get("namespace").text,
        opaque=any(_is_remote(entry) for entry in entries)
        or any(root.get(key).sequence for key in _OUTSIDE)
        or any(root.get(key).text for key in _RENAMING)
        or any(not kind for kind, _ in targets),
        patched=tuple(target for target in targets if target[0]),
    )


def _below(directory: Path, entry: str) -> Path:
    return Path(os.path.realpath(directory / entry.replace("\0", "")))


def _is_remote(entry: str) -> bool:
    return "://" in entry or "?ref=" in entry or entry.startswith(("github.com/", "git@"))


def _patch_files(root: Node) -> Iterator[str]:
    for key in (
        "patchesStrategicMerge",
        "patches",
        "patchesJson6902",
        "replacements",
        "transformers",
        "configurations",
    ):
        for entry in root.get(key).items():
            name = entry.text or entry.get("path").text
            if name and "\n" not in name:
                yield name


def target_of(patch: Node) -> tuple[str, str]:
    """Kind and name of the object that a strategic merge patch changes."""
    return patch.get("kind").text, patch.at("metadata", "name").text


def _targets(root: Node) -> Iterator[tuple[str, str]]:
    """Kind (empty: any) and name (empty: any of the kind) of what targets and inline patches change."""
    from meshlint.source.embedded import embedded

    for key in ("patches", "patchesJson6902", "replacements", "patchesStrategicMerge"):
        for entry in root.get(key).items():
            selects = (target.get("select") for target in entry.get("targets").items())
            for target in (entry.get("target"), *selects):
                if not target.exists:
                    continue
                name = target.get("name").text
                for kind in target.get("kind").text.split("|"):
                    yield kind.strip("^$()"), name if _PLAIN_NAME.fullmatch(name) else ""
            patch = embedded(entry if entry.text else entry.get("patch"))
            if patch is not None and patch.root.get("kind").text:
                yield target_of(patch.root)


class Tree:
    """All kustomizations of the input."""

    def __init__(self, kustomizations: Mapping[Path, Kustomization]) -> None:
        self._all = kustomizations
        used = {d for k in kustomizations.values() for d in k.directories}
        self.roots = tuple(k for directory, k in sorted(kustomizations.items()) if directory not in used)
        self.patches = frozenset(p for k in kustomizations.values() for p in k.patches)

    def closure(self, root: Kustomization) -> tuple[Kustomization, ...]:
        """A kustomization and all that it includes, each once."""
        done: dict[Path, Kustomization] = {}
        waiting = [root]
        while waiting:
            current = waiting.pop()
            if current.directory not in done:
                done[current.directory] = current
                waiting.extend(self._all[d] for d in current.directories if d in self._all)
        return tuple(done.values())

    def is_whole(self, root: Kustomization, read: Collection[Path]) -> bool:
        """Whether everything that a mesh includes was read."""
        return all(
            all(directory in self._all for directory in kustomization.directories)
            and all(path in read for path in kustomization.files)
            for kustomization in self.closure(root)
        )

    def files_of(self, root: Kustomization) -> dict[Path, str]:
        """The resource files of a mesh, each with the namespace that a kustomization gives it (maybe empty);
        the outermost kustomization wins."""
        files: dict[Path, str] = {}
        for kustomization in self.closure(root):
            for path in kustomization.files:
                files.setdefault(path, root.namespace or kustomization.namespace)
        return files
