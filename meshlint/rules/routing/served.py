"""The hosts that gateways serve, and which VirtualServices may claim them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from meshlint.mesh import Mesh
from meshlint.model.gateway_api import KubernetesGateway
from meshlint.model.names import ServerHost, is_wildcard, overlaps, server_host
from meshlint.model.networking import Gateway, VirtualService
from meshlint.source.document import Node

AnyGateway = Gateway | KubernetesGateway


class ServedHosts:
    """The hosts of all servers of one gateway, found without looking at every one.

    `is_partial` says that there are others which the input does not spell out.
    """

    def __init__(self, hosts: Iterable[ServerHost], *, is_partial: bool = False) -> None:
        self._all = tuple(hosts)
        self.is_partial = is_partial
        self._exact: dict[str, list[ServerHost]] = defaultdict(list)
        self._tails: dict[str, list[ServerHost]] = defaultdict(list)
        for served in self._all:
            host = served.host.lower()
            if is_wildcard(host):
                self._tails[host[1:]].append(served)
            else:
                self._exact[host].append(served)
        self._lengths = {len(tail) for tail in self._tails}

    def overlapping(self, host: str) -> Iterator[ServerHost]:
        """The served hosts that have a name in common with a host (in lower case), whoever may claim them."""
        if is_wildcard(host):
            yield from (served for served in self._all if overlaps(served.host.lower(), host))
            return
        yield from self._exact.get(host, ())
        for length in self._lengths:
            if length <= len(host):
                yield from self._tails.get(host[len(host) - length :], ())

    def admits(self, host: str, namespace: str) -> bool:
        """Whether a VirtualService of a namespace may claim a host here."""
        return any(served.admits(namespace) for served in self.overlapping(host))


def served_hosts(mesh: Mesh, gateway: AnyGateway) -> ServedHosts:
    """The hosts that a gateway serves."""
    return mesh.memo(("routing.served", id(gateway.resource)), lambda: _served_hosts(mesh, gateway))


def _served_hosts(mesh: Mesh, gateway: AnyGateway) -> ServedHosts:
    hosts = tuple(_hosts(gateway))
    return ServedHosts(hosts, is_partial=any(mesh.is_unresolved(served.host) for served in hosts))


def host_nodes(gateway: AnyGateway) -> tuple[Node, ...]:
    """Where a gateway says which hosts it serves: one node for each server or listener."""
    if isinstance(gateway, Gateway):
        return tuple(server.node.get("hosts") for server in gateway.servers)
    return tuple(listener.hostname for listener in gateway.listeners)


def _hosts(gateway: AnyGateway) -> Iterator[ServerHost]:
    if isinstance(gateway, KubernetesGateway):
        yield from (ServerHost("*", listener.hostname.text or "*") for listener in gateway.listeners)
        return
    for server in gateway.servers:
        for node in server.hosts:
            if node.text:
                yield server_host(node.text, gateway.resource.ns)


def claims(mesh: Mesh, service: VirtualService, host: Node, gateway: AnyGateway) -> bool:
    """Whether a gateway serves a host of a VirtualService, or may do so for all that the input tells."""
    namespace = service.resource.ns
    served = served_hosts(mesh, gateway)
    names = {host.text.lower(), mesh.fqdn(host.text, namespace).lower()}
    return served.is_partial or any(served.admits(name, namespace) for name in names)
