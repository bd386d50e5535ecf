"""Makes a mesh of each scope of the input: objects in their namespaces, and the mesh configuration among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from meshlint.mesh import Mesh
from meshlint.mesh.settings import Settings
from meshlint.model.installation import installed_mesh_config
from meshlint.model.resource import Resource, read_resource
from meshlint.source import Input, Problem, Scope


def meshes_of(given: Input, settings: Settings) -> tuple[Mesh, ...]:
    """One mesh for each scope, and one without objects when there is none. What is wrong with the files
    themselves is told of the first.
    """
    scopes = given.scopes or (Scope("", (), (), {}, frozenset()),)
    first, *rest = scopes
    return (_mesh(first, settings, given.problems), *(_mesh(scope, settings, ()) for scope in rest))


def _mesh(scope: Scope, settings: Settings, problems: Sequence[Problem]) -> Mesh:
    resources = tuple(_resources(scope, settings))
    default = settings.default_namespace or "default"
    return Mesh(
        resources,
        settings,
        config=installed_mesh_config(resources),
        problems=problems,
        tainted=(default if taint.namespace == "" else taint.namespace for taint in scope.taints),
        patched=scope.patched,
    )


def _resources(scope: Scope, settings: Settings) -> Iterator[Resource]:
    for document in scope.documents:
        namespace = scope.namespaces.get(id(document))
        resource = read_resource(document, settings.default_namespace, namespace)
        if namespace and resource.kind == "Namespace":
            resource.name = namespace
        yield resource
