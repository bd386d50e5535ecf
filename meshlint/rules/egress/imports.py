"""What a Sidecar imports: the `namespace/host` items of its egress listeners."""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.mesh import MISSING, Mesh, RegisteredHost
from meshlint.model.names import ServerHost, is_wildcard, overlaps, server_host
from meshlint.model.networking import Sidecar
from meshlint.rule import Note, Severity, Violation, rule
from meshlint.rules.edits import did_you_mean, replace_scalar
from meshlint.source.document import Node

_ANY_NAMESPACE = "*"


@rule(severity=Severity.WARNING, needs=["Service|ServiceEntry@ns"], like=["KIA1004"], fix="unsafe")
def sidecar_imports_unknown_host(mesh: Mesh) -> Iterator[Violation]:
    """A Sidecar imports a host that no visible Service or ServiceEntry declares."""
    for sidecar in mesh.sidecars:
        for item in sidecar.egress:
            imported = _named_host(mesh, sidecar, item)
            if imported is not None and _is_missing(mesh, sidecar, imported):
                yield _violation(mesh, sidecar, item, imported)


def _named_host(mesh: Mesh, sidecar: Sidecar, item: Node) -> ServerHost | None:
    """The item when it names a host that can be looked up: not a whole namespace, not `~`, and not relative
    to the namespaces of clients, as `./` in the mesh's default Sidecar is."""
    text = item.text
    root = mesh.root_namespace
    if "/" not in text or text.startswith("~") or mesh.is_unresolved(text):
        return None
    if text.startswith("./") and sidecar.resource.ns == root and not sidecar.selects:
        return None
    imported = server_host(text, sidecar.resource.ns)
    return None if imported.host in ("", "*") or imported.namespace == root else imported


def _is_missing(mesh: Mesh, sidecar: Sidecar, imported: ServerHost) -> bool:
    """Whether nothing that the item could mean is there, and the input would show it."""
    if any(True for _ in _matching(mesh, sidecar, imported)) or _matches_route(mesh, imported):
        return False
    host, namespace = imported.host, imported.namespace
    if not is_wildcard(host):
        return mesh.service(host, seen_from=sidecar.resource.ns) is MISSING
    if mesh.settings.external.has("hosts", host):
        return False
    if namespace == _ANY_NAMESPACE:
        namespace = _namespace_of(mesh, host)
    if not namespace:
        return mesh.settings.closed
    return mesh.absence("services", namespace) is MISSING


def _matching(mesh: Mesh, sidecar: Sidecar, imported: ServerHost) -> Iterator[RegisteredHost]:
    """The registered hosts that the item stands for. A single host counts wherever it is declared; a wildcard
    collects what the named namespace declares."""
    viewer = sidecar.resource.ns
    everyone = viewer == mesh.root_namespace
    exact = not is_wildcard(imported.host)
    for host in mesh.registered(imported.host) if exact else mesh.hosts_covered_by(imported.host):
        if (exact or imported.admits(host.namespace)) and (everyone or host.visibility.reaches(viewer)):
            yield host


def _matches_route(mesh: Mesh, imported: ServerHost) -> bool:
    """An item also imports the VirtualServices of its namespace, by their hosts."""
    return any(overlaps(imported.host, host) for host in _routed_hosts(mesh, imported.namespace))


def _routed_hosts(mesh: Mesh, namespace: str) -> frozenset[str]:
    """The hosts of the VirtualServices in a namespace."""

    def collect() -> frozenset[str]:
        return frozenset(
            mesh.fqdn(host.text, found.resource.ns)
            for found in mesh.virtual_services
            if namespace in (_ANY_NAMESPACE, found.resource.ns)
            for host in found.hosts
        )

    return mesh.memo(("routed_hosts", namespace), collect)


def _namespace_of(mesh: Mesh, wildcard: str) -> str:
    """`prod` for `*.prod.svc.cluster.local`, else the empty string."""
    for domain in mesh.settings.cluster_domains:
        if wildcard.endswith(f".svc.{domain}"):
            return wildcard.removesuffix(f".svc.{domain}").lstrip("*").lstrip(".")
    return ""


def _violation(mesh: Mesh, sidecar: Sidecar, item: Node, imported: ServerHost) -> Violation:
    namespace, host = sidecar.resource.ns, imported.host
    hidden = () if is_wildcard(host) else mesh.registered(host)
    if hidden:
        return Violation(
            f"host {host!r} of namespace {hidden[0].namespace!r} is not visible in namespace {namespace!r}",
            at=item,
            notes=(Note("the host is declared here", hidden[0].node),),
        )
    if is_wildcard(host):
        where = (
            "any namespace" if imported.namespace == _ANY_NAMESPACE else f"namespace {imported.namespace!r}"
        )
        return Violation(f"no Service or ServiceEntry of {where} has a host that {host!r} covers", at=item)
    near = mesh.closest_host(host, imported.namespace)
    declared = mesh.registered(near or "")[:1]
    owner = declared[0].namespace if declared else imported.namespace
    return Violation(
        f"no Service or ServiceEntry declares host {host!r}{did_you_mean(near)}",
        at=item,
        notes=tuple(Note(f"host {near!r} is declared here", found.node) for found in declared),
        fix=replace_scalar(item, f"{owner}/{near}", f"import '{owner}/{near}'") if near else None,
    )
