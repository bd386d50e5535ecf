"""How much a part of an AuthorizationPolicy rule lets through.

A value matches anything when it is only a wildcard; ports and methods that are listed one by one do not
count as all of them. A leading or trailing star makes a suffix or prefix of the rest, so `**` and `/**`
are no wildcards: they match what ends in, or begins with, a star (pilot/pkg/security/authz/matcher/string.go).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from meshlint.mesh import Mesh
from meshlint.mesh.workloads import GATEWAY_NAME
from meshlint.model.gateway_api import KubernetesGateway
from meshlint.model.names import GatewayRef
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
_ANYWHERE = "*"
IDENTITY_FIELDS = ("principals", "namespaces", "serviceAccounts", "trustDomains", "requestPrincipals")
HEALTH_PATHS = (
    "/health*", "/ready*", "/live*", "/metrics", "/metrics/*", "/.well-known/*", "/ping", "/status"
)  # fmt: skip
SOURCE_CONDITIONS = ("source.", "request.auth.", "remote.ip", "experimental.envoy")


def enforced_allow_policies(mesh: Mesh) -> Iterator[AuthorizationPolicy]:
    """The ALLOW policies that are more than logged."""
    return (p for p in mesh.authorization_policies if p.action == "ALLOW" and not p.dry_run)


def fields(item: Node) -> Iterator[tuple[str, Node]]:
    """The fields of a source or operation that say something."""
    return ((name, values) for name, values in item.entries() if values.sequence)


def is_any(item: Node) -> bool:
    """Whether a source or operation matches every request. One that says nothing is refused, so it does not."""
    found = list(fields(item))
    return bool(found) and all(
        not ANY_VALUES.get(name, frozenset()).isdisjoint(values.strings) for name, values in found
    )


def matches_all(rule: PolicyRule) -> bool:
    """Whether a rule matches every request."""
    return (
        type(rule.node.value) is dict
        and (not rule.sources or any(is_any(source) for source in rule.sources))
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


def asks_who(rule: PolicyRule) -> bool:
    """Whether a condition of a rule is about the caller."""
    return any(condition.get("key").text.startswith(SOURCE_CONDITIONS) for condition in rule.conditions)


def is_health(operation: Node, paths: Collection[str] = HEALTH_PATHS) -> bool:
    """Whether an operation is only about paths that are usually open to all, such as health checks."""
    prefixes = tuple(path.removesuffix("*") for path in paths if path.endswith("*"))
    called = operation.get("paths").strings
    return bool(called) and all(path in paths or path.startswith(prefixes) for path in called)


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
        return all(
            target.kind == "Gateway" and not _is_waypoint(mesh, GatewayRef(policy.resource.ns, target.name))
            for target in policy.targets
        )
    if policy.selector is None or not policy.selector.labels:
        return policy.resource.ns != mesh.root_namespace and _holds_gateways_only(mesh, policy.resource.ns)
    found = mesh.select(
        policy.selector, None if policy.resource.ns == mesh.root_namespace else policy.resource.ns
    )
    if isinstance(found, tuple) and found:
        return all(map(mesh.is_gateway, found))
    labels = policy.selector.labels
    return GATEWAY_NAME in labels or labels.get("istio") in ("ingressgateway", "egressgateway")


def _is_waypoint(mesh: Mesh, reference: GatewayRef) -> bool:
    found = mesh.gateway(reference)
    return isinstance(found, tuple) and any(isinstance(g, KubernetesGateway) and g.is_waypoint for g in found)


def _holds_gateways_only(mesh: Mesh, namespace: str) -> bool:
    def compute() -> bool:
        workloads = mesh.workloads_in(namespace)
        return bool(workloads) and all(map(mesh.is_gateway, workloads))

    return mesh.memo(("holds gateways only", namespace), compute)


def made_pointless(mesh: Mesh, policy: AuthorizationPolicy) -> Iterator[AuthorizationPolicy]:
    """The other ALLOW policies whose workloads an ALLOW policy that lets everything through covers."""

    def by_scope() -> dict[tuple[str, frozenset[str] | None], list[AuthorizationPolicy]]:
        found: dict[tuple[str, frozenset[str] | None], list[AuthorizationPolicy]] = defaultdict(list)
        for other in enforced_allow_policies(mesh):
            found[other.resource.ns, _scope(other)].append(other)
            if not other.targets:
                found[other.resource.ns, None].append(other)
                found[_ANYWHERE, None].append(other)
        return found

    scope = _scope(policy)
    namespace = policy.resource.ns
    key = (
        (namespace, scope) if scope else (_ANYWHERE if namespace == mesh.root_namespace else namespace, None)
    )
    others = mesh.memo(("ALLOW policies by scope",), by_scope).get(key, ())
    return (other for other in others if other.resource is not policy.resource)


def _scope(policy: AuthorizationPolicy) -> frozenset[str]:
    """What picks workloads inside the namespace of a policy; empty for all of them."""
    if policy.targets:
        return frozenset(f"{target.kind}/{target.name}" for target in policy.targets)
    labels = policy.selector.labels if policy.selector is not None else {}
    return frozenset(f"{key}={value}" for key, value in labels.items())


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
