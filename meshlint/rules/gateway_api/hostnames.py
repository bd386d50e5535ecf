"""Hostnames of routes against those of the listeners that they attach to."""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.mesh import Absence, Mesh
from meshlint.model.gateway_api import KubernetesGateway, KubernetesRoute, Listener, ParentRef
from meshlint.model.names import GatewayRef, overlaps
from meshlint.model.resource import GATEWAY_API
from meshlint.rule import Note, Severity, Violation, rule
from meshlint.source.document import Node

_WITH_HOSTNAMES = ("HTTPRoute", "GRPCRoute", "TLSRoute")
_KINDS_BY_PROTOCOL = {
    "HTTP": ("HTTPRoute", "GRPCRoute"),
    "HTTPS": ("HTTPRoute", "GRPCRoute"),
    "TLS": ("TLSRoute",),
}
_SHOWN = 5


@rule(severity=Severity.ERROR, needs=["Gateway@ns"])
def hostname_outside_listener(mesh: Mesh) -> Iterator[Violation]:
    """A route has a hostname that no listener of its Gateways accepts."""
    for route in mesh.kubernetes_routes:
        hostnames = [node for node in route.hostnames if node.text and not mesh.is_unresolved(node.text)]
        if not hostnames or route.resource.kind not in _WITH_HOSTNAMES:
            continue
        attached = [_listeners(mesh, route, parent) for parent in route.parents if not _is_mesh(parent)]
        if not attached or not all(attached):
            continue
        listeners = [listener for found in attached for listener in found]
        for hostname in hostnames:
            if not any(_accepts(mesh, listener, hostname) for listener in listeners):
                yield _violation(hostname, listeners)


def _violation(hostname: Node, listeners: list[Listener]) -> Violation:
    accepted = ", ".join(dict.fromkeys(repr(listener.hostname.text) for listener in listeners[:_SHOWN]))
    notes = tuple(
        Note(f"listener {listener.name!r} accepts {listener.hostname.text!r}", listener.hostname)
        for listener in listeners[:_SHOWN]
    )
    message = f"no listener accepts hostname {hostname.text!r}, only {accepted}"
    return Violation(message, at=hostname, notes=notes)


def _is_mesh(parent: ParentRef) -> bool:
    """Whether the parent is a service: hostnames mean nothing there."""
    return parent.kind in ("Service", "ServiceEntry")


def _listeners(mesh: Mesh, route: KubernetesRoute, parent: ParentRef) -> tuple[Listener, ...]:
    """The listeners that may take the route, its hostnames aside; none when the input cannot tell, or when
    something else keeps the route out."""
    if (parent.group, parent.kind) != (GATEWAY_API, "Gateway"):
        return ()
    gateways = mesh.gateway(GatewayRef(parent.namespace, parent.name))
    if isinstance(gateways, Absence):
        return ()
    return tuple(
        listener
        for gateway in gateways
        if isinstance(gateway, KubernetesGateway)
        for listener in gateway.listeners
        if _admits(gateway, listener, route, parent)
    )


def _admits(
    gateway: KubernetesGateway, listener: Listener, route: KubernetesRoute, parent: ParentRef
) -> bool:
    """Whether a listener is meant by the parent reference and open for the route; one that is open for
    namespaces with certain labels counts as open."""
    if parent.section not in ("", listener.name) or parent.port not in (None, listener.port):
        return False
    namespaces = listener.namespaces_from
    if namespaces == "None" or (namespaces == "Same" and route.resource.ns != gateway.resource.ns):
        return False
    kinds = [kind.get("kind").text for kind in listener.node.at("allowedRoutes", "kinds").items()]
    return route.resource.kind in (kinds or _KINDS_BY_PROTOCOL.get(listener.protocol, ()))


def _accepts(mesh: Mesh, listener: Listener, hostname: Node) -> bool:
    served = listener.hostname.text
    return not served or mesh.is_unresolved(served) or overlaps(served.lower(), hostname.text.lower())
