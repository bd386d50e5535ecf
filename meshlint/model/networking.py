"""Views of `networking.istio.io`: typed, frozen, never raising; what is malformed reads as empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from meshlint.model.resource import Resource, Selector, selector, strings
from meshlint.source.document import Node


class Destination(NamedTuple):
    """Where a route sends traffic. `namespace` is the one in which a short `host` is resolved."""

    node: Node
    host: Node
    subset: Node
    port: Node
    namespace: str


class WeightedDestination(NamedTuple):
    """One entry of a route list: `node` is the entry, `weight` may be absent."""

    node: Node
    destination: Destination
    weight: Node


class Route(NamedTuple):
    """One entry of `http`, `tls` or `tcp` (named by `protocol`); `matches` are the entries of `match`."""

    protocol: str
    node: Node
    matches: tuple[Node, ...]
    destinations: tuple[WeightedDestination, ...]
    mirrors: tuple[Destination, ...]

    @property
    def delegate(self) -> Node:
        """The reference to a delegate VirtualService, maybe absent."""
        return self.node.get("delegate")


class VirtualService(NamedTuple):
    """A VirtualService; `gateways` are the entries as written (none means the mesh)."""

    resource: Resource
    hosts: tuple[Node, ...]
    gateways: tuple[Node, ...]
    export_to: Node
    routes: tuple[Route, ...]

    @property
    def on_mesh(self) -> bool:
        """Whether sidecars use it."""
        return not self.gateways or any(gateway.value == "mesh" for gateway in self.gateways)

    def destinations(self) -> Iterator[Destination]:
        """Every destination and mirror of every route."""
        for route in self.routes:
            for weighted in route.destinations:
                yield weighted.destination
            yield from route.mirrors


def virtual_service(resource: Resource) -> VirtualService:
    """Read a VirtualService."""
    spec = resource.spec
    routes = tuple(
        _route(protocol, node, resource.ns)
        for protocol in ("http", "tls", "tcp")
        for node in spec.get(protocol).items()
    )
    return VirtualService(
        resource,
        tuple(spec.get("hosts").items()),
        tuple(spec.get("gateways").items()),
        spec.get("exportTo"),
        routes,
    )


def _route(protocol: str, node: Node, namespace: str) -> Route:
    destinations = tuple(
        WeightedDestination(entry, _destination(entry.get("destination"), namespace), entry.get("weight"))
        for entry in node.get("route").items()
    )
    mirrors: list[Destination] = []
    if protocol == "http":
        if type(node.get("mirror").value) is dict:
            mirrors.append(_destination(node.get("mirror"), namespace))
        mirrors.extend(
            _destination(entry.get("destination"), namespace) for entry in node.get("mirrors").items()
        )
    return Route(protocol, node, tuple(node.get("match").items()), destinations, tuple(mirrors))


def _destination(node: Node, namespace: str) -> Destination:
    return Destination(node, node.get("host"), node.get("subset"), node.get("port").get("number"), namespace)


class Subset(NamedTuple):
    """A named subset; `labels` is the mapping as written, maybe absent."""

    node: Node
    name: Node
    labels: Node
    traffic_policy: Node

    @property
    def wanted(self) -> Mapping[str, str]:
        """The labels that endpoints must carry."""
        return strings(self.labels)


class DestinationRule(NamedTuple):
    """A DestinationRule; `workload_selector` restricts it to client workloads of its namespace."""

    resource: Resource
    host: Node
    subsets: tuple[Subset, ...]
    traffic_policy: Node
    export_to: Node
    workload_selector: Selector | None

    def subset(self, name: str) -> Subset | None:
        """The first subset of that name."""
        return next((subset for subset in self.subsets if subset.name.text == name), None)


def destination_rule(resource: Resource) -> DestinationRule:
    """Read a DestinationRule."""
    spec = resource.spec
    subsets = tuple(
        Subset(node, node.get("name"), node.get("labels"), node.get("trafficPolicy"))
        for node in spec.get("subsets").items()
    )
    return DestinationRule(
        resource,
        spec.get("host"),
        subsets,
        spec.get("trafficPolicy"),
        spec.get("exportTo"),
        selector(spec.at("workloadSelector", "matchLabels")),
    )


class Server(NamedTuple):
    """A server of a Gateway; `protocol` is upper case."""

    node: Node
    port: Node
    protocol: str
    hosts: tuple[Node, ...]
    tls: Node

    @property
    def bind(self) -> str:
        """The address to bind, empty for all."""
        return self.node.get("bind").text


class Gateway(NamedTuple):
    """A `networking.istio.io` Gateway; a missing selector selects every gateway workload."""

    resource: Resource
    selector: Selector | None
    servers: tuple[Server, ...]


def gateway(resource: Resource) -> Gateway:
    """Read a Gateway."""
    servers = tuple(
        Server(
            node,
            node.get("port").get("number"),
            node.get("port").get("protocol").text.upper(),
            tuple(node.get("hosts").items()),
            node.get("tls"),
        )
        for node in resource.spec.get("servers").items()
    )
    return Gateway(resource, selector(resource.spec.get("selector")), servers)


class EntryPort(NamedTuple):
    """A port of a ServiceEntry; `protocol` is upper case, empty when sniffed."""

    node: Node
    number: int | None
    name: str
    protocol: str
    target: int | None


class Endpoint(NamedTuple):
    """An endpoint of a ServiceEntry, or the spec of a WorkloadEntry."""

    node: Node
    address: str
    labels: Mapping[str, str]
    service_account: str
    ports: Mapping[str, object]


class ServiceEntry(NamedTuple):
    """A ServiceEntry with its proto defaults applied (MESH_EXTERNAL, NONE)."""

    resource: Resource
    hosts: tuple[Node, ...]
    ports: tuple[EntryPort, ...]
    endpoints: tuple[Endpoint, ...]
    workload_selector: Selector | None
    location: str
    resolution: str
    export_to: Node


def service_entry(resource: Resource) -> ServiceEntry:
    """Read a ServiceEntry."""
    spec = resource.spec
    ports = tuple(
        EntryPort(
            node,
            node.get("number").number,
            node.get("name").text,
            node.get("protocol").text.upper(),
            node.get("targetPort").number,
        )
        for node in spec.get("ports").items()
    )
    return ServiceEntry(
        resource,
        tuple(spec.get("hosts").items()),
        ports,
        tuple(endpoint(node) for node in spec.get("endpoints").items()),
        selector(spec.at("workloadSelector", "labels")),
        spec.get("location").text or "MESH_EXTERNAL",
        spec.get("resolution").text or "NONE",
        spec.get("exportTo"),
    )


def endpoint(node: Node, metadata_labels: Mapping[str, str] | None = None) -> Endpoint:
    """Read an endpoint; labels of a WorkloadEntry's metadata win over those of its spec."""
    labels = {**strings(node.get("labels")), **(metadata_labels or {})}
    return Endpoint(
        node, node.get("address").text, labels, node.get("serviceAccount").text, node.get("ports").mapping
    )


class WorkloadEntry(NamedTuple):
    """A WorkloadEntry."""

    resource: Resource
    endpoint: Endpoint


def workload_entry(resource: Resource) -> WorkloadEntry:
    """Read a WorkloadEntry."""
    return WorkloadEntry(resource, endpoint(resource.spec, resource.labels))


class Sidecar(NamedTuple):
    """A Sidecar; `selects` says whether the selector field is present at all, `egress` lists the hosts."""

    resource: Resource
    selects: bool
    selector: Selector | None
    egress: tuple[Node, ...]


def sidecar(resource: Resource) -> Sidecar:
    """Read a Sidecar."""
    spec = resource.spec
    field = spec.get("workloadSelector")
    egress = tuple(host for listener in spec.get("egress").items() for host in listener.get("hosts").items())
    return Sidecar(resource, type(field.value) is dict, selector(field.get("labels")), egress)
