"""DestinationRules whose TLS the servers they lead to cannot take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from meshlint.mesh import Mesh, Mode, RegisteredHost, RegisteredPort
from meshlint.model.kubernetes import Service, Workload
from meshlint.model.names import is_wildcard
from meshlint.model.networking import DestinationRule, ServiceEntry
from meshlint.rule import Note, Severity, Violation, rule
from meshlint.source.document import Node
from meshlint.traffic.client_tls import effective_tls, target_port
from meshlint.traffic.mtls import MtlsMode, ServerMtls, namespace_mtls, server_mtls

_NOT_MESH = frozenset({"DISABLE", "SIMPLE", "MUTUAL"})


class Setting(NamedTuple):
    """A `tls` block of a rule as it takes effect for one port of a host it applies to."""

    rule: DestinationRule
    tls: Node
    host: RegisteredHost
    port: RegisteredPort

    @property
    def mode(self) -> str:
        """The mode; a block that names none means DISABLE."""
        return self.tls.get("mode").text or "DISABLE"

    @property
    def at(self) -> Node:
        """Where the mode is written, or the block that lacks it."""
        return self.tls.get("mode") if self.tls.get("mode").exists else self.tls


def _settings(mesh: Mesh) -> Iterator[Setting]:
    """Every `tls` block with each host and port that it decides for."""
    for destination_rule in mesh.destination_rules:
        if "tls" in str(destination_rule.resource.spec.value) and not mesh.is_patched(
            destination_rule.resource
        ):
            for host in _hosts(mesh, destination_rule):
                for port in host.ports:
                    for tls in _blocks(destination_rule, port):
                        yield Setting(destination_rule, tls, host, port)


def _hosts(mesh: Mesh, destination_rule: DestinationRule) -> Iterator[RegisteredHost]:
    """The hosts for which clients of some namespace meet this rule and not a more specific one."""
    written = mesh.fqdn(destination_rule.host.text, destination_rule.resource.ns)
    found = mesh.hosts_covered_by(written) if is_wildcard(written) else mesh.registered(written)
    for host in found:
        for client in (destination_rule.resource.ns, host.namespace):
            met = mesh.destination_rules_for(host.host, client=client)
            if isinstance(met, tuple) and any(other.resource is destination_rule.resource for other in met):
                yield host
                break


def _blocks(destination_rule: DestinationRule, port: RegisteredPort) -> Iterator[Node]:
    top = destination_rule.traffic_policy
    tls = effective_tls(top, None, port.number)
    if tls is not None:
        yield tls
    for subset in destination_rule.subsets:
        own = effective_tls(None, subset.traffic_policy, port.number)
        if own is not None:
            yield own


@rule(severity=Severity.ERROR, needs=["workloads"])
def mutual_tls_to_unmeshed_workload(mesh: Mesh) -> Iterator[Violation]:
    """A DestinationRule demands the mesh's mutual TLS from a server that has no proxy."""
    told: set[int] = set()
    for setting in _settings(mesh):
        if (
            setting.mode != "ISTIO_MUTUAL"
            or id(setting.tls.value) in told
            or is_wildcard(setting.rule.host.text)
        ):
            continue
        reason = _no_identity(mesh, setting.host)
        if reason is not None:
            told.add(id(setting.tls.value))
            text, note = reason
            yield Violation(
                f"ISTIO_MUTUAL to '{setting.host.host}' fails: {text}", at=setting.at, notes=(note,)
            )


def _no_identity(mesh: Mesh, host: RegisteredHost) -> tuple[str, Note] | None:
    """Why nothing behind a host can take mesh mTLS; None when something can, or when the input cannot tell."""
    if isinstance(host.view, ServiceEntry):
        endpoints = mesh.endpoints_of(host)
        if host.view.location == "MESH_EXTERNAL" and not any(
            endpoint.service_account for endpoint in endpoints
        ):
            location = host.resource.spec.get("location")
            return "the host is outside the mesh", Note(
                "declared here", location if location.exists else host.node
            )
        return None
    workloads = mesh.workloads_of(host)
    if not isinstance(workloads, tuple) or not workloads:
        return None
    without = [workload for workload in workloads if mesh.mode(workload) is Mode.NONE]
    if not without or (
        len(without) < len(workloads) and any(not mesh.mode(w).meshed for w in workloads if w not in without)
    ):
        return None
    enrolment = mesh.enrolment(without[0])
    words = (
        "none of its workloads has a proxy"
        if len(without) == len(workloads)
        else "some of its workloads have no proxy"
    )
    return words, Note(f"'{without[0].resource.name}' has none: {enrolment.reason}", enrolment.at)


