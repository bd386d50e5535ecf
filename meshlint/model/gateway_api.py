"""Views of the Kubernetes Gateway API: Gateways with their listeners, and routes."""

from __future__ import annotations

from typing import NamedTuple

from meshlint.model.resource import GATEWAY_API, Resource
from meshlint.source.document import Node

ROUTE_KINDS = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")


class Listener(NamedTuple):
    """A listener of a Gateway; an empty `hostname` admits all."""

    node: Node
    name: str
    hostname: Node
    port: int | None
    protocol: str

    @property
    def namespaces_from(self) -> str:
        """Which namespaces' routes it admits: Same (the default), All, Selector or None."""
        return self.node.at("allowedRoutes", "namespaces", "from").text or "Same"


class KubernetesGateway(NamedTuple):
    """A Gateway of the Gateway API."""

    resource: Resource
    class_name: str
    listeners: tuple[Listener, ...]

    @property
    def is_waypoint(self) -> bool:
        """Whether it is a waypoint of ambient mode."""
        return self.class_name == "istio-waypoint"


def kubernetes_gateway(resource: Resource) -> KubernetesGateway:
    """Read a Gateway of the Gateway API."""
    listeners = tuple(
        Listener(
            node,
            node.get("name").text,
            node.get("hostname"),
            node.get("port").number,
            node.get("protocol").text,
        )
        for node in resource.spec.get("listeners").items()
    )
    return KubernetesGateway(resource, resource.spec.get("gatewayClassName").text, listeners)


class ParentRef(NamedTuple):
    """What a route attaches to, with defaults applied; `section` and `port` narrow the listeners."""

    node: Node
    group: str
    kind: str
    namespace: str
    name: str
    section: str
    port: int | None


class BackendRef(NamedTuple):
    """Where a route sends traffic, with defaults applied; `weight` is the node as written."""

    node: Node
    group: str
    kind: str
    namespace: str
    name: Node
    port: int | None
    weight: Node


class RouteRule(NamedTuple):
    """One rule of a route."""

    node: Node
    backends: tuple[BackendRef, ...]


class KubernetesRoute(NamedTuple):
    """An HTTPRoute, GRPCRoute, TLSRoute, TCPRoute or UDPRoute."""

    resource: Resource
    hostnames: tuple[Node, ...]
    parents: tuple[ParentRef, ...]
    rules: tuple[RouteRule, ...]


def kubernetes_route(resource: Resource) -> KubernetesRoute:
    """Read a route of the Gateway API."""
    spec = resource.spec
    rules = tuple(
        RouteRule(node, tuple(_backend(ref, resource.ns) for ref in node.get("backendRefs").items()))
        for node in spec.get("rules").items()
    )
    parents = tuple(_parent(node, resource.ns) for node in spec.get("parentRefs").items())
    return KubernetesRoute(resource, tuple(spec.get("hostnames").items()), parents, rules)


def _parent(node: Node, namespace: str) -> ParentRef:
    group = node.get("group")
    return ParentRef(
        node,
        group.text if group.exists else GATEWAY_API,
        node.get("kind").text or "Gateway",
        node.get("namespace").text or namespace,
        node.get("name").text,
        node.get("sectionName").text,
        node.get("port").number,
    )


def _backend(node: Node, namespace: str) -> BackendRef:
    return BackendRef(
        node,
        node.get("group").text,
        node.get("kind").text or "Service",
        node.get("namespace").text or namespace,
        node.get("name"),
        node.get("port").number,
        node.get("weight"),
    )
