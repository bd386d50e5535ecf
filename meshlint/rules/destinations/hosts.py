"""The host that a DestinationRule is for."""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.mesh import MISSING, Mesh, RegisteredHost
from meshlint.model.names import is_wildcard
from meshlint.model.networking import DestinationRule
from meshlint.rule import Note, Severity, Violation, rule
from meshlint.rules.edits import did_you_mean, replace_scalar


@rule(
    severity=Severity.WARNING,
    needs=["Service|ServiceEntry@ns"],
    like=["IST0174", "KIA0202"],
    fix="unsafe",
)
def destination_rule_for_unknown_host(mesh: Mesh) -> Iterator[Violation]:
    """The host of a DestinationRule is declared by no Service or ServiceEntry."""
    for destination_rule in mesh.destination_rules:
        namespace = destination_rule.resource.ns
        host = mesh.fqdn(destination_rule.host.text, namespace)
        if not host or _is_scope(mesh, host) or mesh.service(host, seen_from=namespace) is not MISSING:
            continue
        hidden = mesh.registered(host)
        if hidden:
            yield from _hidden(mesh, destination_rule, hidden)
        elif not (is_wildcard(host) and mesh.hosts_covered_by(host)):
            yield _unknown(mesh, destination_rule, host)


def _is_scope(mesh: Mesh, host: str) -> bool:
    """Whether a wildcard stands for a whole mesh, cluster or namespace: such a rule also serves hosts to come."""
    if not is_wildcard(host):
        return False
    tail = host[1:]
    for domain in mesh.settings.cluster_domains:
        cluster = f".svc.{domain}"
        if cluster.endswith(tail) or (tail.endswith(cluster) and tail.count(".") == cluster.count(".") + 1):
            return True
    return False


def _hidden(mesh: Mesh, found: DestinationRule, hosts: tuple[RegisteredHost, ...]) -> Iterator[Violation]:
    """Clients that do see the host use the rules of its own and of the root namespace, so those have an effect."""
    namespace = found.resource.ns
    if namespace == mesh.root_namespace or any(host.namespace == namespace for host in hosts):
        return
    owner = hosts[0]
    yield Violation(
        f"host '{found.host.text}' exists but is not exported to namespace '{namespace}'",
        at=found.host,
        notes=(Note("declared here", owner.node),),
    )


def _unknown(mesh: Mesh, found: DestinationRule, host: str) -> Violation:
    written = found.host.text
    resolved = "" if written == host else f" (resolved to '{host}')"
    near = mesh.closest_host(host, found.resource.ns)
    return Violation(
        f"no Service or ServiceEntry declares host '{written}'{resolved}{did_you_mean(near)}",
        at=found.host,
        notes=tuple(Note("declared here", entry.node) for entry in mesh.registered(near or "")[:1]),
        fix=replace_scalar(found.host, near, f"apply it to '{near}'") if near else None,
    )
