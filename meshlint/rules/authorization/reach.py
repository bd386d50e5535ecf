"""Policies and the workloads that they reach."""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.mesh import MISSING, Mesh, Mode
from meshlint.model.kubernetes import Workload
from meshlint.model.resource import Resource, Selector
from meshlint.model.security import AuthorizationPolicy
from meshlint.rule import Confidence, Note, Severity, Tier, Violation, rule
from meshlint.source.document import Node


@rule(
    severity=Severity.WARNING,
    confidence=Confidence.MEDIUM,
    security=5.3,
    needs=["workloads@ns"],
    like=["IST0127", "KIA0004"],
)
def policy_selects_nothing(mesh: Mesh) -> Iterator[Violation]:
    """A policy selects no workload, so it protects nothing."""
    for policy in (*mesh.authorization_policies, *mesh.request_authentications, *mesh.peer_authentications):
        resource = policy.resource
        rooted = resource.ns == mesh.root_namespace
        if policy.selector is not None and policy.selector.labels and not mesh.is_patched(resource):
            if rooted and resource.kind == "PeerAuthentication":
                continue  # it is ignored whatever it selects
            yield from _selects(mesh, policy.selector, None if rooted else resource.ns)
        elif isinstance(policy, AuthorizationPolicy) and not policy.targets and not rooted:
            yield from _reaches_no_proxy(mesh, resource)


def _selects(mesh: Mesh, selector: Selector, namespace: str | None) -> Iterator[Violation]:
    found = mesh.select(selector, namespace)
    if found is MISSING:
        entry, notes = _closest(mesh, selector, namespace)
        place = f"namespace '{namespace}'" if namespace else "any namespace"
        yield Violation(
            f"no workload in {place} carries the labels that this policy selects", at=entry, notes=notes
        )


def _closest(mesh: Mesh, selector: Selector, namespace: str | None) -> tuple[Node, tuple[Note, ...]]:
    """The label that no workload carries, and a workload that the author may have meant."""
    workloads = mesh.workloads if namespace is None else mesh.workloads_in(namespace)
    entries = [node for _, node in selector.node.entries()]
    blamed = next(
        (
            n
            for n in entries
            if not any(w.labels.get(str(n.key)) == selector.labels[str(n.key)] for w in workloads)
        ),
        entries[0],
    )
    near = max(workloads, key=lambda w: _shared(w, selector), default=None)
    elsewhere = mesh.workload_index.select(selector, None)
    if elsewhere:
        return blamed, (
            Note(
                f"a workload of namespace '{elsewhere[0].resource.ns}' does", elsewhere[0].resource.name_node
            ),
        )
    if near is None or not _shared(near, selector):
        return blamed, ()
    return blamed, (Note(f"'{near.resource.name}' comes closest", near.labels_node.head),)


def _shared(workload: Workload, selector: Selector) -> int:
    return sum(workload.labels.get(key) == value for key, value in selector.labels.items()) + sum(
        key in workload.labels for key in selector.labels
    )


def _reaches_no_proxy(mesh: Mesh, resource: Resource) -> Iterator[Violation]:
    workloads = mesh.workloads_in(resource.ns)
    if workloads and all(mesh.mode(workload) is Mode.NONE for workload in workloads):
        yield Violation(
            f"namespace '{resource.ns}' has no workload with an injected sidecar or in ambient mode",
            at=resource.name_node,
            notes=(Note("for example this one", workloads[0].resource.name_node),),
        )


@rule(severity=Severity.INFO, tier=Tier.PEDANTIC, security=5.3, needs=["workloads"])
def missing_default_deny(mesh: Mesh) -> Iterator[Violation]:
    """A namespace with workloads in the mesh has no policy that denies by default."""
    denying = {policy.resource.ns for policy in mesh.authorization_policies if _denies_by_default(policy)}
    if mesh.root_namespace in denying or not (mesh.authorization_policies or mesh.settings.closed):
        return
    if not mesh.settings.closed and not mesh.world.owns_any("workloads"):
        return
    told: set[str] = set()
    for workload in mesh.workloads:
        namespace = workload.resource.ns
        if namespace in denying | told or mesh.is_gateway(workload) or not mesh.mode(workload).meshed:
            continue
        told.add(namespace)
        at = mesh.namespaces.get(namespace, workload.resource).name_node
        yield Violation(f"nothing denies by default what no policy of namespace '{namespace}' allows", at=at)


def _denies_by_default(policy: AuthorizationPolicy) -> bool:
    if policy.dry_run or policy.targets or (policy.selector is not None and policy.selector.labels):
        return False
    if policy.action == "ALLOW":
        return not policy.rules
    return policy.action == "DENY" and any(
        "*" in source.get("notPrincipals").strings for r in policy.rules for source in r.sources
    )
