"""The mesh: every object of the input and the questions that rules may ask of it.

A rule receives a `Mesh` and nothing else. Lookups return a tuple of what was found, or `MISSING` or
`UNKNOWN`; an empty tuple means that the thing exists outside the input.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from meshlint.mesh.closest import closest
from meshlint.mesh.destination_lookup import DestinationRuleIndex
from meshlint.mesh.registry import HTTP_PROTOCOLS, RegisteredHost, RegisteredPort, Registry, managed_workload
from meshlint.mesh.settings import External, Settings
from meshlint.mesh.workloads import (
    GATEWAY_NAME,
    Enrolment,
    Mode,
    WorkloadIndex,
    enrolment,
    is_gateway,
    is_unmeshed_on_purpose,
)
from meshlint.mesh.world import MISSING, UNKNOWN, Absence, World
from meshlint.model import gateway_api, kubernetes, networking, security
from meshlint.model.kubernetes import Service, Workload
from meshlint.model.mesh_config import MeshConfig
from meshlint.model.names import GatewayRef, Visibility, fqdn, visibility
from meshlint.model.networking import (
    DestinationRule,
    Endpoint,
    Gateway,
    ServiceEntry,
    VirtualService,
)
from meshlint.model.resource import GATEWAY_API, NETWORKING, SECURITY, Key, Resource, Selector, strings
from meshlint.source.document import Document, Node
from meshlint.source.templates import is_unresolved

if TYPE_CHECKING:
    import networkx as nx

    from meshlint.source import Problem

__all__ = [
    "HTTP_PROTOCOLS",
    "MISSING",
    "UNKNOWN",
    "Absence",
    "Enrolment",
    "External",
    "Mesh",
    "Mode",
    "RegisteredHost",
    "RegisteredPort",
    "Settings",
    "closest",
]

View = TypeVar("View")
_ISTIO_GATEWAYS = ("ingressgateway", "egressgateway")


class Mesh:
    """One mesh, read-only. Views are made when first asked for; indexes are shared by all rules.

    `tainted` names the namespaces in which something unreadable may stand (None: anywhere), `patched` the
    kinds and names (empty: all) of objects that patches change before they are applied.
    """

    def __init__(
        self,
        resources: Sequence[Resource],
        settings: Settings | None = None,
        *,
        config: MeshConfig | None = None,
        problems: Sequence[Problem] = (),
        tainted: Iterable[str | None] = (),
        patched: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        self.resources = tuple(resources)
        self.settings = settings or Settings()
        self.config = self.settings.mesh_config or config or MeshConfig()
        self.problems = tuple(problems)
        self._tainted = frozenset(tainted)
        self._patched = patched
        self._by_kind: dict[str, list[Resource]] = defaultdict(list)
        self._by_key: dict[Key, list[Resource]] = defaultdict(list)
        self._by_document: dict[int, Resource] = {}
        for resource in self.resources:
            self._by_kind[resource.kind].append(resource)
            self._by_key[resource.key].append(resource)
            self._by_document[id(resource.document)] = resource
        self._memo: dict[tuple[object, ...], object] = {}

    # --- objects ---------------------------------------------------------------------------------

    def of_kind(self, kind: str) -> tuple[Resource, ...]:
        """All objects of a kind, of whatever group."""
        return tuple(self._by_kind.get(kind, ()))

    def alternatives(self, resource: Resource) -> tuple[Resource, ...]:
        """All objects of the same identity, the given one among them."""
        return tuple(self._by_key[resource.key])

    def repeated(self) -> Iterator[Resource]:
        """The objects that share their identity with another one."""
        return (resource for same in self._by_key.values() if len(same) > 1 for resource in same)

    def resource_of(self, document: Document) -> Resource | None:
        """The object that a document holds."""
        return self._by_document.get(id(document))

    def is_patched(self, resource: Resource) -> bool:
        """Whether something changes the object before it is applied, so that its text is not its meaning."""
        return (resource.kind, resource.name) in self._patched or (resource.kind, "") in self._patched

    def memo(self, key: tuple[object, ...], compute: Callable[[], View]) -> View:
        """Remember the answer to a question asked of this mesh; `key` begins with the asker's name."""
        if key not in self._memo:
            self._memo[key] = compute()
        return self._memo[key]  # type: ignore[return-value]

    def _views(self, kind: str, group: str, read: Callable[[Resource], View]) -> tuple[View, ...]:
        return tuple(read(resource) for resource in self._by_kind.get(kind, ()) if resource.group == group)

    @cached_property
    def virtual_services(self) -> tuple[VirtualService, ...]:
        """All VirtualServices."""
        return self._views("VirtualService", NETWORKING, networking.virtual_service)

    @cached_property
    def destination_rules(self) -> tuple[DestinationRule, ...]:
        """All DestinationRules."""
        return self._views("DestinationRule", NETWORKING, networking.destination_rule)

    @cached_property
    def gateways(self) -> tuple[Gateway, ...]:
        """All Gateways of Istio's own API."""
        return self._views("Gateway", NETWORKING, networking.gateway)

    @cached_property
    def service_entries(self) -> tuple[ServiceEntry, ...]:
        """All ServiceEntries."""
        return self._views("ServiceEntry", NETWORKING, networking.service_entry)

    @cached_property
    def sidecars(self) -> tuple[networking.Sidecar, ...]:
        """All Sidecars."""
        return self._views("Sidecar", NETWORKING, networking.sidecar)

    @cached_property
    def workload_entries(self) -> tuple[networking.WorkloadEntry, ...]:
        """All WorkloadEntries."""
        return self._views("WorkloadEntry", NETWORKING, networking.workload_entry)

    @cached_property
    def peer_authentications(self) -> tuple[security.PeerAuthentication, ...]:
        """All PeerAuthentications."""
        return self._views("PeerAuthentication", SECURITY, security.peer_authentication)

    @cached_property
    def request_authentications(self) -> tuple[security.RequestAuthentication, ...]:
        """All RequestAuthentications."""
        return self._views("RequestAuthentication", SECURITY, security.request_authentication)

    @cached_property
    def authorization_policies(self) -> tuple[security.AuthorizationPolicy, ...]:
        """All AuthorizationPolicies."""
        return self._views("AuthorizationPolicy", SECURITY, security.authorization_policy)

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """All Services, of Kubernetes and of Knative."""
        core = self._views("Service", "", kubernetes.service)
        return core + self._views("Service", "serving.knative.dev", kubernetes.service)

    @cached_property
    def kubernetes_gateways(self) -> tuple[gateway_api.KubernetesGateway, ...]:
        """All Gateways of the Gateway API."""
        return self._views("Gateway", GATEWAY_API, gateway_api.kubernetes_gateway)

    @cached_property
    def kubernetes_routes(self) -> tuple[gateway_api.KubernetesRoute, ...]:
        """All routes of the Gateway API."""
        return tuple(
            route
            for kind in gateway_api.ROUTE_KINDS
            for route in self._views(kind, GATEWAY_API, gateway_api.kubernetes_route)
        )

    @cached_property
    def namespaces(self) -> Mapping[str, Resource]:
        """The Namespace objects by name."""
        return {
            resource.name: resource for resource in self._by_kind.get("Namespace", ()) if resource.group == ""
        }

    @cached_property
    def known_namespaces(self) -> frozenset[str]:
        """Every namespace that has an object, or a Namespace, in the input."""
        return frozenset(r.ns for r in self.resources if r.namespace) | frozenset(self.namespaces)

    # --- settings that take effect ---------------------------------------------------------------

    @cached_property
    def root_namespace(self) -> str:
        """The namespace whose policies apply to the whole mesh."""
        return self.settings.root_namespace or self.config.root_namespace or "istio-system"

    @property
    def cluster_domain(self) -> str:
        """The domain of the cluster's own Services."""
        return self.settings.cluster_domains[0]

    @property
    def trust_domain(self) -> str:
        """The trust domain of the mesh."""
        return self.settings.trust_domain or self.config.trust_domain or "cluster.local"

    @cached_property
    def trust_domains(self) -> tuple[str, ...]:
        """The trust domain, then its aliases."""
        return (self.trust_domain, *self.settings.trust_domain_aliases, *self.config.trust_domain_aliases)

    @cached_property
    def world(self) -> World:
        """What absence means."""
        owners = (workload.resource for workload in self.workloads)
        return World(self.resources, owners, self.settings, self.root_namespace, self._tainted)

    # --- hosts -----------------------------------------------------------------------------------

    @cached_property
    def registry(self) -> Registry:
        """The index of hosts."""
        domains = self.settings.cluster_domains
        return Registry(self.services, self.service_entries, domains, self.config, self.kubernetes_gateways)

    @property
    def all_hosts(self) -> Sequence[RegisteredHost]:
        """Every registered host."""
        return self.registry.hosts

    def fqdn(self, host: str, namespace: str) -> str:
        """The host as Istio resolves it in the namespace of the object that names it."""
        return fqdn(host, namespace, self.cluster_domain)

    def is_unresolved(self, text: str) -> bool:
        """Whether a value still waits for substitution, so that nothing can be said of it."""
        return is_unresolved(text)

    def registered(self, host: str) -> tuple[RegisteredHost, ...]:
        """What a host resolves to, whoever sees it."""
        return self.registry.find(host)

    def hosts_covered_by(self, wildcard: str) -> tuple[RegisteredHost, ...]:
        """The registered hosts that a wildcard covers."""
        return self.registry.covered_by(wildcard)

    def service(self, host: str, *, seen_from: str) -> tuple[RegisteredHost, ...] | Absence:
        """What a host (an FQDN) resolves to for a namespace.

        MISSING also when the host exists but is hidden from there; `registered` then tells where.
        """
        found = self.registry.find(host)
        visible = tuple(entry for entry in found if entry.visibility.reaches(seen_from))
        if visible:
            return visible
        name, namespace = self._split(host)
        external = self.settings.external
        if external.has("hosts", host) or (namespace and external.has("services", name, namespace)):
            return ()
        if found:
            return MISSING
        if host.startswith("outbound_.") or is_unresolved(host):
            return UNKNOWN
        if namespace:
            return self.world.absence("services", namespace, name, elsewhere=bool(self.registry.named(name)))
        return self._external_absence(host)

    def _split(self, host: str) -> tuple[str, str]:
        """Name and namespace of a cluster host; the namespace is empty for any other host."""
        for domain in self.settings.cluster_domains:
            if host.endswith(f".svc.{domain}"):
                name, _, namespace = host.removesuffix(f".svc.{domain}").rpartition(".")
                return (name, namespace) if name else (namespace, "")
        return host, ""

    def _external_absence(self, host: str) -> Absence:
        """A host outside the cluster may be declared by a ServiceEntry anywhere: only a closed world, a
        short form that Istio never resolves (`name.namespace`), or a near-identical declared host tell."""
        if self.settings.closed:
            return MISSING
        name, _, rest = host.partition(".")
        namespace = rest.removesuffix(".svc")
        if self.world.owns("services", namespace) and not self.world.is_tainted(namespace):
            return self.world.absence("services", namespace, name)
        return (
            MISSING
            if closest(host, self.registry.entry_hosts()) and not self.world.is_tainted("")
            else UNKNOWN
        )

    def closest_host(self, host: str, namespace: str) -> str | None:
        """A registered host that the author may have meant: the same name elsewhere, the short form of
        one, or a near spelling in the same namespace."""
        name, owner = self._split(host)
        label, _, rest = name.partition(".")
        same = self.registry.named(label)
        literal = f"{label}.{rest.removesuffix('.svc')}.svc.{self.cluster_domain}"
        if literal in same:
            return literal
        others = [candidate for candidate in same if candidate != host]
        if others:
            return others[0] if len(others) == 1 else closest(host, others, limit=len(host)) or others[0]
        near = closest(name, (self._split(h)[0] for h in self.registry.in_namespace(owner or namespace)))
        if near is not None:
            return fqdn(near, owner or namespace, self.cluster_domain)
        return closest(host, self.registry.entry_hosts())

    def visibility_of(self, resource: Resource, export_to: Node) -> Visibility:
        """Who sees a VirtualService or ServiceEntry, mesh defaults included."""
        config = self.config
        default = (
            config.virtual_service_export_to
            if resource.kind == "VirtualService"
            else config.service_export_to
        )
        return visibility(export_to.strings, resource.ns, default)

    # --- gateways --------------------------------------------------------------------------------

    @property
    def _all_gateways(self) -> list[Gateway | gateway_api.KubernetesGateway]:
        return [*self.gateways, *self.kubernetes_gateways]

    @cached_property
    def _gateways_by_ref(self) -> Mapping[GatewayRef, list[Gateway | gateway_api.KubernetesGateway]]:
        found: dict[GatewayRef, list[Gateway | gateway_api.KubernetesGateway]] = defaultdict(list)
        for gateway in self._all_gateways:
            found[GatewayRef(gateway.resource.ns, gateway.resource.name)].append(gateway)
        return found

    @cached_property
    def _gateways_by_name(self) -> Mapping[str, list[Gateway | gateway_api.KubernetesGateway]]:
        found: dict[str, list[Gateway | gateway_api.KubernetesGateway]] = defaultdict(list)
        for gateway in self._all_gateways:
            found[gateway.resource.name].append(gateway)
        return found

    def gateway(self, ref: GatewayRef) -> tuple[Gateway | gateway_api.KubernetesGateway, ...] | Absence:
        """The gateways of either API that a reference names."""
        found = self._gateways_by_ref.get(ref)
        if found:
            return tuple(found)
        if self.settings.external.has("gateways", ref.name, ref.namespace):
            return ()
        if is_unresolved(ref.name) or is_unresolved(ref.namespace):
            return UNKNOWN
        elsewhere = ref.name in self._gateways_by_name
        return self.world.absence("gateways", ref.namespace, ref.name, elsewhere=elsewhere)

    def gateways_named(self, name: str) -> tuple[Gateway | gateway_api.KubernetesGateway, ...]:
        """Gateways of that name in any namespace."""
        return tuple(self._gateways_by_name.get(name, ()))

    def gateway_workloads(self, gateway: Gateway) -> tuple[Workload, ...] | Absence:
        """The pods that serve a Gateway: those its selector picks, in any namespace unless istiod is told
        to look in the Gateway's own only."""
        scoped = self.settings.flag("PILOT_SCOPE_GATEWAY_TO_NAMESPACE", default=False)
        namespace = gateway.resource.ns if scoped else None
        found = self.workload_index.select(gateway.selector, namespace)
        if gateway.selector is None or not gateway.selector.labels:
            found = tuple(workload for workload in found if is_gateway(workload))
        if found:
            return found
        if gateway.selector is not None and self._implies(gateway.selector, namespace):
            return ()
        return MISSING if self.settings.closed or self.has_gateway_workload else UNKNOWN

    @cached_property
    def has_gateway_workload(self) -> bool:
        """Whether any gateway's pods are in the input."""
        return any(is_gateway(workload) for workload in self.workloads)

    # --- DestinationRules ------------------------------------------------------------------------

    @cached_property
    def _destination_index(self) -> DestinationRuleIndex:
        return DestinationRuleIndex(self.destination_rules, self.fqdn, self.root_namespace, self.config)

    def destination_rules_for(self, host: str, *, client: str) -> tuple[DestinationRule, ...] | Absence:
        """The rules that clients of a namespace meet for a host, UNKNOWN when none is in the input and
        the service's namespace keeps its rules elsewhere."""
        owners = tuple(dict.fromkeys(entry.namespace for entry in self.registry.find(host)))
        if not owners:
            namespace = self._split(host)[1]
            owners = (namespace,) if namespace else ()
        found = self._destination_index.lookup(host, client, owners)
        if found:
            return found
        absences = {self.world.absence("destination_rules", owner) for owner in (client, *owners)}
        return (
            MISSING
            if MISSING in absences and not any(self.world.is_tainted(ns) for ns in owners)
            else UNKNOWN
        )

    def destination_rules_naming(self, host: str) -> tuple[DestinationRule, ...]:
        """Every rule in any namespace whose host is or covers `host`."""
        return self._destination_index.naming(host)

    # --- workloads -------------------------------------------------------------------------------

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """Everything with a pod template, in input order."""
        return tuple(
            found for resource in self.resources if (found := kubernetes.workload(resource)) is not None
        )

    @cached_property
    def workload_index(self) -> WorkloadIndex:
        """Workloads by namespace and label."""
        return WorkloadIndex(self.workloads)

    def workload(self, name: str) -> Workload | None:
        """The workload called `namespace/name`, the first of them when several kinds share the name."""
        return next((w for w in self.workloads if f"{w.resource.ns}/{w.resource.name}" == name), None)

    def workloads_in(self, namespace: str) -> tuple[Workload, ...]:
        """The workloads of a namespace."""
        return self.workload_index.in_namespace(namespace)

    def select(self, selector: Selector | None, namespace: str | None) -> tuple[Workload, ...] | Absence:
        """The workloads that a selector picks; namespace None means anywhere, no selector means all."""
        found = self.workload_index.select(selector, namespace)
        if found:
            return found
        if self._implies(selector, namespace):
            return ()
        if selector is not None and any(is_unresolved(value) for value in selector.labels.values()):
            return UNKNOWN
        if namespace is None:
            known = self.settings.closed or self.world.owns_any("workloads")
            return MISSING if known and not self._tainted else UNKNOWN
        return self.world.absence("workloads", namespace)

    def _implies(self, selector: Selector | None, namespace: str | None) -> bool:
        """Whether pods that the input does not spell out carry the labels: those of a Gateway API
        Gateway, of a WorkloadEntry or WorkloadGroup, or of Istio's own gateways."""
        if selector is None:
            return False
        labels = selector.labels
        if labels.get("istio") in _ISTIO_GATEWAYS and not self.has_gateway_workload:
            return True
        nearest = min(
            (self._implied_by_label.get(label, ()) for label in labels.items()),
            key=len,
            default=self._implied,
        )
        return any(
            (namespace is None or namespace == owner) and selector.matches(implied)
            for owner, implied in nearest
        )

    @cached_property
    def _implied(self) -> tuple[tuple[str, Mapping[str, str]], ...]:
        """Namespace and labels of pods and machines that other kinds stand for."""
        gateways = [
            (
                g.resource.ns,
                {
                    **g.resource.labels,
                    GATEWAY_NAME: g.resource.name,
                    "istio.io/gateway-name": g.resource.name,
                },
            )
            for g in self.kubernetes_gateways
        ]
        entries = [(e.resource.ns, e.endpoint.labels) for e in self.workload_entries]
        groups = [
            (
                r.ns,
                {
                    **networking.endpoint(r.spec.get("template")).labels,
                    **strings(r.spec.at("metadata", "labels")),
                },
            )
            for r in self._by_kind.get("WorkloadGroup", ())
        ]
        return (*gateways, *entries, *groups)

    @cached_property
    def _implied_by_label(self) -> Mapping[tuple[str, str], Sequence[tuple[str, Mapping[str, str]]]]:
        found: dict[tuple[str, str], list[tuple[str, Mapping[str, str]]]] = defaultdict(list)
        for implied in self._implied:
            for label in implied[1].items():
                found[label].append(implied)
        return found

    def enrolment(self, workload: Workload) -> Enrolment:
        """How a workload is in the mesh, and what decided it."""
        return self.memo(
            ("enrolment", id(workload.resource)), lambda: enrolment(workload, self.namespaces, self.settings)
        )

    def mode(self, workload: Workload) -> Mode:
        """How a workload is in the mesh."""
        return self.enrolment(workload).mode

    def is_gateway(self, workload: Workload) -> bool:
        """Whether the workload is a gateway."""
        return is_gateway(workload)

    def is_unmeshed_on_purpose(self, workload: Workload) -> bool:
        """Whether the configuration keeps the workload outside the mesh."""
        return is_unmeshed_on_purpose(workload, self.settings.unmeshed)

    def workloads_of(self, host: RegisteredHost) -> tuple[Workload, ...] | Absence:
        """The pods behind a registered host; UNKNOWN when a Service has no selector or its namespace
        keeps its workloads elsewhere."""
        managed = self._managed_workloads.get(id(host.resource))
        if managed is not None:
            return (managed,)
        selector = host.view.selector if isinstance(host.view, Service) else host.view.workload_selector
        if selector is None or not selector.labels:
            return UNKNOWN
        return self.select(selector, host.namespace)

    @cached_property
    def _managed_workloads(self) -> Mapping[int, Workload]:
        found = ((gateway.resource, managed_workload(gateway)) for gateway in self.kubernetes_gateways)
        return {id(resource): workload for resource, workload in found if workload is not None}

    def endpoints_of(self, host: RegisteredHost) -> tuple[Endpoint, ...]:
        """Endpoints that a ServiceEntry lists, and the WorkloadEntries that the host's selector picks."""
        selector = host.view.selector if isinstance(host.view, Service) else host.view.workload_selector
        listed = () if isinstance(host.view, Service) else host.view.endpoints
        if selector is None or not selector.labels:
            return listed
        picked = tuple(
            entry.endpoint
            for entry in self._entries_in(host.namespace)
            if selector.matches(entry.endpoint.labels)
        )
        return listed + picked

    def _entries_in(self, namespace: str) -> Iterable[networking.WorkloadEntry]:
        return (entry for entry in self.workload_entries if entry.resource.ns == namespace)

    @cached_property
    def _services_by_label(self) -> Mapping[tuple[str, str, str], list[Service]]:
        found: dict[tuple[str, str, str], list[Service]] = defaultdict(list)
        for service in self.services:
            if service.selector is not None and service.selector.labels:
                found[service.resource.ns, *next(iter(service.selector.labels.items()))].append(service)
        return found

    def services_selecting(self, workload: Workload) -> tuple[Service, ...]:
        """The Services whose selector picks the workload."""
        namespace = workload.resource.ns
        return tuple(
            service
            for label in workload.labels.items()
            for service in self._services_by_label.get((namespace, *label), ())
            if service.selector is not None and service.selector.matches(workload.labels)
        )

    # --- other things by name --------------------------------------------------------------------

    def service_account(self, name: str, namespace: str) -> tuple[Resource, ...] | Absence:
        """ServiceAccounts by name; every namespace has `default`."""
        found = self._by_key.get(Key("", "ServiceAccount", namespace, name))
        if found:
            return tuple(found)
        if name == "default" or self.settings.external.has("service_accounts", name, namespace):
            return ()
        return self.world.absence("service_accounts", namespace, name)

    def namespace(self, name: str) -> tuple[Resource, ...] | Absence:
        """Namespace objects by name; a namespace that any object lives in exists too."""
        found = self._by_key.get(Key("", "Namespace", None, name))
        if found:
            return tuple(found)
        if name in self.known_namespaces or self.settings.external.has("namespaces", name):
            return ()
        return self.world.absence("namespaces", name)

    def absence(self, kind: str, namespace: str, name: str = "") -> Absence:
        """MISSING or UNKNOWN for something that was not found."""
        return self.world.absence(kind, namespace, name)

    def owns(self, kind: str, namespace: str) -> bool:
        """Whether the input itself defines things of that kind in the namespace."""
        return self.world.owns(kind, namespace)

    def graph(self) -> nx.MultiDiGraph[str]:
        """The mesh as a graph of services, hosts, subsets, workloads, gateways, principals and policies."""
        from meshlint.mesh.graph import build  # networkx is slow to import and few runs need it

        return build(self)
