"""The TLS that a client's proxy uses towards a service (pilot/pkg/networking/core/cluster_tls.go and
pilot/pkg/xds/endpoints/mtls_checker.go)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from meshlint.mesh import Mesh, Mode, RegisteredHost, RegisteredPort
from meshlint.model.kubernetes import Service, Workload
from meshlint.model.names import covers, overlaps, server_host
from meshlint.model.networking import DestinationRule, ServiceEntry, Sidecar
from meshlint.source.document import Node
from meshlint.traffic.mtls import MtlsMode, namespace_mtls, possible_modes

_LABEL = "security.istio.io/tlsMode"


class ClientTlsMode(Enum):
    """What a client's proxy does; NO_CLUSTER where it has no configuration for the destination."""

    NO_CLUSTER = "NO_CLUSTER"
    PLAINTEXT = "PLAINTEXT"
    ISTIO_MUTUAL = "ISTIO_MUTUAL"
    SIMPLE = "SIMPLE"
    MUTUAL = "MUTUAL"
    UNKNOWN = "UNKNOWN"


class ClientTls(NamedTuple):
    """The mode, with server name and accepted identities where they are set, and the `mode` (or `tls`)
    of the DestinationRule that decided, None when mutual TLS is automatic."""

    mode: ClientTlsMode
    sni: str | None = None
    subject_alt_names: tuple[str, ...] = ()
    at: Node | None = None


def client_tls(mesh: Mesh, client: Workload, host: str, port: int, subset: str | None = None) -> ClientTls:
    """What the proxy of `client` does for a service port of a host (an FQDN), optionally of a subset."""
    target = _imported(mesh, client, host, port)
    if target is None or not any(p.number == port and p.protocol != "UDP" for p in target.ports):
        return ClientTls(ClientTlsMode.NO_CLUSTER)
    answers = {
        _with_rules(mesh, target, rules, port, subset) for rules in _orders(_effective(mesh, client, host))
    }
    if len({(a.mode, a.sni, a.subject_alt_names) for a in answers}) > 1:
        return ClientTls(ClientTlsMode.UNKNOWN)
    return answers.pop()


def _orders(rules: Sequence[DestinationRule]) -> tuple[Sequence[DestinationRule], ...]:
    """The rules oldest first and youngest first: files do not tell which it is."""
    return (rules, tuple(reversed(rules))) if len(rules) > 1 else (rules,)


# --- what the client's proxy knows ---------------------------------------------------------------


def _imported(mesh: Mesh, client: Workload, host: str, port: int) -> RegisteredHost | None:
    """The registered host as the client's proxy sees it; None when it is hidden or not imported."""
    namespace = client.resource.ns
    visible = [
        entry for entry in mesh.registered(host) if entry.host == host and entry.visibility.reaches(namespace)
    ]
    sidecar = _sidecar(mesh, client)
    if sidecar is not None and sidecar.egress:
        visible = [entry for entry in visible if _imports(sidecar, entry, namespace)] or _routed_to(
            mesh, sidecar, visible, namespace, port
        )
    if not visible:
        return None
    # the own namespace first, then Services before ServiceEntries
    return min(visible, key=lambda e: (e.namespace != namespace, not isinstance(e.view, Service)))


def _sidecar(mesh: Mesh, client: Workload) -> Sidecar | None:
    """The Sidecar resource of a workload (pilot/pkg/model/push_context.go getSidecarScope)."""
    namespace = client.resource.ns
    if mesh.is_gateway(client):
        return None
    own = [sidecar for sidecar in mesh.sidecars if sidecar.resource.ns == namespace]
    for sidecar in own:
        if sidecar.selects and (sidecar.selector is None or sidecar.selector.matches(client.labels)):
            return sidecar
    root = [sidecar for sidecar in mesh.sidecars if sidecar.resource.ns == mesh.root_namespace]
    return next((sidecar for sidecar in (*own, *root) if not sidecar.selects), None)


