"""Texts that something else still has to fill in: templates, and values that wait for substitution."""

from __future__ import annotations

import re

_MARKERS = re.compile(r"\{\{|<%|^\s*#@", re.MULTILINE)
_UNRESOLVED = re.compile(r"\$\{|\$\(|\$[A-Za-z_]|\{\{|@@|<[A-Za-z][A-Za-z0-9_ -]*>|%[A-Z_]+%")
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


def mentions_istio(text: str) -> bool:
    """Whether a text speaks of an API that meshlint judges."""
    return _MENTIONS.search(text) is not None


def is_unresolved(text: str) -> bool:
    """Whether a value still waits for substitution: `${X}`, `$(X)`, `$X`, `{{ x }}`, `<X>`, `@@X@@`, or a
    host or name with an ALL_CAPS label, as replacements of Kustomize leave it."""
    return _UNRESOLVED.search(text) is not None or (text.isascii() and _ALL_CAPS.search(text) is not None)


def namespaces_in(text: str) -> set[str | None]:
    """The namespaces that a template's objects would live in: None when that is templated itself, the
    empty string when nothing says so."""
    found = {name.strip("'\"") for name in _NAMESPACE.findall(text)}
    if not found:
        return {""}
    return {None if is_unresolved(name) else name for name in found}
