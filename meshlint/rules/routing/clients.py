"""Whose proxies use a VirtualService, and whether these see what it names."""

from __future__ import annotations

from typing import NamedTuple

from meshlint.mesh import MISSING, UNKNOWN, Absence, Mesh, RegisteredHost
from meshlint.model.names import GatewayRef, gateway_ref
from meshlint.model.networking import Gateway, VirtualService


class Clients(NamedTuple):
    """Namespaces of the proxies that use a VirtualService: of sidecars, and of gateways.

    `all_gateways` is False when the pods of some gateway are not in the input.
    """

    sidecars: tuple[str, ...]
    gateways: tuple[str, ...]
    all_gateways: bool

    @property
    def namespaces(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(dict.fromkeys(self.sidecars + self.gateways))


def gateway_refs(service: VirtualService) -> tuple[GatewayRef, ...]:
    """The gateways of a VirtualService, without the mesh."""
    refs = (gateway_ref(node.text, service.resource.ns) for node in service.gateways if node.text)
    return tuple(dict.fromkeys(ref for ref in refs if not ref.is_mesh))


def clients_of(mesh: Mesh, service: VirtualService) -> Clients:
    """Who uses a VirtualService. One that everybody sees is judged from its own namespace."""
    return mesh.memo(("routing.clients", id(service.resource)), lambda: _clients(mesh, service))


def _clients(mesh: Mesh, service: VirtualService) -> Clients:
    own = service.resource.ns
    seen = mesh.visibility_of(service.resource, service.export_to)
    sidecars = (
        (own,)
        if seen.public or not seen.namespaces
        else tuple(sorted(seen.namespaces, key=lambda name: (name != own, name)))
    )
    gateways: list[str] = []
    complete = bool(service.hosts)  # the gateways of a delegate are those of whoever refers to it
    for ref in gateway_refs(service):
        found = _gateway_namespaces(mesh, ref)
        complete = complete and bool(found)
        gateways.extend(found)
    return Clients(sidecars if service.on_mesh else (), tuple(dict.fromkeys(gateways)), complete)


def _gateway_namespaces(mesh: Mesh, ref: GatewayRef) -> tuple[str, ...]:
    """The namespaces of a gateway's pods, nothing when the input does not tell."""
    return mesh.memo(("routing.gateway_namespaces", ref), lambda: _find_gateway_namespaces(mesh, ref))


def _find_gateway_namespaces(mesh: Mesh, ref: GatewayRef) -> tuple[str, ...]:
    gateways = mesh.gateway(ref)
    found: list[str] = []
    for gateway in () if isinstance(gateways, Absence) else gateways:
        if not isinstance(gateway, Gateway):
            found.append(gateway.resource.ns)
            continue
        workloads = mesh.gateway_workloads(gateway)
        found.extend(
            workload.resource.ns for workload in (() if isinstance(workloads, Absence) else workloads)
        )
    return tuple(dict.fromkeys(found))


def destination_seen(mesh: Mesh, service: VirtualService, host: str) -> tuple[RegisteredHost, ...] | Absence:
    """What a destination (an FQDN) resolves to for some client of a VirtualService; istiod lets gateways
    use what the VirtualService's own namespace sees too (pilot/pkg/model/push_context.go
    initServiceRegistry, ExtraGatewayServices)."""
    clients = clients_of(mesh, service)
    on_gateways = bool(clients.gateways) or not clients.sidecars
    viewpoints = (*clients.namespaces, service.resource.ns) if on_gateways else clients.namespaces
    answers = [mesh.service(host, seen_from=namespace) for namespace in dict.fromkeys(viewpoints)]
    for answer in answers:
        if not isinstance(answer, Absence):
            return answer
    return UNKNOWN if UNKNOWN in answers else MISSING
