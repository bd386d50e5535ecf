"""What is wrong with files as such: syntax, repeated keys, templates, repeated objects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from meshlint.mesh import Mesh
from meshlint.model.resource import GATEWAY_API, Key, Resource
from meshlint.rule import Note, Severity, Tier, Violation, rule


def _problems(mesh: Mesh, kind: str) -> Iterator[Violation]:
    for problem in mesh.problems:
        if problem.kind == kind:
            notes = tuple(Note(message, place) for message, place in problem.related)
            yield Violation(problem.message, at=problem.place, notes=notes)


@rule(severity=Severity.ERROR, like=["IST0106"])
def invalid_yaml(mesh: Mesh) -> Iterator[Violation]:
    """The text is no YAML that Kubernetes can read."""
    return _problems(mesh, "invalid-yaml")


@rule(severity=Severity.ERROR)
def duplicate_key(mesh: Mesh) -> Iterator[Violation]:
    """A mapping sets the same key twice."""
    return _problems(mesh, "duplicate-key")


@rule(severity=Severity.INFO)
def unrendered_template(mesh: Mesh) -> Iterator[Violation]:
    """A file about Istio is a template, so nothing in it was checked."""
    return _problems(mesh, "unrendered-template")


@rule(severity=Severity.WARNING)
def duplicate_resource(mesh: Mesh) -> Iterator[Violation]:
    """Two documents describe the same object."""
    same: dict[Key, list[Resource]] = defaultdict(list)
    for resource in mesh.resources:
        if resource.name and "helm.sh/hook" not in resource.annotations:
            same[resource.key].append(resource)
    for *earlier, last in same.values():
        if earlier:
            copies = all(other.root.value == last.root.value for other in earlier)
            words = "word for word" if copies else "and the last one applied wins"
            yield Violation(
                f"{last} is described more than once, {words}",
                at=last.name_node,
                notes=tuple(Note("also here", other.name_node) for other in earlier),
            )


@rule(severity=Severity.INFO, tier=Tier.PEDANTIC)
def implicit_namespace(mesh: Mesh) -> Iterator[Violation]:
    """An object does not say which namespace it belongs to, in a tree that has several."""
    if len({r.namespace for r in mesh.resources if r.namespace and not r.soft}) < 2:
        return
    for resource in mesh.resources:
        judged = resource.group.endswith(".istio.io") or resource.group == GATEWAY_API
        if resource.soft and judged:
            yield Violation(
                f"{resource.kind} '{resource.name}' lands in whatever namespace is current",
                at=resource.metadata.key_place,
            )
