"""The registry of hosts: what Services and ServiceEntries declare, and who sees it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from meshlint.model.kubernetes import Service
from meshlint.model.mesh_config import MeshConfig
from meshlint.model.names import Visibility, covers, is_wildcard, visibility
from meshlint.model.networking import ServiceEntry
from meshlint.model.resource import Resource
from meshlint.source.document import Node

HTTP_PROTOCOLS = frozenset({"HTTP", "HTTP2", "HTTP_PROXY", "GRPC", "GRPC-WEB"})
_PREFIXES = frozenset({"TCP", "UDP", "GRPC", "HTTP", "HTTP_PROXY", "HTTP2", "HTTPS", "TLS", "MONGO", "REDIS", "MYSQL"})
_APP_PROTOCOLS = {"kubernetes.io/h2c": "HTTP2", "kubernetes.io/ws": "HTTP", "kubernetes.io/wss": "HTTPS"}
_SERVER_FIRST_PORTS = frozenset({25, 53, 3306, 27017})


class RegisteredPort(NamedTuple):
    """A port of a registered host. `protocol` is upper case, AUTO when the proxy sniffs; `target` is the
    workload port, a number or the name of a container port."""

    number: int | None
    name: str
    protocol: str
    target: int | str | None
    node: Node


class RegisteredHost(NamedTuple):
    """One host that one object declares; `node` is where the name is written."""

    host: str
    namespace: str
    visibility: Visibility
    ports: tuple[RegisteredPort, ...]
    view: Service | ServiceEntry
    node: Node

    @property
    def resource(self) -> Resource:
        """The Service or ServiceEntry."""
        return self.view.resource


def service_protocol(number: int | None, name: str, l4: str, app_protocol: str | None) -> str:
    """The protocol of a Kubernetes Service port (pkg/config/kube/conversion.go ConvertProtocol)."""
    if l4 == "UDP":
        return "UDP"
    declared = name if app_protocol is None else app_protocol
    if declared in _APP_PROTOCOLS:
        return _APP_PROTOCOLS[declared]
    upper = declared.upper()
    if upper.startswith("GRPC-WEB"):
        return "GRPC-WEB"
    prefix = upper.partition("-")[0]
    if prefix in _PREFIXES:
        return prefix
    return "TCP" if number in _SERVER_FIRST_PORTS else "AUTO"


class Registry:
    """All registered hosts, found by name without looking at every one."""

    def __init__(
        self,
        services: Iterable[Service],
        entries: Iterable[ServiceEntry],
        domains: tuple[str, ...],
        config: MeshConfig,
    ) -> None:
        self._exact: dict[str, list[RegisteredHost]] = defaultdict(list)
        self._wildcards: dict[str, list[RegisteredHost]] = defaultdict(list)
        self._by_short: dict[str, list[str]] = defaultdict(list)
        self._by_namespace: dict[str, list[str]] = defaultdict(list)
        self.hosts: list[RegisteredHost] = []
        self.domains = domains
        for service in services:
            self._add_service(service, config)
        for entry in entries:
            self._add_entry(entry, config)

    def _add_service(self, service: Service, config: MeshConfig) -> None:
        resource = service.resource
        exported = resource.annotations.get("networking.istio.io/exportTo", "")
        export_to = tuple(part.strip() for part in exported.split(",") if part.strip())
        seen = visibility(export_to, resource.ns, config.service_export_to)
        ports = tuple(
            RegisteredPort(p.number, p.name, service_protocol(p.number, p.name, p.l4, p.app_protocol), p.target, p.node)
            for p in service.ports
        )
        for index, domain in enumerate(self.domains):
            host = f"{resource.name}.{resource.ns}.svc.{domain}"
            registered = RegisteredHost(host, resource.ns, seen, ports, service, resource.name_node)
            self._exact[host].append(registered)
            if index == 0:
                self.hosts.append(registered)
                self._by_short[resource.name].append(host)
                self._by_namespace[resource.ns].append(host)

    def _add_entry(self, entry: ServiceEntry, config: MeshConfig) -> None:
        resource = entry.resource
        seen = visibility(entry.export_to.strings, resource.ns, config.service_export_to)
        ports = tuple(
            RegisteredPort(p.number, p.name, p.protocol or "AUTO", p.target or p.number, p.node) for p in entry.ports
        )
        for node in entry.hosts:
            host = node.text
            if not host:
                continue
            registered = RegisteredHost(host, resource.ns, seen, ports, entry, node)
            self.hosts.append(registered)
            if is_wildcard(host):
                self._wildcards[host[1:]].append(registered)
            else:
                self._exact[host].append(registered)
                self._by_short[host.partition(".")[0]].append(host)
            self._by_namespace[resource.ns].append(host)

    def find(self, host: str) -> tuple[RegisteredHost, ...]:
        """The entries that a queried host resolves to: equal ones first, then wildcards that cover it,
        the longest first; also the Service behind a pod of a headless Service."""
        found = [] if is_wildcard(host) else list(self._exact.get(host, ()))
        found += self._covering(host)
        if not found:
            found = [entry for entry in self._exact.get(host.partition(".")[2], ()) if _is_headless(entry)]
        return tuple(found)

    def _covering(self, host: str) -> list[RegisteredHost]:
        if not self._wildcards:
            return []
        tail = host[1:] if is_wildcard(host) else host
        return [entry for start in range(len(tail)) for entry in self._wildcards.get(tail[start:], ())]

    def covered_by(self, wildcard: str) -> tuple[RegisteredHost, ...]:
        """The entries whose host a wildcard covers."""
        return tuple(entry for entry in self.hosts if covers(wildcard, entry.host))

    def named(self, short: str) -> tuple[str, ...]:
        """Hosts whose first label is `short`, in any namespace."""
        return tuple(self._by_short.get(short, ()))

    def short_names(self) -> Iterable[str]:
        """The first labels of all hosts."""
        return self._by_short

    def in_namespace(self, namespace: str) -> tuple[str, ...]:
        """Hosts that objects of a namespace declare."""
        return tuple(self._by_namespace.get(namespace, ()))

    def entry_hosts(self) -> Iterable[str]:
        """The hosts that ServiceEntries declare."""
        return (entry.host for entry in self.hosts if isinstance(entry.view, ServiceEntry))


def _is_headless(entry: RegisteredHost) -> bool:
    return isinstance(entry.view, Service) and entry.view.headless
