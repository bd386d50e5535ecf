"""Who uses a subset: routes, and whatever names the cluster that Istio makes of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from meshlint.mesh import Mesh
from meshlint.model.names import covers, is_wildcard, overlaps, server_host
from meshlint.model.networking import Destination, VirtualService
from meshlint.source.document import Node

_CLUSTER = re.compile(r"outbound(\||_\.)\d+\1(?P<subset>[^|]+?)\1(?P<host>[^\s|]+)")
"""`outbound|80|v1|host`, or `outbound_.80_.v1_.host` as the server name of a cross-network connection."""


class SubsetUses:
    """Every use of a subset in the input. `routes` holds the destinations by host and subset."""

    def __init__(self, mesh: Mesh) -> None:
        self.routes: dict[tuple[str, str], list[Destination]] = defaultdict(list)
        self._hosts_by_subset: dict[str, set[str]] = defaultdict(set)
        self._subsets_by_host: dict[str, set[str]] = defaultdict(set)
        self._routed: set[str] = set()
        self._open_hosts: set[str] = set()
        self._open_subsets: set[str] = set()
        for virtual_service in mesh.virtual_services:
            self._add_routes(mesh, virtual_service)
        for resource in mesh.of_kind("EnvoyFilter"):
            self._add_clusters(resource.spec)
        self._passthrough = tuple(_passthrough_hosts(mesh))

    def _add_routes(self, mesh: Mesh, virtual_service: VirtualService) -> None:
        self._routed.update(
            mesh.fqdn(host.text, virtual_service.resource.ns) for host in virtual_service.hosts
        )
        self._add_clusters(virtual_service.resource.spec.get("tls"))
        for destination in virtual_service.destinations():
            host = mesh.fqdn(destination.host.text, destination.namespace)
            subset = destination.subset.text
            self._routed.add(host)
            if mesh.is_unresolved(host):
                self._open_subsets.add(subset)
            elif mesh.is_unresolved(subset):
                self._open_hosts.add(host)
            elif subset:
                self.routes[host, subset].append(destination)
                self._hosts_by_subset[subset].add(host)
                self._subsets_by_host[host].add(subset)

    def _add_clusters(self, node: Node) -> None:
        for text in _texts(node.value):
            for found in _CLUSTER.finditer(text):
                self._hosts_by_subset[found["subset"]].add(found["host"])

    def concern(self, host: str) -> bool:
        """Whether any VirtualService of the input is for the host, or sends traffic to it."""
        if not is_wildcard(host):
            return host in self._routed
        return any(covers(host, routed) for routed in self._routed)

    def names_of(self, host: str) -> frozenset[str]:
        """The subsets that routes name for exactly this host."""
        return frozenset(self._subsets_by_host.get(host, ()))

    def include(self, host: str, subset: str) -> bool:
        """Whether something uses the subset of a rule for `host`, or may do so: a value that still waits for
        substitution, or a gateway that forwards to whatever subset its clients name."""
        if subset in self._open_subsets or any(overlaps(host, served) for served in self._passthrough):
            return True
        if not is_wildcard(host):
            return host in self._open_hosts or host in self._hosts_by_subset.get(subset, ())
        users = (*self._open_hosts, *self._hosts_by_subset.get(subset, ()))
        return any(covers(host, user) for user in users)


def subset_uses(mesh: Mesh) -> SubsetUses:
    """The uses of all subsets of a mesh, collected once."""
    return mesh.memo(("subset_uses",), lambda: SubsetUses(mesh))


def _texts(value: object) -> Iterator[str]:
    """Every string inside a value."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


def _passthrough_hosts(mesh: Mesh) -> Iterator[str]:
    for gateway in mesh.gateways:
        for server in gateway.servers:
            if server.tls.get("mode").text == "AUTO_PASSTHROUGH":
                for host in server.hosts:
                    yield server_host(host.text, gateway.resource.ns).host
