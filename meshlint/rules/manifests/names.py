"""Names and labels of objects and of what is inside them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from meshlint.mesh import Mesh
from meshlint.model.resource import GATEWAY_API, NETWORKING, Resource
from meshlint.rule import Edit, Fix, Severity, Violation, rule
from meshlint.source.document import Node

_LABEL = re.compile(r"[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?\Z")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")


@rule(severity=Severity.ERROR, like=["IST0106"], fix="safe")
def non_string_metadata(mesh: Mesh) -> Iterator[Violation]:
    """A label, annotation or selector has a value that YAML does not read as text."""
    for resource in mesh.resources:
        for values in _string_maps(resource):
            for key, node in values.entries():
                if node.value is None and node.place.start == node.place.end:
                    continue  # `key:` with nothing after it is an empty label in many trees
                if type(node.value) in (bool, int, float) or node.value is None:
                    yield _not_text(key, node)


def _not_text(key: str, node: Node) -> Violation:
    place = node.place
    written = place.document.file.text[place.start : place.end]
    kind = {bool: "a boolean", int: "a number", float: "a number"}.get(type(node.value), "null")
    return Violation(
        f"YAML reads the value {written} of '{key}' as {kind}, and Kubernetes takes only text here",
        at=node,
        fix=Fix("put it in quotes", (Edit(place, f'"{written}"'),), safe=True),
    )


def _string_maps(resource: Resource) -> Iterator[Node]:
    """Every mapping of an object that must map text to text."""
    yield resource.metadata.get("labels")
    yield resource.metadata.get("annotations")
    spec = resource.spec
    for path in (
        ("selector", "matchLabels"),
        ("workloadSelector", "labels"),
        ("workloadSelector", "matchLabels"),
    ):
        yield spec.at(*path)
    if resource.kind in ("Service", "ReplicationController") or (resource.kind, resource.group) == (
        "Gateway",
        NETWORKING,
    ):
        yield spec.get("selector")
    template = (
        spec.at("jobTemplate", "spec", "template") if resource.kind == "CronJob" else spec.get("template")
    )
    yield template.at("metadata", "labels")
    yield template.at("metadata", "annotations")
    for subset in spec.get("subsets").items():
        yield subset.get("labels")
    for protocol in ("http", "tls", "tcp"):
        for route in spec.get(protocol).items():
            for match in route.get("match").items():
                yield match.get("sourceLabels")


@rule(severity=Severity.ERROR, like=["IST0106"])
def invalid_resource_name(mesh: Mesh) -> Iterator[Violation]:
    """A name is not one that Kubernetes or Istio accepts."""
    for resource in mesh.resources:
        if resource.group.endswith("istio.io") or resource.group == GATEWAY_API:
            yield from _own_name(mesh, resource)
            for what, node in _inner_names(resource):
                if node.text and not mesh.is_unresolved(node.text) and not _is_label(node.text):
                    yield Violation(f"'{node.text}' is no valid {what}: {_RULE}", at=node)


_RULE = "only letters, digits and '-' may stand in it, and at most 63 of them"


def _is_label(text: str) -> bool:
    return len(text) <= 63 and _LABEL.match(text) is not None


def _own_name(mesh: Mesh, resource: Resource) -> Iterator[Violation]:
    name = resource.name
    if mesh.is_unresolved(name):
        return
    if not name:
        if not resource.metadata.get("generateName").text:
            yield Violation(f"this {resource.kind} has no name", at=resource.metadata.key_place)
    elif len(name) > 253 or not _SUBDOMAIN.match(name):
        yield Violation(
            f"'{name}' is no valid name: only lower-case letters, digits, '-' and '.' may stand in it",
            at=resource.name_node,
        )
    elif (resource.kind, resource.group) == ("Gateway", NETWORKING) and not _is_label(name):
        yield Violation(f"'{name}' is no valid name of a Gateway: {_RULE}", at=resource.name_node)


def _inner_names(resource: Resource) -> Iterator[tuple[str, Node]]:
    if resource.group != NETWORKING:
        return
    spec = resource.spec
    for subset in spec.get("subsets").items():
        yield "name of a subset", subset.get("name")
    if resource.kind == "ServiceEntry":
        for port in spec.get("ports").items():
            yield "name of a port", port.get("name")
    for key in ("ingress", "egress"):
        for listener in spec.get(key).items():
            yield "name of a port", listener.at("port", "name")
    for protocol in ("http", "tls", "tcp"):
        for route in spec.get(protocol).items():
            yield from _route_names(protocol, route)


def _route_names(protocol: str, route: Node) -> Iterator[tuple[str, Node]]:
    for entry in route.get("route").items():
        yield "name of a subset", entry.at("destination", "subset")
    yield "name of a subset", route.at("mirror", "subset")
    if protocol == "http":
        for match in route.get("match").items():
            yield "namespace", match.get("sourceNamespace")
