"""Texts that something else still has to fill in: templates, and values that wait for substitution."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from meshlint.source.document import Document, Place

_MARKERS = re.compile(r"\{\{|<%|(?:^|(?<=\s))#@", re.MULTILINE)
_YTT = re.compile(r"(?:^|\s)(#@[ /\w])", re.MULTILINE)
_UNRESOLVED = re.compile(r"\$\{|\$\(|\$[A-Za-z_]|\{\{|@@|<[A-Za-z][A-Za-z0-9_ -]*>|%[A-Z_]+%")
_RESOLVED = re.compile(r"[a-z0-9./*-]*\Z")
_ALL_CAPS = re.compile(r"(?:^|\.)[A-Z][A-Z0-9]*_[A-Z0-9_]+(?:\.|$)")
_MENTIONS = re.compile(r"istio\.io|gateway\.networking\.k8s\.io")
_NAMESPACE = re.compile(r"^\s*namespace:[ \t]*(\S[^\n#]*?)[ \t\r]*(?:#.*)?$", re.MULTILINE)


def first_marker(text: str) -> tuple[int, int] | None:
    """Where template syntax begins, as a pair of offsets; None when there is none."""
    found = _MARKERS.search(text)
    if found is None:
        return None
    start = found.end() - len(found.group().lstrip())
    return start, found.end()


def is_annotated(documents: Sequence[Document]) -> bool:
    """Whether documents that parse hold ytt's instructions, which YAML takes for comments.

    They stand outside of scalars: a script inside a ConfigMap may have comments that look the same.
    """
    if not documents or "#@" not in documents[0].file.text:
        return False
    text = documents[0].file.text
    instructions = {found.start(1) for found in _YTT.finditer(text)}
    blocks = (place for document in documents for place in _block_scalars(document))
    for place in blocks:
        instructions.difference_update(range(place.start, place.end))
    return bool(instructions)


def _block_scalars(document: Document) -> Iterator[Place]:
    waiting = [document.root]
    while waiting:
        node = waiting.pop()
        waiting.extend(node.items())
        waiting.extend(child for _, child in node.entries())
        if "#@" in node.text:
            yield node.place


def is_manifest(text: str) -> bool:
    """Whether a text that cannot be parsed looks like Kubernetes objects."""
    return "apiVersion" in text and "kind" in text


def mentions_istio(text: str) -> bool:
    """Whether a text speaks of an API that meshlint judges."""
    return _MENTIONS.search(text) is not None


def is_unresolved(text: str) -> bool:
    """Whether a value still waits for substitution: `${X}`, `$(X)`, `$X`, `{{ x }}`, `<X>`, `@@X@@`, or a
    host or name with an ALL_CAPS label, as replacements of Kustomize leave it."""
    if _RESOLVED.match(text):  # as most names are
        return False
    return _UNRESOLVED.search(text) is not None or (text.isascii() and _ALL_CAPS.search(text) is not None)


def namespaces_in(text: str) -> set[str | None]:
    """The namespaces that a template's objects would live in: None when that is templated itself, the
    empty string when nothing says so."""
    found = {name.strip("'\"") for name in _NAMESPACE.findall(text)}
    if not found:
        return {""}
    return {None if is_unresolved(name) else name for name in found}
