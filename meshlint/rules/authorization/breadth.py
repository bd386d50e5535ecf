"""How much a part of an AuthorizationPolicy rule lets through.

A value matches anything when it is only a wildcard; ports and methods that are listed one by one do not
count as all of them. A leading or trailing star makes a suffix or prefix of the rest, so `**` and `/**`
are no wildcards: they match what ends in, or begins with, a star (pilot/pkg/security/authz/matcher/string.go).
"""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.mesh import Mesh
from meshlint.model.security import AuthorizationPolicy, PolicyRule
from meshlint.source.document import Node

ANY_VALUES = {
    "paths": frozenset({"*", "/*", "/{**}"}),
    "methods": frozenset({"*"}),
    "hosts": frozenset({"*"}),
    "ports": frozenset({"*"}),
    "ipBlocks": frozenset({"0.0.0.0/0"}),
    "remoteIpBlocks": frozenset({"0.0.0.0/0"}),
}
IDENTITY_FIELDS = ("principals", "namespaces", "serviceAccounts", "trustDomains", "requestPrincipals")
SOURCE_CONDITIONS = ("source.", "request.auth.", "remote.ip", "experimental.envoy")


def fields(item: Node) -> Iterator[tuple[str, Node]]:
    """The fields of a source or operation that say something."""
    return ((name, values) for name, values in item.entries() if values.sequence)


def is_any(item: Node) -> bool:
    """Whether a source or operation matches every request: it says nothing, or only wildcards."""
    return all(
        not ANY_VALUES.get(name, frozenset()).isdisjoint(values.strings) for name, values in fields(item)
    )


def matches_all(rule: PolicyRule) -> bool:
    """Whether a rule matches every request."""
    return (
        (not rule.sources or any(is_any(source) for source in rule.sources))
        and (not rule.operations or any(is_any(operation) for operation in rule.operations))
        and all(map(_is_met_by_anyone, rule.conditions))
    )


def _is_met_by_anyone(condition: Node) -> bool:
    """Whether a condition asks only that something is there that any caller can bring; an identity or a
    token it cannot."""
    if condition.get("notValues").sequence or condition.get("key").text.startswith(
        (*SOURCE_CONDITIONS, "connection.sni")
    ):
        return False
    return "*" in condition.get("values").strings


def only_presence_of_identity(source: Node) -> Node | None:
    """The value of a source that asks for nothing but an identity, whosever; None when it asks for more."""
    found: Node | None = None
    for name, values in fields(source):
        if name not in IDENTITY_FIELDS:
            return None
        wildcard = next((v for v in values.items() if v.text == "*" or _whole_domain(name, v.text)), None)
        if wildcard is None:
            return None
        found = found or wildcard
    return found


def _whole_domain(field: str, value: str) -> bool:
    """`<trust domain>/*`: every workload of a mesh."""
    return field == "principals" and value.endswith("/*") and value.count("/") == 1


def reaches_gateways_only(mesh: Mesh, policy: AuthorizationPolicy) -> bool:
    """Whether every workload that the policy is known to reach is a gateway."""
    if policy.targets:
        return all(target.kind == "Gateway" for target in policy.targets)
    if policy.selector is None or not policy.selector.labels:
        return policy.resource.ns != mesh.root_namespace and _holds_gateways_only(mesh, policy.resource.ns)
    found = mesh.select(
        policy.selector, None if policy.resource.ns == mesh.root_namespace else policy.resource.ns
    )
    if isinstance(found, tuple):
        return all(map(mesh.is_gateway, found))
    return policy.selector.labels.get("istio") in ("ingressgateway", "egressgateway")


def _holds_gateways_only(mesh: Mesh, namespace: str) -> bool:
    def compute() -> bool:
        workloads = mesh.workloads_in(namespace)
        return bool(workloads) and all(map(mesh.is_gateway, workloads))

    return mesh.memo(("holds gateways only", namespace), compute)


def where(mesh: Mesh, policy: AuthorizationPolicy) -> str:
    """What a policy covers, in words."""
    if policy.targets:
        return "what it targets"
    if policy.selector is not None and policy.selector.labels:
        return "the workloads that it selects"
    return (
        "the whole mesh"
        if policy.resource.ns == mesh.root_namespace
        else f"all of namespace '{policy.resource.ns}'"
    )
