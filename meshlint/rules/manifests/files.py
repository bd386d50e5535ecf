"""What is wrong with files as such: syntax, repeated keys, templates, repeated objects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePath

from meshlint.mesh import Mesh
from meshlint.model.resource import GATEWAY_API, Key, Resource
from meshlint.rule import Note, Severity, Tier, Violation, rule

_HOOK = "helm.sh/hook"


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
    """A file about Istio is a template, so not all of it could be checked."""
    return _problems(mesh, "unrendered-template")


def _problems(mesh: Mesh, kind: str) -> Iterator[Violation]:
    for problem in mesh.problems:
        if problem.kind == kind:
            notes = tuple(Note(message, place) for message, place in problem.related)
            yield Violation(problem.message, at=problem.place, notes=notes)


@rule(severity=Severity.WARNING)
def duplicate_resource(mesh: Mesh) -> Iterator[Violation]:
    """Several documents describe the same object."""
    groups: dict[tuple[Key, str], list[Resource]] = defaultdict(list)
    for resource in mesh.repeated():
        if resource.name and not mesh.is_unresolved(resource.name) and _HOOK not in resource.annotations:
            groups[resource.key, _home(mesh, resource)].append(resource)
    for same in groups.values():
        *earlier, last = same
        if earlier:
            copies = all(other.root.value == last.root.value for other in earlier)
            words = "written" if copies else "described"
            end = ", word for word" if copies else ", and the last one applied wins"
            yield Violation(
                f"{last.kind} '{last.name}' is {words} {len(same)} times{end}",
                at=last.name_node,
                notes=tuple(Note("also here", other.name_node) for other in earlier),
            )


def _home(mesh: Mesh, resource: Resource) -> str:
    """Where an object without a namespace belongs: directories may be applied to different namespaces."""
    if not resource.soft or mesh.settings.closed:
        return ""
    return str(PurePath(resource.document.file.path).parent)


@rule(severity=Severity.INFO, tier=Tier.PEDANTIC)
def implicit_namespace(mesh: Mesh) -> Iterator[Violation]:
    """An object does not say which namespace it belongs to, in a tree that has several."""
    if (
        len({resource.namespace for resource in mesh.resources if resource.namespace and not resource.soft})
        < 2
    ):
        return
    for resource in mesh.resources:
        if resource.soft and (resource.group.endswith(".istio.io") or resource.group == GATEWAY_API):
            yield Violation(
                f"{resource.kind} '{resource.name}' lands in whatever namespace is current",
                at=resource.metadata.key_place,
            )
