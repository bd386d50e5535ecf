"""ALLOW policies that let in more than they seem to."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from meshlint.mesh import Mesh
from meshlint.model.security import AuthorizationPolicy, PolicyRule
from meshlint.rule import Note, Severity, Tier, Violation, rule
from meshlint.rules.authorization.breadth import (
    HEALTH_PATHS,
    asks_who,
    enforced_allow_policies,
    fields,
    is_any,
    is_health,
    made_pointless,
    matches_all,
    only_presence_of_identity,
    reaches_gateways_only,
    where,
)
from meshlint.rules.authorization.split import split_pairs
from meshlint.source.document import Node
from meshlint.traffic.mtls import MtlsMode, namespace_mtls, server_mtls

_NOTES = 5


@rule(severity=Severity.WARNING, security=7.1)
def allow_all_policy(mesh: Mesh) -> Iterator[Violation]:
    """An ALLOW rule matches every request."""
    guarded = {
        p.resource.ns for p in mesh.authorization_policies if p.action in ("DENY", "CUSTOM") and p.rules
    }
    for policy in enforced_allow_policies(mesh):
        for entry in policy.rules:
            if matches_all(entry):
                guard = policy.resource.ns in guarded and reaches_gateways_only(mesh, policy)
                yield Violation(
                    f"this rule allows every request to {where(mesh, policy)}, so no other ALLOW rule there matters",
                    at=entry.node if entry.matches_all else entry.node.head,
                    notes=tuple(
                        Note("this ALLOW policy changes nothing any more", other.resource.name_node)
                        for other in islice(made_pointless(mesh, policy), _NOTES)
                    ),
                    pedantic=guard,
                )


@rule(severity=Severity.WARNING, security=6.5)
def wildcard_principal(mesh: Mesh) -> Iterator[Violation]:
    """An ALLOW rule asks for an identity, but for no identity in particular."""
    for policy in enforced_allow_policies(mesh):
        for entry in policy.rules:
            if _restricts_port_and_path(entry) or asks_who(entry):
                continue
            for source in entry.sources:
                value = only_presence_of_identity(source)
                if value is not None and not (
                    _asks_for_token(source) and len(_issuers(mesh, policy.resource.ns)) <= 1
                ):
                    yield Violation(
                        f"'{value.text}' lets in every caller of the mesh that has an identity", at=value
                    )


def _restricts_port_and_path(entry: PolicyRule) -> bool:
    narrow = [op for op in entry.operations if op.get("ports").sequence and op.get("paths").sequence]
    return bool(entry.operations) and len(narrow) == len(entry.operations)


def _asks_for_token(source: Node) -> bool:
    """`requestPrincipals: ["*"]`: where one issuer is trusted, the usual way to ask for a token."""
    return {name for name, _ in fields(source)} == {"requestPrincipals"}


def _issuers(mesh: Mesh, namespace: str) -> set[str]:
    """The issuers whose tokens may be trusted in a namespace."""

    def by_namespace() -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for request in mesh.request_authentications:
            found[request.resource.ns].update(jwt.get("issuer").text for jwt in request.rules)
        return found

    issuers = mesh.memo(("issuers by namespace",), by_namespace)
    return issuers.get(namespace, set()) | issuers.get(mesh.root_namespace, set())


@rule(severity=Severity.WARNING, security=6.5)
def negative_only_allow(mesh: Mesh) -> Iterator[Violation]:
    """An ALLOW rule says only what is not allowed."""
    for policy in enforced_allow_policies(mesh):
        for entry in policy.rules:
            yield from _negative(entry)


def _negative(entry: PolicyRule) -> Iterator[Violation]:
    """The sources and operations, any of which is enough to match, that have nothing but `not…` fields;
    in a rule without any, conditions that have nothing but `notValues`."""
    if any(condition.get("values").sequence for condition in entry.conditions):
        return
    items = (*entry.sources, *entry.operations)
    found = [first for item in items if (first := _only_excludes(item)) is not None]
    if not items:
        found = [c.get("notValues") for c in entry.conditions if c.get("notValues").sequence][:1]
    for first in found:
        yield Violation(
            f"this allows everything except what '{first.key}' lists, and whatever slips past that list too",
            at=first.key_place,
        )


def _only_excludes(item: Node) -> Node | None:
    """The first field of a source or operation whose fields all begin with `not`."""
    found = [*fields(item)]
    return found[0][1] if found and all(name.startswith("not") for name, _ in found) else None


@dataclass(frozen=True, slots=True)
class PublicPaths:
    """`public_paths` are what anybody may call, such as health checks; a `*` at the end stands for any rest."""

    public_paths: tuple[str, ...] = HEALTH_PATHS


@rule(severity=Severity.INFO, tier=Tier.PEDANTIC, security=5.3, needs=["workloads"], options=PublicPaths())
def unrestricted_source(mesh: Mesh, options: PublicPaths) -> Iterator[Violation]:
    """An ALLOW rule restricts what may be called but not who may call."""
    if not (mesh.settings.closed or mesh.world.owns_any("workloads")):
        return  # what is a gateway cannot be told
    for policy in enforced_allow_policies(mesh):
        torn = {id(rule.node.value) for pair in split_pairs(policy) for rule in pair}
        for entry in policy.rules:
            public = all(is_health(operation, options.public_paths) for operation in entry.operations)
            if public or not _is_open_to_all(entry) or id(entry.node.value) in torn:
                continue
            if reaches_gateways_only(mesh, policy):
                continue
            if not (all(map(_lists_ports_only, entry.operations)) and _is_strict(mesh, policy)):
                yield Violation(
                    "any caller may do this, with or without an identity", at=entry.node.get("to").key_place
                )


def _is_open_to_all(entry: PolicyRule) -> bool:
    """Whether a rule restricts operations by what they are, but not callers."""
    if entry.sources or not entry.operations or asks_who(entry):
        return False
    return not any(is_any(operation) or _only_excludes(operation) for operation in entry.operations)


def _lists_ports_only(operation: Node) -> bool:
    return {name for name, _ in fields(operation)} == {"ports"}


def _is_strict(mesh: Mesh, policy: AuthorizationPolicy) -> bool:
    """Whether only callers with an identity reach the workloads of a policy."""
    if policy.selector is not None and policy.selector.labels:
        found = mesh.select(policy.selector, policy.resource.ns)
        if isinstance(found, tuple) and found:
            return all(server_mtls(mesh, workload).mode is MtlsMode.STRICT for workload in found)
    return namespace_mtls(mesh, policy.resource.ns).mode is MtlsMode.STRICT


@rule(severity=Severity.INFO, tier=Tier.PEDANTIC, security=4.3)
def unrestricted_operation(mesh: Mesh) -> Iterator[Violation]:
    """An ALLOW rule restricts who may call but not what may be called."""
    for policy in enforced_allow_policies(mesh):
        torn = {id(rule.node.value) for pair in split_pairs(policy) for rule in pair}
        for entry in policy.rules:
            limited = entry.operations or any(
                c.get("key").text == "destination.port" for c in entry.conditions
            )
            told = id(entry.node.value) in torn or any(map(_is_told_elsewhere, entry.sources))
            if entry.sources and not limited and not told:
                yield Violation("these callers may use every port, path and method", at=entry.node.head)


def _is_told_elsewhere(source: Node) -> bool:
    """Whether other rules of this family speak of the source, since it restricts nobody."""
    return (
        is_any(source) or only_presence_of_identity(source) is not None or _only_excludes(source) is not None
    )


@rule(severity=Severity.WARNING, security=6.5)
def wildcard_ip_block(mesh: Mesh) -> Iterator[Violation]:
    """An IP block covers the whole internet, or most of it."""
    for policy in mesh.authorization_policies:
        if policy.action not in ("ALLOW", "DENY") or policy.dry_run:
            continue
        for entry, source, value in policy.values("ipBlocks", "remoteIpBlocks"):
            excepts = any(name.startswith("not") for name, _ in fields(source))
            if excepts or (policy.action == "ALLOW" and matches_all(entry)):
                continue
            if _is_wide(value.text):
                verb = "allows" if policy.action == "ALLOW" else "denies"
                yield Violation(f"'{value.text}' {verb} nearly every address there is", at=value)


def _is_wide(block: str) -> bool:
    if "/" not in block:
        return False
    try:
        network = ipaddress.ip_network(block, strict=False)
    except ValueError:
        return False
    return network.prefixlen <= (4 if network.version == 4 else 16)
