"""The registry of hosts: what Services and ServiceEntries declare, and who sees it."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from meshlint.model.gateway_api import KubernetesGateway
from meshlint.model.kubernetes import Service, ServicePort, Workload
from meshlint.model.mesh_config import MeshConfig
from meshlint.model.names import Visibility, is_wildcard, visibility
from meshlint.model.networking import ServiceEntry
from meshlint.model.resource import Resource, Selector
from meshlint.source.document import Node

HTTP_PROTOCOLS = frozenset({"HTTP", "HTTP2", "HTTP_PROXY", "GRPC", "GRPC-WEB"})
_PREFIXES = frozenset(
    {"TCP", "UDP", "GRPC", "HTTP", "HTTP_PROXY", "HTTP2", "HTTPS", "TLS", "MONGO", "REDIS", "MYSQL"}
)
_APP_PROTOCOLS = {"kubernetes.io/h2c": "HTTP2", "kubernetes.io/ws": "HTTP", "kubernetes.io/wss": "HTTPS"}
_SERVER_FIRST_PORTS = frozenset({25, 53, 3306, 27017})
_LAST = "\U0010ffff"


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
        gateways: Iterable[KubernetesGateway] = (),
    ) -> None:
        self._exact: dict[str, list[RegisteredHost]] = defaultdict(list)
        self._wildcards: dict[str, list[RegisteredHost]] = defaultdict(list)
        self._by_short: dict[str, list[str]] = defaultdict(list)
        self._by_namespace: dict[str, list[str]] = defaultdict(list)
        self.hosts: list[RegisteredHost] = []
        self.domains = domains
        for service in services:
            self._add_service(service, config)
        for gateway in gateways:
            managed = managed_service(gateway)
            if managed is not None:
                self._add_service(managed, config, name=_managed_name(gateway))
        for entry in entries:
            self._add_entry(entry, config)

    def _add_service(self, service: Service, config: MeshConfig, name: str = "") -> None:
        resource = service.resource
        name = name or resource.name
        exported = resource.annotations.get("networking.istio.io/exportTo", "")
        export_to = tuple(part.strip() for part in exported.split(",") if part.strip())
        seen = visibility(export_to, resource.ns, config.service_export_to)
        ports = tuple(
            RegisteredPort(
                p.number, p.name, service_protocol(p.number, p.name, p.l4, p.app_protocol), p.target, p.node
            )
            for p in service.ports
        )
        for index, domain in enumerate(self.domains):
            host = f"{name}.{resource.ns}.svc.{domain}"
            registered = RegisteredHost(host, resource.ns, seen, ports, service, resource.name_node)
            self._exact[host].append(registered)
            if index == 0:
                self.hosts.append(registered)
                self._by_short[name].append(host)
                self._by_namespace[resource.ns].append(host)

    def _add_entry(self, entry: ServiceEntry, config: MeshConfig) -> None:
        resource = entry.resource
        seen = visibility(entry.export_to.strings, resource.ns, config.service_export_to)
        ports = tuple(
            RegisteredPort(p.number, p.name, p.protocol or "AUTO", p.target or p.number, p.node)
            for p in entry.ports
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
        """The entries whose host a wildcard covers, in input order."""
        tail = wildcard[1:][::-1]
        start = bisect_left(self._from_the_end, (tail,))
        end = bisect_left(self._from_the_end, (f"{tail}{_LAST}",))
        return tuple(
            self.hosts[index] for index in sorted(index for _, index in self._from_the_end[start:end])
        )

    @cached_property
    def _from_the_end(self) -> Sequence[tuple[str, int]]:
        """Every host read backwards without its star, sorted: those with one ending are neighbours."""
        return sorted((entry.host.removeprefix("*")[::-1], index) for index, entry in enumerate(self.hosts))

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


_MANAGED_SUFFIX = {"istio": "-istio", "istio-waypoint": "", "istio-east-west": "", "istio-remote": ""}


def _managed_name(gateway: KubernetesGateway) -> str:
    override = gateway.resource.annotations.get("gateway.istio.io/name-override")
    return override or gateway.resource.name + _MANAGED_SUFFIX[gateway.class_name]


def managed_service(gateway: KubernetesGateway) -> Service | None:
    """The Service that istiod makes for a Gateway of one of its classes, unless the Gateway points to one
    by address (pilot/pkg/config/kube/gateway/deploymentcontroller.go); its resource is the Gateway."""
    resource = gateway.resource
    if gateway.class_name not in _MANAGED_SUFFIX or resource.spec.get("addresses").sequence:
        return None
    ports = tuple(
        ServicePort(
            listener.node,
            listener.port,
            listener.name,
            "TCP",
            listener.protocol.lower() or None,
            listener.port,
        )
        for listener in gateway.listeners
    )
    status = ServicePort(resource.root, 15021, "status-port", "TCP", "tcp", 15021)
    picked = Selector(resource.root, {"gateway.networking.k8s.io/gateway-name": resource.name})
    return Service(resource, picked, (status, *ports), "LoadBalancer", headless=False, external_name="")


def managed_workload(gateway: KubernetesGateway) -> Workload | None:
    """The pods that istiod makes for a Gateway of one of its classes; their resource is the Gateway."""
    if managed_service(gateway) is None:
        return None
    resource = gateway.resource
    account = resource.annotations.get("gateway.istio.io/service-account") or _managed_name(gateway)
    labels = {**resource.labels, "gateway.networking.k8s.io/gateway-name": resource.name}
    return Workload(resource, resource.root.get("template"), labels, {}, account, host_network=False)


def _is_headless(entry: RegisteredHost) -> bool:
    return isinstance(entry.view, Service) and entry.view.headless
