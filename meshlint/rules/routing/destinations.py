"""Rules about what the routes of a VirtualService lead to: hosts, ports and subsets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from string import digits

from meshlint.mesh import MISSING, UNKNOWN, Absence, Mesh, RegisteredHost, closest
from meshlint.model.networking import Destination, DestinationRule, VirtualService
from meshlint.rule import Edit, Fix, Note, Severity, Violation, rule
from meshlint.rules.edits import did_you_mean, replace_scalar
from meshlint.rules.routing.clients import clients_of, destination_seen
from meshlint.rules.routing.short_forms import in_full
from meshlint.source.document import Node

_NO_DIGITS = str.maketrans("", "", digits)


@rule(
    severity=Severity.ERROR,
    like=["IST0101", "KIA1101"],
    fix="unsafe",
    needs=["Service|ServiceEntry@ns"],
)
def route_to_unknown_host(mesh: Mesh) -> Iterator[Violation]:
    """A route sends traffic to a host that no Service or ServiceEntry declares for its clients."""
    for service, destination, host in _destinations(mesh):
        if destination_seen(mesh, service, host) is not MISSING:
            continue
        hidden = mesh.registered(host)
        yield _hidden_host(service, destination, hidden) if hidden else _unknown_host(mesh, destination, host)


@rule(severity=Severity.ERROR, like=["IST0101"], fix="unsafe", needs=["Service|ServiceEntry"])
def route_to_unknown_port(mesh: Mesh) -> Iterator[Violation]:
    """A route sends traffic to a port that the destination's Service or ServiceEntry does not have."""
    for _, destination, host in _destinations(mesh):
        number = destination.port.number
        found = mesh.registered(host)
        ports = [port for entry in found for port in entry.ports]
        if number is None or not found or not all(entry.ports for entry in found):
            continue
        if any(port.number in (number, None) for port in ports):
            continue
        likely = next(
            (port for port in ports if port.target == number), ports[0] if len(ports) == 1 else None
        )
        known = ", ".join(str(port.number) for port in ports[:8])
        yield Violation(
            f"host '{destination.host.text}' has no port {number}, only {known}",
            at=destination.port,
            notes=tuple(Note(f"the ports of {entry.resource}", _ports(entry)) for entry in found[:3]),
            fix=likely
            and Fix(f"use port {likely.number}", (Edit(destination.port.place, str(likely.number)),)),
        )


@rule(severity=Severity.ERROR, like=["IST0101", "KIA1107"], fix="unsafe", needs=["DestinationRule"])
def route_to_unknown_subset(mesh: Mesh) -> Iterator[Violation]:
    """A route sends traffic to a subset that no DestinationRule defines for its clients."""
    for service, destination, host in _destinations(mesh):
        name = destination.subset.text
        if not name or mesh.is_unresolved(name) or _is_managed(service):
            continue
        meant = in_full(mesh, host)  # that Istio does not expand it is for route-to-unknown-host to tell
        rules = _rules_without_subset(mesh, service, meant, name)
        if rules is None or (not rules and _is_misspelt(mesh, service, meant)):
            continue
        elsewhere = [r for r in mesh.destination_rules_naming(meant) if r.subset(name) is not None]
        yield _unknown_subset(destination, rules, elsewhere)


def _destinations(mesh: Mesh) -> Iterator[tuple[VirtualService, Destination, str]]:
    """Every destination that says where it leads, with its host as Istio resolves it."""
    for service in mesh.virtual_services:
        for destination in service.destinations():
            text = destination.host.text
            if text and not mesh.is_unresolved(text):
                yield service, destination, mesh.fqdn(text, destination.namespace)


def _hidden_host(
    service: VirtualService, destination: Destination, hidden: Sequence[RegisteredHost]
) -> Violation:
    namespaces = ", ".join(f"'{name}'" for name in service.export_to.strings if name not in ("*", ".", "~"))
    clients = f"namespace {namespaces}" if namespaces else f"namespace '{service.resource.ns}'"
    notes = [Note(f"{entry.resource} limits who sees it", _export_to(entry)) for entry in hidden[:3]]
    if service.export_to.exists:
        notes.append(Note("the namespaces that use these routes", service.export_to.key_place))
    return Violation(
        f"host '{destination.host.text}' exists but is not exported to {clients}",
        at=destination.host,
        notes=tuple(notes),
    )


