"""The mTLS mode that a workload's proxy demands of those who call it
(pilot/pkg/security/authn/policy_applier.go ComposePeerAuthentication)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from itertools import product
from typing import NamedTuple

from meshlint.mesh import Mesh, Mode
from meshlint.model.kubernetes import Workload
from meshlint.model.security import PeerAuthentication
from meshlint.source.document import Node


class MtlsMode(Enum):
    """What a server's proxy accepts; UNKNOWN where the age of objects decides, which files do not tell."""

    DISABLE = "DISABLE"
    PERMISSIVE = "PERMISSIVE"
    STRICT = "STRICT"
    UNKNOWN = "UNKNOWN"


class ServerMtls(NamedTuple):
    """The mode of one port. `policy` and `at` are the object and the value that set it, None for the
    default; `level` is mesh, namespace, workload or port."""

    mode: MtlsMode
    policy: PeerAuthentication | None = None
    at: Node | None = None
    level: str = "default"


class _Levels(NamedTuple):
    """The policies without selector by namespace, and those with one."""

    by_namespace: Mapping[str, Sequence[PeerAuthentication]]
    selecting: Mapping[str, Sequence[PeerAuthentication]]


def _levels(mesh: Mesh) -> _Levels:
    def compute() -> _Levels:
        wide: dict[str, list[PeerAuthentication]] = defaultdict(list)
        narrow: dict[str, list[PeerAuthentication]] = defaultdict(list)
        for policy in mesh.peer_authentications:
            (narrow if policy.has_selector else wide)[policy.resource.ns].append(policy)
        return _Levels(wide, narrow)

    return mesh.memo(("peer authentications by level",), compute)


def server_mtls(mesh: Mesh, workload: Workload, port: int | None = None) -> ServerMtls:
    """The mode that a workload demands on a workload port (None: on ports without a setting of their own).

    It is asked of the policies alone: a workload without a proxy enforces nothing.
    """
    return _agreed(list(_workload_outcomes(mesh, workload, port)))


def possible_modes(mesh: Mesh, workload: Workload, port: int | None) -> frozenset[MtlsMode]:
    """Every mode that a port may have, whichever of several policies is the oldest."""
    return frozenset(outcome.mode for outcome in _workload_outcomes(mesh, workload, port))


def _workload_outcomes(mesh: Mesh, workload: Workload, port: int | None) -> Iterator[ServerMtls]:
    levels = _levels(mesh)
    namespace = workload.resource.ns
    selecting = () if namespace == mesh.root_namespace else levels.selecting.get(namespace, ())
    narrow = tuple(
        policy for policy in selecting if policy.selector and policy.selector.matches(workload.labels)
    )
    return _outcomes(mesh, namespace, narrow, port)


def namespace_mtls(mesh: Mesh, namespace: str) -> ServerMtls:
    """The mode of a namespace for workloads that no policy selects."""
    return _agreed(list(_outcomes(mesh, namespace, (), None)))


def _agreed(found: Sequence[ServerMtls]) -> ServerMtls:
    """The one outcome, whichever of several policies of a level is the oldest; else UNKNOWN."""
    if len({outcome.mode for outcome in found}) > 1:
        return found[0]._replace(mode=MtlsMode.UNKNOWN)
    return found[0]


def _outcomes(
    mesh: Mesh, namespace: str, narrow: Sequence[PeerAuthentication], port: int | None
) -> Iterator[ServerMtls]:
    wide = _levels(mesh).by_namespace
    root = wide.get(mesh.root_namespace, ())
    own = () if namespace == mesh.root_namespace else wide.get(namespace, ())
    for choice in product(root or (None,), own or (None,), narrow or (None,)):
        yield _compose(choice, port)


def _compose(choice: tuple[PeerAuthentication | None, ...], port: int | None) -> ServerMtls:
    result = ServerMtls(MtlsMode.PERMISSIVE)
    for policy, level in zip(choice, ("mesh", "namespace", "workload"), strict=True):
        mode = _mode(policy.mode) if policy is not None else None
        if policy is not None and mode is not None:
            result = ServerMtls(mode, policy, policy.mode, level)
    narrow = choice[2]
    if narrow is not None and port in narrow.ports:
        mode = _mode(narrow.ports[port])
        if mode is not None:
            return ServerMtls(mode, narrow, narrow.ports[port], "port")
    return result


def _mode(node: Node) -> MtlsMode | None:
    """A mode that says something; UNSET, absence and nonsense inherit."""
    return MtlsMode.__members__.get(node.text) if node.text != "UNKNOWN" else None


def enforces(mesh: Mesh, workload: Workload) -> bool:
    """Whether the workload is known to have something that enforces PeerAuthentications."""
    return mesh.mode(workload) in (Mode.SIDECAR, Mode.AMBIENT, Mode.GATEWAY)
