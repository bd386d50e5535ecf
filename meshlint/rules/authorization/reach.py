"""Policies and the workloads that they reach."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from meshlint.mesh import MISSING, Mesh, Mode, closest
from meshlint.model.kubernetes import Workload
from meshlint.model.resource import Resource, Selector
from meshlint.model.security import AuthorizationPolicy, PeerAuthentication, RequestAuthentication
from meshlint.rule import Confidence, Fix, Note, Severity, Tier, Violation, rule
from meshlint.rules.authorization.breadth import matches_all
from meshlint.rules.edits import did_you_mean, replace_scalar
from meshlint.source.document import Node
from meshlint.traffic.mtls import MtlsMode, server_mtls

_VERSION_KEYS = frozenset(
    {"version", "app.kubernetes.io/version", "track", "color", "service.istio.io/canonical-revision"}
)


@rule(
    severity=Severity.WARNING,
    confidence=Confidence.MEDIUM,
    security=5.3,
    needs=["workloads@ns"],
    like=["IST0127", "KIA0004"],
    fix="unsafe",
)
def policy_selects_nothing(mesh: Mesh) -> Iterator[Violation]:
    """A policy selects no workload, so it protects nothing."""
    policies: tuple[AuthorizationPolicy | RequestAuthentication | PeerAuthentication, ...] = (
        *mesh.authorization_policies,
        *mesh.request_authentications,
        *mesh.peer_authentications,
    )
    for policy in policies:
        resource = policy.resource
        rooted = resource.ns == mesh.root_namespace
        if policy.selector is not None and policy.selector.labels and not mesh.is_patched(resource):
            if rooted and resource.kind == "PeerAuthentication":
                continue  # it is ignored whatever it selects
            yield from _selects(mesh, policy.selector, None if rooted else resource.ns)
            if isinstance(policy, AuthorizationPolicy):
                yield from _selects_no_proxy(mesh, policy.selector, None if rooted else resource.ns)
        elif isinstance(policy, AuthorizationPolicy) and not policy.targets and not rooted:
            yield from _reaches_no_proxy(mesh, resource)


def _selects(mesh: Mesh, selector: Selector, namespace: str | None) -> Iterator[Violation]:
    if mesh.select(selector, namespace) is not MISSING:
        return
    carrying = {
        key: mesh.workload_index.select(Selector(selector.node, {key: value}), namespace)
        for key, value in selector.labels.items()
    }
    key = next((key for key, found in carrying.items() if not found), next(iter(carrying)))
    near, fix = _nearest_value(mesh, selector.node.get(key), namespace)
    place = f"namespace '{namespace}'" if namespace else "any namespace"
    yield Violation(
        f"no workload in {place} carries the labels that this policy selects{did_you_mean(near)}",
        at=selector.node.get(key),
        notes=tuple(_candidates(mesh, selector, min(filter(None, carrying.values()), key=len, default=()))),
        fix=fix,
        pedantic=_is_at_rest(mesh, selector, namespace),
    )


def _nearest_value(mesh: Mesh, entry: Node, namespace: str | None) -> tuple[str | None, Fix | None]:
    """The value of the label on some workload that the author may have meant."""
    key = str(entry.key)
    if key in _VERSION_KEYS or not entry.text:
        return None, None  # v1 is another version than v2, not another spelling
    near = closest(entry.text, _values(mesh, key, namespace))
    return near, replace_scalar(entry, near, f"write '{near}'") if near else None


def _values(mesh: Mesh, key: str, namespace: str | None) -> tuple[str, ...]:
    """What workloads carry under a label; no more than one can look through for every policy."""

    def compute() -> tuple[str, ...]:
        workloads = mesh.workloads if namespace is None else mesh.workloads_in(namespace)
        values = dict.fromkeys(workload.labels[key] for workload in workloads if key in workload.labels)
        return tuple(islice(values, 1000))

    return mesh.memo(("values of label", namespace, key), compute)


def _candidates(mesh: Mesh, selector: Selector, partly: tuple[Workload, ...]) -> Iterator[Note]:
    elsewhere = mesh.workload_index.select(selector, None)
    if elsewhere:
        found = elsewhere[0].resource
        yield Note(f"a workload of namespace '{found.ns}' does", found.name_node)
    elif partly:
        yield Note(f"'{partly[0].resource.name}' comes closest", partly[0].labels_node.head)


def _is_at_rest(mesh: Mesh, selector: Selector, namespace: str | None) -> bool:
    """Whether only the version is missing, as between two canary releases."""
    others = {key: value for key, value in selector.labels.items() if key not in _VERSION_KEYS}
    if not others or len(others) == len(selector.labels):
        return False
    return bool(mesh.workload_index.select(Selector(selector.node, others), namespace))


def _selects_no_proxy(mesh: Mesh, selector: Selector, namespace: str | None) -> Iterator[Violation]:
    found = mesh.workload_index.select(selector, namespace)
    if found and all(_is_out(mesh, workload) for workload in found):
        reason = mesh.enrolment(found[0])
        yield Violation(
            "no workload with an injected sidecar or in ambient mode carries the labels that this policy selects",
            at=selector.node.head,
            notes=(Note(f"'{found[0].resource.name}' has no proxy: {reason.reason}", reason.at),),
        )


def _is_out(mesh: Mesh, workload: Workload) -> bool:
    """Whether a workload is outside the mesh, and no STRICT policy that covers it makes that a finding already."""
    return mesh.mode(workload) is Mode.NONE and server_mtls(mesh, workload).mode is not MtlsMode.STRICT


def _reaches_no_proxy(mesh: Mesh, resource: Resource) -> Iterator[Violation]:
    if mesh.select(Selector(resource.spec, {}), resource.ns) is MISSING:
        yield Violation(f"namespace '{resource.ns}' has no workload", at=resource.name_node)

    def compute() -> tuple[Workload, ...]:
        workloads = mesh.workloads_in(resource.ns)
        return workloads[:1] if all(_is_out(mesh, workload) for workload in workloads) else ()

    for workload in mesh.memo(("workload of a namespace without proxies", resource.ns), compute):
        yield Violation(
            f"namespace '{resource.ns}' has no workload with an injected sidecar or in ambient mode",
            at=resource.name_node,
            notes=(Note("for example this one", workload.resource.name_node),),
        )


@rule(severity=Severity.INFO, tier=Tier.PEDANTIC, security=5.3, needs=["workloads"])
def missing_default_deny(mesh: Mesh) -> Iterator[Violation]:
    """A namespace with workloads in the mesh has no policy that denies by default."""
    settled = {policy.resource.ns for policy in mesh.authorization_policies if _denies_by_default(policy)}
    if mesh.root_namespace in settled:
        return
    guarded = {policy.resource.ns for policy in mesh.authorization_policies}
    for workload in mesh.workloads:
        namespace = workload.resource.ns
        if namespace in settled or mesh.is_gateway(workload) or not mesh.mode(workload).meshed:
            continue
        settled.add(namespace)
        if (mesh.settings.closed or namespace in guarded) and not mesh.world.is_tainted(namespace):
            at = mesh.namespaces.get(namespace, workload.resource).name_node
            message = f"nothing denies by default what no policy of namespace '{namespace}' allows"
            yield Violation(message, at=at)


def _denies_by_default(policy: AuthorizationPolicy) -> bool:
    """Whether a policy leaves nothing open in its namespace but what some policy allows: any ALLOW policy for
    all of it does, and so does a DENY of callers without identity."""
    if policy.dry_run or policy.targets or (policy.selector is not None and policy.selector.labels):
        return False
    if policy.action == "ALLOW":
        return not any(map(matches_all, policy.rules))
    return policy.action == "DENY" and any(
        "*" in source.get("notPrincipals").strings for r in policy.rules for source in r.sources
    )
