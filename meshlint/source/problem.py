"""What is wrong with files themselves, as data; rules turn it into findings."""

from __future__ import annotations

from typing import NamedTuple

from meshlint.source.document import Place


class Problem(NamedTuple):
    """A defect of the text: kind is `invalid-yaml`, `duplicate-key` or `unrendered-template`."""

    kind: str
    message: str
    place: Place
    related: tuple[tuple[str, Place], ...] = ()


class Skipped(NamedTuple):
    """A file that was not judged: kind is `template`, `excluded`, `not_kubernetes` or `unreadable`."""

    path: str
    kind: str
    reason: str


class Taint(NamedTuple):
    """Something unreadable may stand in a namespace: None is anywhere, the empty string the default one."""

    namespace: str | None
    reason: str