def _imports(sidecar: Sidecar, entry: RegisteredHost, namespace: str) -> bool:
    hosts = [server_host(node.text, namespace) for node in sidecar.egress]
    if any(h.excluded and h.admits(entry.namespace) and covers(h.host, entry.host) for h in hosts):
        return False
    return any(not h.excluded and h.admits(entry.namespace) and covers(h.host, entry.host) for h in hosts)


def _routed_to(
    mesh: Mesh, sidecar: Sidecar, visible: list[RegisteredHost], namespace: str, port: int
) -> list[RegisteredHost]:
    """Hosts that come in, with the ports used, because an imported VirtualService sends traffic to them."""
    wanted: set[str] = set()
    for virtual_service in mesh.virtual_services:
        resource = virtual_service.resource
        seen = mesh.visibility_of(resource, virtual_service.export_to).reaches(namespace)
        if (
            virtual_service.on_mesh
            and seen
            and _imports_any(mesh, sidecar, virtual_service.hosts, resource.ns, namespace)
        ):
            wanted |= {
                mesh.fqdn(to.host.text, to.namespace)
                for to in virtual_service.destinations()
                if to.port.number in (None, port)
            }
    for route in mesh.kubernetes_routes:
        parents = [p for p in route.parents if p.kind == "Service"]
        if parents and any(
            server_host(node.text, namespace).admits(route.resource.ns) for node in sidecar.egress
        ):
            backends = (backend for rule in route.rules for backend in rule.backends)
            wanted |= {mesh.fqdn(b.name.text, b.namespace) for b in backends if b.port in (None, port)}
    return [entry for entry in visible if entry.host in wanted]


def _imports_any(mesh: Mesh, sidecar: Sidecar, hosts: Sequence[Node], owner: str, namespace: str) -> bool:
    imported = [server_host(node.text, namespace) for node in sidecar.egress]
    return any(
        not entry.excluded and entry.admits(owner) and overlaps(entry.host, mesh.fqdn(host.text, owner))
        for entry in imported
        for host in hosts
    )


def _effective(mesh: Mesh, client: Workload, host: str) -> tuple[DestinationRule, ...]:
    """The rules for a host that reach this very client: those whose workload selector picks it, else those
    without one."""
    found = mesh.destination_rules_for(host, client=client.resource.ns)
    if not isinstance(found, tuple):
        return ()
    selecting = tuple(
        r for r in found if r.workload_selector is not None and r.workload_selector.matches(client.labels)
    )
    return selecting or tuple(rule for rule in found if rule.workload_selector is None)


# --- what follows from the rules -----------------------------------------------------------------


def _with_rules(
    mesh: Mesh, target: RegisteredHost, rules: Sequence[DestinationRule], port: int, subset: str | None
) -> ClientTls:
    chosen = next((found for rule in rules if subset and (found := rule.subset(subset))), None)
    if subset and chosen is None:
        return ClientTls(ClientTlsMode.NO_CLUSTER)
    policy = next((rule.traffic_policy for rule in rules if rule.traffic_policy.mapping), None)
    tls = effective_tls(policy, chosen.traffic_policy if chosen is not None else None, port)
    labels = chosen.wanted if chosen is not None else {}
    workloads = [w for w in _behind(mesh, target) if all(w.labels.get(k) == v for k, v in labels.items())]
    if tls is None:
        return _automatic(mesh, target, workloads, port, subset)
    mode = tls.get("mode").text or "DISABLE"
    at = tls.get("mode") if tls.get("mode").exists else tls
    if mode == "ISTIO_MUTUAL":
        return _mutual(mesh, target, port, subset, at, tls)
    if mode in ("SIMPLE", "MUTUAL"):
        names = tls.get("subjectAltNames").strings
        return ClientTls(ClientTlsMode[mode], tls.get("sni").text or None, names, at)
    return ClientTls(ClientTlsMode.PLAINTEXT, at=at)


