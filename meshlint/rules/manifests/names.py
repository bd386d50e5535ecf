"""Names that Kubernetes or Istio refuses: of objects, and of what is inside them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from meshlint.mesh import Mesh
from meshlint.model.resource import GATEWAY_API, NETWORKING, Resource
from meshlint.rule import Severity, Violation, rule
from meshlint.source.document import Node, Place

_LABEL = re.compile(r"(?=.{1,63}\Z)[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?\Z")
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
_LABEL_RULE = "only letters, digits and '-' may stand in it, and at most 63 of them"
_PROTOCOLS = ("http", "tls", "tcp")

Named = tuple[str, str, Node | Place]
"""What a name is the name of, the name, and where it is written."""


@rule(severity=Severity.ERROR, like=["IST0106"])
def invalid_resource_name(mesh: Mesh) -> Iterator[Violation]:
    """A name is not one that Kubernetes or Istio accepts."""
    for resource in mesh.resources:
        if resource.group == GATEWAY_API or resource.group.endswith(".istio.io"):
            yield from _own_name(mesh, resource)
        if resource.group == NETWORKING:
            for what, name, at in _inner_names(resource):
                if not mesh.is_unresolved(name) and not _LABEL.match(name):
                    yield Violation(f"'{name}' is no valid {what}: {_LABEL_RULE}", at=at)


def _own_name(mesh: Mesh, resource: Resource) -> Iterator[Violation]:
    name = resource.name
    if mesh.is_unresolved(name):
        return
    if not name:
        if not resource.metadata.get("generateName").text:
            yield Violation(f"this {resource.kind} has no name", at=resource.metadata.key_place)
    elif not _NAME.match(name):
        allowed = "only lower-case letters, digits, '-' and '.' may stand in it"
        yield Violation(f"'{name}' is no valid name: {allowed}", at=resource.name_node)
    elif (resource.kind, resource.group) == ("Gateway", NETWORKING) and not _LABEL.match(name):
        yield Violation(f"'{name}' is no valid name of a Gateway: {_LABEL_RULE}", at=resource.name_node)


def _inner_names(resource: Resource) -> Iterator[Named]:
    """Every name inside an object that must be one label of a DNS name (pkg/config/validation)."""
    spec = resource.spec
    match resource.kind:
        case "VirtualService":
            yield from _virtual_service_names(spec)
        case "DestinationRule":
            for subset in spec.get("subsets").items():
                yield from _named("name of a subset", subset.get("name"))
        case "ServiceEntry":
            for port in spec.get("ports").items():
                yield from _named("name of a port", port.get("name"))
            for endpoint in spec.get("endpoints").items():
                yield from _port_keys(endpoint.get("ports"))
        case "WorkloadEntry":
            yield from _port_keys(spec.get("ports"))
        case "WorkloadGroup":
            yield from _port_keys(spec.at("template", "ports"))
        case "Sidecar":
            for listener in (*spec.get("ingress").items(), *spec.get("egress").items()):
                yield from _named("name of a port", listener.at("port", "name"))
            yield from _named("name of a subset", spec.at("outboundTrafficPolicy", "egressProxy", "subset"))


def _named(what: str, node: Node) -> Iterator[Named]:
    """A name that is written; what must not be missing is for others to say."""
    if node.text:
        yield what, node.text, node


def _port_keys(ports: Node) -> Iterator[Named]:
    for key, node in ports.entries():
        yield "name of a port", key, node.key_place


def _virtual_service_names(spec: Node) -> Iterator[Named]:
    yield from _gateways(spec.get("gateways"))
    for protocol in _PROTOCOLS:
        for route in spec.get(protocol).items():
            for match in route.get("match").items():
                yield from _gateways(match.get("gateways"))
                if protocol == "http":
                    yield from _named("namespace", match.get("sourceNamespace"))
            for entry in (*route.get("route").items(), *route.get("mirrors").items()):
                yield from _named("name of a subset", entry.at("destination", "subset"))
            yield from _named("name of a subset", route.at("mirror", "subset"))


def _gateways(gateways: Node) -> Iterator[Named]:
    """The parts of the references that Istio looks at: it stops after the first one without a namespace, which
    it takes for a host name."""
    for node in gateways.items():
        namespace, slash, name = node.text.partition("/")
        if not slash:
            labels = node.text.removesuffix(".").split(".")
            if type(node.value) is str:
                yield from (("reference to a gateway", label, node) for label in labels)
            return
        yield "namespace of a gateway", namespace, node
        yield "name of a gateway", name, node