def _export_to(entry: RegisteredHost) -> Node:
    annotation = entry.resource.metadata.get("annotations").get("networking.istio.io/exportTo")
    field = entry.resource.spec.get("exportTo")
    return annotation if annotation.exists else field if field.exists else entry.node


def _unknown_host(mesh: Mesh, destination: Destination, host: str) -> Violation:
    written = destination.host.text
    resolved = "" if written == host else f" (resolved to '{host}')"
    near = mesh.closest_host(host, destination.namespace)
    return Violation(
        f"no Service or ServiceEntry declares host '{written}'{resolved}{did_you_mean(near)}",
        at=destination.host,
        notes=tuple(Note("declared here", at=entry.node) for entry in mesh.registered(near or "")[:1]),
        fix=replace_scalar(destination.host, near, f"send it to '{near}'") if near else None,
    )


def _ports(entry: RegisteredHost) -> Node:
    return entry.resource.spec.get("ports")


def _is_managed(service: VirtualService) -> bool:
    """Whether a rollout controller writes the routes, and then the subsets too."""
    resource = service.resource
    return resource.metadata.get("ownerReferences").exists or any(
        "rollouts" in key for key in resource.annotations
    )


def _rules_without_subset(
    mesh: Mesh, service: VirtualService, host: str, name: str
) -> tuple[DestinationRule, ...] | None:
    """The DestinationRules that clients meet for a host when all of them lack the subset; None when one
    has it, or may have."""
    clients = clients_of(mesh, service)
    namespaces = clients.namespaces if clients.all_gateways else (*clients.namespaces, service.resource.ns)
    met: list[DestinationRule] = []
    for namespace in dict.fromkeys(namespaces):
        found = mesh.destination_rules_for(host, client=namespace)
        if found is UNKNOWN:
            return None
        met.extend(() if isinstance(found, Absence) else found)
    possible = met if clients.all_gateways else [*met, *mesh.destination_rules_naming(host)]
    names = {subset.name.text for rule_ in possible for subset in rule_.subsets}
    return None if name in names or any(map(mesh.is_unresolved, names)) else tuple(met)


def _is_misspelt(mesh: Mesh, service: VirtualService, host: str) -> bool:
    """Whether the host itself is the defect, which route-to-unknown-host reports."""
    return (
        destination_seen(mesh, service, host) is MISSING
        and mesh.closest_host(host, service.resource.ns) is not None
    )


def _unknown_subset(
    destination: Destination, met: Sequence[DestinationRule], elsewhere: Sequence[DestinationRule]
) -> Violation:
    name, host = destination.subset.text, destination.host.text
    if elsewhere:
        return Violation(
            f"subset '{name}' of host '{host}' is defined by {elsewhere[0].resource}, which its clients do not read",
            at=destination.subset,
            notes=tuple(Note("not read by the clients", r.resource.name_node) for r in elsewhere[:3]),
        )
    if not met:
        return Violation(
            f"no DestinationRule defines subset '{name}' of host '{host}'", at=destination.subset
        )
    near = _misspelt(name, {subset.name.text for r in met for subset in r.subsets})
    return Violation(
        f"{met[0].resource} defines no subset '{name}' of host '{host}'{did_you_mean(near)}",
        at=destination.subset,
        notes=tuple(
            Note("the subsets that exist", at=r.resource.spec.get("subsets").key_place) for r in met[:3]
        ),
        fix=replace_scalar(destination.subset, near, f"use subset '{near}'") if near else None,
    )


def _misspelt(name: str, names: Iterable[str]) -> str | None:
    """The name that may be meant; another number (`v4` for `v3`) is another version and no slip."""
    letters = name.translate(_NO_DIGITS)
    return closest(name, (other for other in sorted(names) if other.translate(_NO_DIGITS) != letters))