@rule(
    severity=Severity.ERROR,
    needs=["PeerAuthentication", "workloads"],
    like=["KIA0207", "KIA0208", "KIA0505", "KIA0506"],
)
def destination_rule_contradicts_mtls(mesh: Mesh) -> Iterator[Violation]:
    """The TLS of a DestinationRule is not what the servers behind it accept."""
    told: set[int] = set()
    for setting in _settings(mesh):
        if id(setting.tls.value) in told:
            continue
        server = _contradicting(mesh, setting)
        if server is not None:
            told.add(id(setting.tls.value))
            yield _contradiction(setting.mode, setting.at, setting.host.host, server)
    yield from _wide_contradictions(mesh, told)


def _contradicting(mesh: Mesh, setting: Setting) -> ServerMtls | None:
    """The server mode that refuses a setting on every known workload of the host; None when none does."""
    workloads = mesh.workloads_of(setting.host)
    if not isinstance(setting.host.view, Service) or not isinstance(workloads, tuple) or not workloads:
        return None
    servers = [_server(mesh, workload, setting.port) for workload in workloads]
    first = servers[0]
    return (
        first
        if first is not None and all(s is not None and _clash(setting.mode, s.mode) for s in servers)
        else None
    )


def _server(mesh: Mesh, workload: Workload, port: RegisteredPort) -> ServerMtls | None:
    if mesh.mode(workload) is not Mode.SIDECAR:
        return None
    return server_mtls(mesh, workload, target_port(workload, port))


def _clash(client: str, server: MtlsMode) -> bool:
    if server is MtlsMode.STRICT:
        return client in _NOT_MESH
    return server is MtlsMode.DISABLE and client == "ISTIO_MUTUAL"


def _contradiction(client: str, at: Node, host: str, server: ServerMtls) -> Violation:
    demands = "accepts only mutual TLS" if server.mode is MtlsMode.STRICT else "accepts only plaintext"
    notes = (
        ()
        if server.policy is None or server.at is None
        else (Note(f"{server.mode.value} is set by {server.policy.resource}", server.at),)
    )
    return Violation(f"clients use {client} towards '{host}', which {demands}", at=at, notes=notes)


def _wide_contradictions(mesh: Mesh, told: set[int]) -> Iterator[Violation]:
    """Rules for the whole mesh or a whole namespace against the policies of the namespaces they cover."""
    guarded = {
        _whole(mesh, other) for other in mesh.destination_rules if other.traffic_policy.get("tls").mapping
    }
    governed = {policy.resource.ns for policy in mesh.peer_authentications if not policy.has_selector}
    for destination_rule in mesh.destination_rules:
        tls = destination_rule.traffic_policy.get("tls")
        namespace = _whole(mesh, destination_rule)
        if not tls.mapping or namespace is None or id(tls.value) in told:
            continue
        covered = [namespace]
        if namespace == mesh.root_namespace:
            # what is said of known services host by host is not said again of their namespace
            covered += sorted(
                ns for ns in governed - guarded - {namespace} if not mesh.registry.in_namespace(ns)
            )
        at = tls.get("mode") if tls.get("mode").exists else tls
        mode = at.text or "DISABLE"
        for server in (namespace_mtls(mesh, each) for each in covered):
            if server.policy is not None and _clash(mode, server.mode):
                yield _contradiction(mode, at, destination_rule.host.text, server)
                break


def _whole(mesh: Mesh, destination_rule: DestinationRule) -> str | None:
    """The namespace whose policy decides for all hosts of a rule; None for a rule about single hosts."""
    host = destination_rule.host.text
    if host in ("*.local", "*", f"*.svc.{mesh.cluster_domain}", f"*.{mesh.cluster_domain}"):
        return mesh.root_namespace
    suffix = f".svc.{mesh.cluster_domain}"
    if host.startswith("*.") and host.endswith(suffix) and host.count(".") == suffix.count(".") + 1:
        return host.removeprefix("*.").removesuffix(suffix)
    return None
