"""Finds MeshConfig and MeshNetworks in whatever carries them: a ConfigMap, an operator's resource, Helm values."""

from __future__ import annotations

from collections.abc import Iterable

from meshlint.model.mesh_config import MeshConfig, mesh_config
from meshlint.model.resource import Resource
from meshlint.source.document import Node

_OPERATORS = ("IstioOperator", "Istio", "IstioRevision")


def installed_mesh_config(resources: Iterable[Resource]) -> MeshConfig | None:
    """The mesh configuration that the input installs: of the ConfigMap `istio` (or the first of a
    revision), else of the first operator resource; None when there is none.
    """
    found = [
        node for resource in sorted(resources, key=_precedence) if (node := _carried(resource)) is not None
    ]
    return mesh_config(found[0]) if found else None


def _precedence(resource: Resource) -> int:
    return (
        0
        if resource.name == "istio" and resource.kind == "ConfigMap"
        else 1
        if resource.kind == "ConfigMap"
        else 2
    )


def _carried(resource: Resource) -> Node | None:
    named = resource.name == "istio" or resource.name.startswith("istio-")
    if resource.kind in _OPERATORS or (resource.kind == "ConfigMap" and resource.group == "" and named):
        return mesh_config_in(resource.root)
    return None


def mesh_config_in(root: Node) -> Node | None:
    """The MeshConfig that a document carries; a document that is none of the known carriers is taken as
    a MeshConfig or as Helm values by itself. None when a carrier holds none.
    """
    kind = root.get("kind").text
    if kind == "ConfigMap":
        return _embedded(root.at("data", "mesh"))
    if kind in _OPERATORS:
        return _first(root.at("spec", "meshConfig"), root.at("spec", "values", "meshConfig"))
    if kind:
        return None
    return _first(root.get("meshConfig"), root)


def mesh_networks_in(root: Node) -> Node | None:
    """The MeshNetworks that a document carries, by the same rules; the node is the mapping with the key
    `networks`, or, in Helm values, the networks themselves.
    """
    kind = root.get("kind").text
    if kind == "ConfigMap":
        return _embedded(root.at("data", "meshNetworks"))
    if kind in _OPERATORS:
        return _first(root.at("spec", "values", "global", "meshNetworks"))
    if kind:
        return None
    return _first(root.at("global", "meshNetworks"), root)


def _embedded(node: Node) -> Node | None:
    from meshlint.source.embedded import embedded  # the parser is only needed where a ConfigMap carries text

    document = embedded(node)
    return None if document is None else _first(document.root)


def _first(*nodes: Node) -> Node | None:
    return next((node for node in nodes if type(node.value) is dict), None)