def effective_tls(policy: Node | None, subset_policy: Node | None, port: int | None) -> Node | None:
    """The `tls` block that counts for a service port, None when none does.

    A port's own settings replace the whole policy they belong to; a block of the subset replaces the
    same block of the destination (GetPortLevelTrafficPolicy, MergeSubsetTrafficPolicy).
    """
    base, _ = _for_port(policy, port)
    own, own_port = _for_port(subset_policy, port)
    if own is not None and (own_port or own.get("tls").mapping or type(own.get("tls").value) is dict):
        return own.get("tls") if type(own.get("tls").value) is dict else None
    return base.get("tls") if base is not None and type(base.get("tls").value) is dict else None


def _for_port(policy: Node | None, port: int | None) -> tuple[Node | None, bool]:
    if policy is None or not policy.mapping:
        return None, False
    for entry in policy.get("portLevelSettings").items():
        if port is not None and entry.at("port", "number").number == port:
            return entry, True
    return policy, False


def _behind(mesh: Mesh, target: RegisteredHost) -> tuple[Workload, ...]:
    found = mesh.workloads_of(target)
    return found if isinstance(found, tuple) else ()


def target_port(workload: Workload, port: RegisteredPort) -> int | None:
    """The workload port behind a service port; a name is looked up among the container ports."""
    if isinstance(port.target, int):
        return port.target
    return next((p.number for p in workload.ports() if p.name == port.target), None)


def _automatic(
    mesh: Mesh, target: RegisteredHost, workloads: Sequence[Workload], port: int, subset: str | None
) -> ClientTls:
    """Automatic mutual TLS: as much as the servers can take."""
    plain = ClientTls(ClientTlsMode.PLAINTEXT)
    external = isinstance(target.view, ServiceEntry) and target.view.location == "MESH_EXTERNAL"
    if not mesh.config.auto_mtls or external:
        return plain
    wide = namespace_mtls(mesh, target.namespace).mode
    registered = next(p for p in target.ports if p.number == port)
    takes = {_takes_mtls(mesh, workload, registered) for workload in workloads}
    takes |= {bool(e.service_account) or e.labels.get(_LABEL) == "istio" for e in mesh.endpoints_of(target)}
    if wide is MtlsMode.DISABLE or not takes or takes == {False}:
        return plain
    if wide is MtlsMode.UNKNOWN or None in takes:
        return ClientTls(ClientTlsMode.UNKNOWN)
    if isinstance(target.view, Service) and target.view.headless and False in takes:
        return plain
    return _mutual(mesh, target, port, subset, None, None)


def _takes_mtls(mesh: Mesh, workload: Workload, port: RegisteredPort) -> bool | None:
    """Whether an endpoint is called with mesh mTLS; None where the input cannot tell."""
    mode = mesh.mode(workload)
    if mode is Mode.NONE:
        return False
    modes = possible_modes(mesh, workload, target_port(workload, port))
    if mode is Mode.UNKNOWN or (MtlsMode.DISABLE in modes and len(modes) > 1):
        return None
    return MtlsMode.DISABLE not in modes


def _mutual(
    mesh: Mesh,
    target: RegisteredHost,
    port: int,
    subset: str | None,
    at: Node | None,
    tls: Node | None,
) -> ClientTls:
    generated = f"outbound_.{port}_.{subset or ''}_.{target.host}"
    accounts = {(w.resource.ns, w.service_account) for w in _behind(mesh, target)}
    accounts |= {
        (target.namespace, e.service_account) for e in mesh.endpoints_of(target) if e.service_account
    }
    names = {
        f"spiffe://{domain}/ns/{ns}/sa/{account}" for ns, account in accounts for domain in mesh.trust_domains
    }
    if tls is not None:
        names = set(tls.get("subjectAltNames").strings) or names
        generated = tls.get("sni").text or generated
    return ClientTls(ClientTlsMode.ISTIO_MUTUAL, generated, tuple(sorted(names)), at)
