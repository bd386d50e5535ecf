"""Bytes to documents: `load` finds, reads and parses every Kubernetes object below the given paths."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from meshlint.source import kustomize, templates
from meshlint.source.document import Document, Place, SourceFile
from meshlint.source.files import Found, decode, iterate, read_bytes
from meshlint.source.problem import Problem, Skipped, Taint

if TYPE_CHECKING:
    from meshlint.source.events import Composed

__all__ = ["Input", "LoadOptions", "Problem", "Scope", "Skipped", "Taint", "load"]

_EXPECTATIONS = ("-assert.yaml", "-errors.yaml", "-error.yaml", "-assert.yml", "-errors.yml")
_SUITES = frozenset({"chainsaw-test.yaml", "kuttl-test.yaml"})


class LoadOptions(NamedTuple):
    """How to load: globs of paths to leave out, the directory they are relative to (the working directory),
    what to call standard input, and how many processes may parse. The result does not depend on `jobs`."""

    exclude: tuple[str, ...] = ()
    exclude_from: str | None = None
    stdin_filename: str | None = None
    jobs: int = 1


class Scope(NamedTuple):
    """What makes one mesh: its documents, what may hide in it, the namespaces that a kustomization sets
    (by id of the document), and the kind and name of what its patches change."""

    name: str
    documents: tuple[Document, ...]
    taints: tuple[Taint, ...]
    namespaces: Mapping[int, str]
    patched: frozenset[tuple[str, str]]


class Input(NamedTuple):
    """All that was read. `sources` holds the files by the path that users see."""

    scopes: tuple[Scope, ...]
    problems: tuple[Problem, ...]
    skipped: tuple[Skipped, ...]
    files: int
    documents: int
    sources: Mapping[str, SourceFile]


def load(paths: Sequence[str], options: LoadOptions | None = None) -> Input:
    """Load files, directories and `-` for standard input. Raises InputError for a path that is not there."""
    was_enabled = gc.isenabled()
    gc.disable()  # millions of small objects and no cycles: collecting while they are made only costs time
    try:
        return _Loading(options or LoadOptions()).run(paths)
    finally:
        gc.freeze()  # before the collector is on again, or it would start by visiting all of them
        if was_enabled:
            gc.enable()


class _Loading:
    """One load in progress."""

    def __init__(self, options: LoadOptions) -> None:
        self._options = options
        self._problems: list[Problem] = []
        self._skipped: list[Skipped] = []
        self._sources: dict[str, SourceFile] = {}
        self._objects: dict[Path, list[Document]] = {}
        self._taints: dict[Path, list[Taint]] = {}
        self._kustomizations: dict[Path, kustomize.Kustomization] = {}
        self._waiting: dict[int, str] = {}
        self._parsed: set[Path] = set()
        self._suites: set[Path] = set()
        self._files = 0
        self._documents = 0
        self._pending: list[tuple[Path, SourceFile]] = []

    def run(self, paths: Sequence[str]) -> Input:
        found = Found(self._options.exclude, self._options.exclude_from)
        for name in dict.fromkeys(paths):
            if name != "-":
                found.add(name)
        self._skipped.extend(found.skipped)
        files = list(iterate(found))
        self._suites = {path.parent for path, _, _ in files if path.name in _SUITES}
        if "-" in paths:
            shown = self._options.stdin_filename or "<stdin>"
            self._read(Path(shown), shown, sys.stdin.buffer.read(), named=True)
        for path, shown, named in files:
            try:
                self._read(path, shown, read_bytes(path), named=named)
            except OSError as error:
                self._unreadable(shown, error.strerror or "cannot be read", named=named)
        from meshlint.source.parallel import streams  # PyYAML is slow to import, and not every command parses

        texts = [file.text for _, file in self._pending]
        for (path, file), stream in zip(self._pending, streams(texts, self._options.jobs), strict=True):
            self._parse(path, file, stream)
        return self._input()

    def _read(self, path: Path, shown: str, data: bytes, *, named: bool) -> None:
        is_kustomization = path.name in kustomize.NAMES
        wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        if not (b"kind" in data or b"apiVersion" in data or is_kustomization or wide or named):
            self._skipped.append(Skipped(shown, "not_kubernetes", "no Kubernetes object"))
            return
        try:
            text = decode(data)
        except UnicodeDecodeError:
            self._unreadable(shown, "is no UTF-8 text", named=named or b"istio.io" in data)
            return
        self._files += 1
        file = SourceFile(shown, text, path, named=named)
        self._sources[shown] = file
        if path.parent in self._suites or shown.endswith(_EXPECTATIONS):
            self._skipped.append(Skipped(shown, "not_kubernetes", "an expectation of a test suite"))
            return
        self._pending.append((path, file))

    def _parse(self, path: Path, file: SourceFile, stream: list[Composed] | None) -> None:
        from meshlint.source.yaml import parse

        parsed = parse(file, stream)
        self._parsed.add(path)
        broken = any(problem.kind == "invalid-yaml" for problem in parsed.problems)
        if (broken or templates.is_annotated(parsed.documents)) and self._is_template(path, file):
            return
        mentions = file.named or templates.mentions_istio(file.text)
        self._problems.extend(p for p in parsed.problems if p.kind != "invalid-yaml" or mentions)
        if broken and not mentions:
            self._skipped.append(Skipped(file.path, "unreadable", "no readable YAML"))
        if broken and templates.is_manifest(file.text):
            self._taints[path] = [
                Taint(ns, f"{file.path} cannot be read") for ns in templates.namespaces_in(file.text)
            ]
        self._documents += len(parsed.documents)
        objects = [found for document in parsed.documents for found in _objects(document)]
        if (
            path.name in kustomize.NAMES
            and parsed.documents
            and kustomize.is_kustomization(parsed.documents[0].root)
        ):
            self._kustomizations[path.parent] = kustomize.read(path, file.path, parsed.documents[0].root)
        elif objects:
            self._objects[path] = objects
            waiting = [(document, key) for document in objects if (key := _waiting(document))]
            self._waiting.update((id(document), key) for document, key in waiting)
            if waiting and templates.mentions_istio(file.text):
                self._problems.append(_unrendered(*waiting[0]))
        elif not broken:
            self._skipped.append(Skipped(file.path, "not_kubernetes", "no Kubernetes object"))

    def _is_template(self, path: Path, file: SourceFile) -> bool:
        """Account for a file that only a template engine can read."""
        marker = templates.first_marker(file.text)
        if marker is None:
            return False
        self._skipped.append(Skipped(file.path, "template", "needs rendering first"))
        if templates.is_manifest(file.text):
            self._taints[path] = [
                Taint(ns, f"{file.path} is a template") for ns in templates.namespaces_in(file.text)
            ]
        if templates.mentions_istio(file.text):
            whole = Document.blank(file)
            message = "this file is a template; lint what it renders to"
            self._problems.append(Problem("unrendered-template", message, Place(whole, *marker)))
        return True

    def _unreadable(self, shown: str, reason: str, *, named: bool) -> None:
        self._skipped.append(Skipped(shown, "unreadable", reason))
        if named:
            file = self._sources.setdefault(shown, SourceFile(shown, "", named=True))
            self._problems.append(
                Problem("invalid-yaml", f"this file {reason}", Place(Document.blank(file), 0, 0))
            )

    def _input(self) -> Input:
        tree = kustomize.Tree(self._kustomizations)
        placed: set[Path] = set(tree.patches)
        scopes: list[Scope] = []
        for root in tree.roots:
            files = {
                path: ns
                for path, ns in tree.files_of(root).items()
                if path in self._objects or path in self._taints
            }
            placed |= files.keys()
            scopes.append(
                self._scope(root.shown, files, tree.closure(root), whole=tree.is_whole(root, self._parsed))
            )
        for path in sorted(tree.patches & self._objects.keys()):
            self._skipped.append(Skipped(self._objects[path][0].file.path, "not_kubernetes", "a patch"))
        rest = dict.fromkeys(path for path in (*self._objects, *self._taints) if path not in placed)
        scopes = _apart(self._scope("", dict.fromkeys(rest, ""), ()), scopes)
        order = {shown: at for at, shown in enumerate(sorted(self._sources))}
        return Input(
            tuple(scope for scope in scopes if scope.documents or not scope.name),
            tuple(sorted(self._problems, key=lambda p: (order[p.place.document.file.path], p.place.start))),
            tuple(sorted(set(self._skipped))),
            self._files,
            self._documents,
            self._sources,
        )

    def _scope(
        self,
        name: str,
        files: Mapping[Path, str],
        used: Sequence[kustomize.Kustomization],
        *,
        whole: bool = True,
    ) -> Scope:
        documents: list[Document] = []
        taints = [taint for path in files for taint in self._taints.get(path, ())]
        namespaces: dict[int, str] = {}
        for path in sorted(files, key=lambda p: self._objects[p][0].file.path if p in self._objects else ""):
            for document in self._objects.get(path, ()):
                if not _is_fragment(document):
                    documents.append(document)
                    if id(document) in self._waiting:
                        taints.append(_taint_of(document, self._waiting[id(document)], files[path]))
                    if files[path]:
                        namespaces[id(document)] = files[path]
        if not whole or any(kustomization.opaque for kustomization in used):
            taints.append(Taint(None, f"{name} builds objects that are not written here"))
        patched = {target for kustomization in used for target in kustomization.patched}
        for patch in {path for kustomization in used for path in kustomization.patches}:
            patched.update(kustomize.target_of(document.root) for document in self._objects.get(patch, ()))
        return Scope(name, tuple(documents), tuple(taints), namespaces, frozenset(patched))


def _objects(document: Document) -> list[Document]:
    """The Kubernetes objects of a document: itself, or the items of a list."""
    value = document.value
    if type(value) is not dict:
        return []
    kind, items = _text(value, "kind"), value.get("items")
    if not kind or not _text(value, "apiVersion"):
        return []
    if kind.endswith("List") and type(items) is list:
        listed = (Document(document.file, document.index, item, document.offsets) for item in items)
        return [found for item in listed for found in _objects(item)]
    return [document]


def _text(mapping: Mapping[str, object], key: str) -> str:
    value = mapping.get(key)
    return value if type(value) is str else ""


def _metadata(document: Document) -> Mapping[str, object]:
    value = document.value
    found = value.get("metadata") if type(value) is dict else None
    return found if type(found) is dict else {}


def _is_fragment(document: Document) -> bool:
    """Whether the text is a patch of an object rather than an object."""
    return not _metadata(document) or document.root.get("$patch").exists


def _apart(loose: Scope, rendered: Sequence[Scope]) -> list[Scope]:
    """All scopes, where what is under kustomizations and what is not may complete each other unseen."""
    if not rendered:
        return [loose]
    reason = "other objects of the namespace are under"
    inside = sorted({namespace for scope in rendered for namespace in _namespaces(scope)})
    taints = tuple(Taint(namespace, f"{reason} a kustomization") for namespace in inside)
    shared = tuple(Taint(namespace, f"{reason} no kustomization") for namespace in _namespaces(loose))
    return [
        loose._replace(taints=loose.taints + taints),
        *(scope._replace(taints=scope.taints + shared) for scope in rendered),
    ]


def _namespaces(scope: Scope) -> list[str]:
    """The namespaces in which a scope has objects; the empty string is the default one."""
    given = scope.namespaces
    return sorted({given.get(id(d)) or _text(_metadata(d), "namespace") for d in scope.documents})


def _waiting(document: Document) -> str | None:
    """The key of the metadata that waits for substitution, the namespace before the name."""
    metadata = _metadata(document)
    for key in ("namespace", "name"):
        if templates.is_unresolved(_text(metadata, key)):
            return key
    return None


def _unrendered(document: Document, key: str) -> Problem:
    message = f"the {key} waits for substitution; lint what this file renders to"
    return Problem("unrendered-template", message, document.root.at("metadata", key).place)


def _taint_of(document: Document, key: str, given: str) -> Taint:
    """An object whose name or namespace waits for substitution may be any object."""
    reason = f"{document.file.path} waits for substitution"
    if key == "namespace" and not given:
        return Taint(None, reason)
    return Taint(given or _text(_metadata(document), "namespace"), reason)
