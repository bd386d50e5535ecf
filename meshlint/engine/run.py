"""Runs rules on meshes: violations become findings, and a rule that raises becomes a crash, not an end."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Sequence
from types import FrameType
from typing import NamedTuple

from meshlint.engine.about import object_at
from meshlint.engine.fingerprint import field_identity
from meshlint.engine.select import Enabled
from meshlint.finding import Finding, FixEdit, FixInfo, Related
from meshlint.mesh import Mesh
from meshlint.model.resource import Resource
from meshlint.rule import Fix, Note, Severity, Violation
from meshlint.source.document import Node, Place


class Raised(NamedTuple):
    """A finding before anything is silenced; `hidden` is a pedantic sub-case that nobody asked for."""

    finding: Finding
    hidden: bool = False


class Outcome(NamedTuple):
    """What the rules said, and of those that raised: the name, and what to tell of it."""

    raised: tuple[Raised, ...]
    crashes: dict[str, str]


def run(enabled: Iterable[Enabled], meshes: Sequence[Mesh]) -> Outcome:
    """Run every rule on every mesh; what several meshes say of the same place in the same words is one
    finding.
    """
    found: dict[tuple[object, ...], Raised] = {}
    crashes: dict[str, str] = {}
    for each in enabled:
        for mesh in meshes:
            for raised in _raised_by(each, mesh, crashes):
                finding = raised.finding
                key = (finding.rule, finding.path, finding.span, finding.message)
                if key not in found or found[key].hidden:
                    found[key] = raised
    return Outcome(tuple(found.values()), crashes)


def _raised_by(enabled: Enabled, mesh: Mesh, crashes: dict[str, str]) -> Iterator[Raised]:
    """The findings of one rule in one mesh, up to the point where it raises."""
    rule = enabled.rule
    try:
        for violation in rule.run(mesh, enabled.options):
            finding = finding_of(violation, rule.name, enabled.severity, mesh)
            yield Raised(finding, violation.pedantic and not enabled.pedantic)
    except Exception as error:  # noqa: BLE001 - one broken rule must not hide what the others find
        crashes.setdefault(rule.name, _crash(rule.name, error))


def finding_of(violation: Violation, rule: str, severity: Severity, mesh: Mesh | None) -> Finding:
    """A violation as users see it, its `fingerprint` still a field identity (see engine/fingerprint.py).

    Without a mesh it is about no object.
    """
    place = _place(violation.at)
    return Finding(
        rule=rule,
        severity=severity,
        message=violation.message,
        path=place.document.file.path,
        span=place.span,
        resource=None if mesh is None else object_at(mesh, place),
        related=tuple(_related(mesh, note) for note in violation.notes),
        fix=None if violation.fix is None else _fix_info(violation.fix),
        fingerprint=field_identity(place),
    )


def _place(at: Node | Place) -> Place:
    return at.place if isinstance(at, Node) else at


def _related(mesh: Mesh | None, note: Note) -> Related:
    place = _place(note.at)
    return Related(
        note.message, place.document.file.path, place.span, None if mesh is None else object_at(mesh, place)
    )


def _fix_info(fix: Fix) -> FixInfo:
    """A fix with its places as paths and spans."""
    edits = (FixEdit(edit.at.document.file.path, edit.at.span, edit.text) for edit in fix.edits)
    return FixInfo(fix.title, tuple(edits), fix.safe)


def _crash(rule: str, error: Exception) -> str:
    resource = _resource_in(error)
    about = "" if resource is None else f" on {resource} ({resource.document.file.path})"
    return f"rule '{rule}' failed{about}\n{''.join(traceback.format_exception(error))}"


def _resource_in(error: Exception) -> Resource | None:
    """The object that a rule was looking at when it raised: the innermost local that is one or has one."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return next((found for frame in reversed(frames) if (found := _resource_of(frame)) is not None), None)


def _resource_of(frame: FrameType) -> Resource | None:
    for value in reversed(frame.f_locals.values()):
        resource = getattr(value, "resource", value)
        if isinstance(resource, Resource):
            return resource
    return None
