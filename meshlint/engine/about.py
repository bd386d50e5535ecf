"""Which object a place belongs to."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping

from meshlint.finding import ResourceId
from meshlint.mesh import Mesh
from meshlint.model.resource import Resource
from meshlint.source.document import Node, Place

_ByFile = Mapping[str, tuple[tuple[int, ...], tuple[Resource, ...]]]


def object_at(mesh: Mesh, place: Place) -> ResourceId | None:
    """The object whose text holds a place; None outside of all objects.

    Mesh configuration from a file of its own goes by the name that its ConfigMap has in a cluster.
    """
    resource = mesh.resource_of(place.document) or _around(mesh, place)
    if resource is not None:
        return ResourceId(resource.api_version, resource.kind, resource.namespace, resource.name)
    if _is_in(place, mesh.config.node):
        return ResourceId("", "MeshConfig", mesh.root_namespace, "istio")
    if _is_in(place, mesh.settings.mesh_networks):
        return ResourceId("", "MeshNetworks", mesh.root_namespace, "meshnetworks")
    return None


def _is_in(place: Place, node: object) -> bool:
    return isinstance(node, Node) and node.document.file is place.document.file


def _around(mesh: Mesh, place: Place) -> Resource | None:
    """The object around a document that is embedded in a string of it."""
    by_file = mesh.memo(("objects by file",), lambda: _objects_by_file(mesh))
    starts, resources = by_file.get(place.document.file.path, ((), ()))
    at = bisect_right(starts, place.start) - 1
    return resources[at] if at >= 0 and place.start < resources[at].root.place.end else None


def _objects_by_file(mesh: Mesh) -> _ByFile:
    found: dict[str, list[tuple[int, Resource]]] = defaultdict(list)
    for resource in mesh.resources:
        found[resource.document.file.path].append((resource.root.place.start, resource))
    ordered = {path: sorted(pairs, key=lambda pair: pair[0]) for path, pairs in found.items()}
    return {path: (tuple(s for s, _ in pairs), tuple(r for _, r in pairs)) for path, pairs in ordered.items()}
