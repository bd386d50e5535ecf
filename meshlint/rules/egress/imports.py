"""What a Sidecar imports: the `namespace/host` items of its egress listeners."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

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
    if any(True for _ in _matching(mesh, sidecar, imported)):
        return False
    if not is_wildcard(imported.host):
        absent = mesh.service(imported.host, seen_from=sidecar.resource.ns) is MISSING
    else:
        absent = _is_empty(mesh, imported)
    return absent and not _matches_route(mesh, imported)


def _is_empty(mesh: Mesh, imported: ServerHost) -> bool:
    """Whether a wildcard that covers nothing here covers nothing elsewhere either."""
    if mesh.settings.external.has("hosts", imported.host):
        return False
    namespace = imported.namespace
    if namespace == _ANY_NAMESPACE:
        namespace = _namespace_of(mesh, imported.host)
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
    hosts = mesh.memo(("routed_hosts",), lambda: _routed_hosts(mesh)).get(imported.namespace, ())
    return any(overlaps(imported.host, host) for host in hosts)


def _routed_hosts(mesh: Mesh) -> Mapping[str, set[str]]:
    """The hosts of the VirtualServices by namespace, and of all of them."""
    found: dict[str, set[str]] = defaultdict(set)
    for virtual_service in mesh.virtual_services:
        namespace = virtual_service.resource.ns
        hosts = {mesh.fqdn(host.text, namespace) for host in virtual_service.hosts}
        found[namespace] |= hosts
        found[_ANY_NAMESPACE] |= hosts
    return found


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
            f"host '{host}' exists but is not exported to namespace '{namespace}'",
            at=item,
            notes=(Note("declared here", hidden[0].node),),
        )
    if is_wildcard(host):
        where = (
            "any namespace" if imported.namespace == _ANY_NAMESPACE else f"namespace {imported.namespace!r}"
        )
        return Violation(f"no Service or ServiceEntry of {where} has a host that {host!r} covers", at=item)
    near = mesh.closest_host(host, imported.namespace)
    message = f"no Service or ServiceEntry declares host '{host}'"
    declared = mesh.registered(near)[:1] if near else ()
    if not declared:
        return Violation(message, at=item)
    meant = f"{declared[0].namespace}/{near}"
    return Violation(
        f"{message}{did_you_mean(near)}",
        at=item,
        notes=(Note("declared here", declared[0].node),),
        fix=replace_scalar(item, meant, f"import '{meant}'"),
    )
