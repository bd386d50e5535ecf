"""STRICT on workloads that have no proxy to enforce it."""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.mesh import Mesh, Mode
from meshlint.model.kubernetes import Workload
from meshlint.model.security import PeerAuthentication
from meshlint.rule import Note, Severity, Violation, rule
from meshlint.source.document import Node
from meshlint.traffic.mtls import MtlsMode, server_mtls

_SYSTEM = frozenset({"kube-system", "kube-public", "kube-node-lease", "local-path-storage"})
_RUN_ONCE = frozenset({"Job", "CronJob"})
_SHOWN = 5


@rule(severity=Severity.ERROR, security=7.5, needs=["workloads", "Namespace"])
def strict_mtls_without_sidecar(mesh: Mesh) -> Iterator[Violation]:
    """STRICT mTLS covers a workload that has no proxy, so nothing enforces it there."""
    for policy, at, namespace, workloads in _unenforced(mesh):
        outside = policy.resource.ns != namespace and not _speaks_of_istio(mesh, namespace)
        names = ", ".join(f"'{workload.resource.name}'" for workload in workloads[:_SHOWN])
        more = f" and {len(workloads) - _SHOWN} more" if len(workloads) > _SHOWN else ""
        yield Violation(
            f"STRICT is not enforced on {names}{more} in namespace '{namespace}': no proxy runs there, "
            f"and plaintext is accepted",
            at=at,
            notes=tuple(_why(mesh, workload) for workload in workloads[:_SHOWN]),
            pedantic=outside,
        )


def _unenforced(mesh: Mesh) -> Iterator[tuple[PeerAuthentication, Node, str, list[Workload]]]:
    """The workloads without a proxy under STRICT, by the policy and value that set it and by namespace."""
    found: dict[tuple[int, str], tuple[PeerAuthentication, Node, str, list[Workload]]] = {}
    for workload in mesh.workloads:
        if mesh.mode(workload) is not Mode.NONE or _is_outside(mesh, workload):
            continue
        server = server_mtls(mesh, workload)
        if server.mode is MtlsMode.STRICT and server.policy is not None and server.at is not None:
            namespace = workload.resource.ns
            key = (id(server.policy.resource), namespace)
            found.setdefault(key, (server.policy, server.at, namespace, []))[3].append(workload)
    yield from found.values()


def _is_outside(mesh: Mesh, workload: Workload) -> bool:
    """Workloads that nobody expects in the mesh: the cluster's own, the control plane, finished jobs."""
    namespace = workload.resource.ns
    return (
        namespace in _SYSTEM
        or namespace == mesh.root_namespace
        or workload.resource.kind in _RUN_ONCE
        or mesh.is_unmeshed_on_purpose(workload)
        or mesh.is_patched(workload.resource)
    )


def _speaks_of_istio(mesh: Mesh, namespace: str) -> bool:
    """Whether a namespace has anything to do with the mesh."""

    def compute() -> frozenset[str]:
        spaces = {r.ns for r in mesh.resources if r.group.endswith(".istio.io")}
        labelled = {n for n, r in mesh.namespaces.items() if any("istio" in key for key in r.labels)}
        return frozenset(spaces | labelled)

    return namespace in mesh.memo(("namespaces that speak of istio",), compute)


def _why(mesh: Mesh, workload: Workload) -> Note:
    enrolment = mesh.enrolment(workload)
    return Note(f"'{workload.resource.name}' has no proxy: {enrolment.reason}", enrolment.at)
