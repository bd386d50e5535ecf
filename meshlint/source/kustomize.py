"""Kustomizations: which documents make one mesh together.

Each kustomization that no other one uses is a mesh of its own: its resources, bases and components,
transitively. Files that only patch or generate are no objects. Files under no kustomization are one mesh
together. Patches are not applied.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
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


def read(path: Path, shown: str, root: Node) -> Kustomization:
    """Read a kustomization; `opaque` says that it brings objects that are not in the tree."""
    directory = path.parent
    included = [
        Path(os.path.normpath(directory / entry))
        for key in ("resources", "bases", "components", "crds")
        for entry in root.get(key).strings
        if "://" not in entry and not entry.startswith("github.com/")
    ]
    remote = any("://" in e or e.startswith("github.com/") for k in ("resources", "bases") for e in root.get(k).strings)
    patches = {Path(os.path.normpath(directory / name)) for name in _patch_files(root)}
    return Kustomization(
        directory,
        shown,
        tuple(p for p in included if not p.is_dir()),
        tuple(p for p in included if p.is_dir()),
        frozenset(patches),
        root.get("namespace").text,
        opaque=remote or any(root.get(key).sequence for key in ("helmCharts", "helmChartInflationGenerator", "generators")),
        patched=tuple(_targets(root)),
    )


def _patch_files(root: Node) -> Iterator[str]:
    for key in ("patchesStrategicMerge", "patches", "patchesJson6902", "replacements", "transformers", "configurations"):
        for entry in root.get(key).items():
            name = entry.text or entry.get("path").text
            if name and "\n" not in name:
                yield name


def _targets(root: Node) -> Iterator[tuple[str, str]]:
    """Kind and name (maybe empty) of what inline patches and targets change."""
    for key in ("patches", "patchesJson6902", "replacements"):
        for entry in root.get(key).items():
            targets = [entry.get("target"), *(t.get("select") for t in entry.get("targets").items())]
            for target in targets:
                if target.get("kind").text:
                    yield target.get("kind").text, target.get("name").text


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

    def files_of(self, root: Kustomization) -> dict[Path, str]:
        """The resource files of a mesh, each with the namespace that a kustomization gives it (maybe empty);
        the outermost kustomization wins."""
        files: dict[Path, str] = {}
        for kustomization in self.closure(root):
            for path in kustomization.files:
                files.setdefault(path, root.namespace or kustomization.namespace)
        return files
