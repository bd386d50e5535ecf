"""Servers of several Gateways that claim the same host on the same port of the same pods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from itertools import combinations, count
from typing import NamedTuple

from meshlint.mesh import Absence, Mesh
from meshlint.model.names import is_wildcard, server_host
from meshlint.model.networking import Gateway
from meshlint.rule import Note, Severity, Violation, rule
from meshlint.source.document import Node

_EVERY_ADDRESS = ("", "0.0.0.0")  # noqa: S104 - compared with, not bound to
_ANY_NAMESPACE = "*"
_MOST_LABELS = 6


class Spots(NamedTuple):
    """Where the claims of a Gateway can meet others: the pods that serve it or, when no pod is known, what its
    selector has in common with others. Two Gateways meet where one asks for what the other offers."""

    offered: tuple[Hashable, ...]
    asked: tuple[Hashable, ...]


class Claim(NamedTuple):
    """One host of one server, in input order. `namespace` is the one whose routes may use it, `*` for any."""

    order: int
    gateway: Gateway
    node: Node
    namespace: str
    host: str
    port: int
    bind: str
    spots: Spots


class Claims:
    """The claims of all Gateways, found by what they claim and where."""

    def __init__(self, mesh: Mesh) -> None:
        self.all = tuple(_claims(mesh))
        self._index: dict[Hashable, list[Claim]] = defaultdict(list)
        for claim in self.all:
            for spot in claim.spots.offered:
                for namespace in (claim.namespace, None):
                    self._index[claim.port, claim.bind, claim.host, spot, namespace].append(claim)

    def meeting(self, claim: Claim, host: str, before: int | None = None) -> Iterator[Claim]:
        """The claims to `host` that stand beside `claim` on its listener, only earlier ones with `before`."""
        namespaces = (None,) if claim.namespace == _ANY_NAMESPACE else (claim.namespace, _ANY_NAMESPACE)
        for spot in claim.spots.asked:
            for namespace in namespaces:
                for other in self._index.get((claim.port, claim.bind, host, spot, namespace), ()):
                    if before is not None and other.order >= before:
                        break
                    if not _is_alternative(other, claim):
                        yield other


@rule(severity=Severity.ERROR, like=["IST0145", "KIA0301"])
def conflicting_gateways(mesh: Mesh) -> Iterator[Violation]:
    """Two Gateways serve the same host on the same port of the same pods."""
    claims = Claims(mesh)
    for claim in claims.all:
        equal = next(claims.meeting(claim, claim.host, before=claim.order), None)
        if equal is not None:
            yield _violation(claim, equal, "is also served", pedantic=equal.gateway is claim.gateway)
            continue
        wider = next((other for host in _covering(claim.host) for other in claims.meeting(claim, host)), None)
        if wider is not None:
            yield _violation(claim, wider, f"is also served, as part of {wider.host!r},", pedantic=True)


def _violation(claim: Claim, other: Claim, words: str, *, pedantic: bool) -> Violation:
    resource = other.gateway.resource
    by = "another entry of the same Gateway"
    if other.gateway is not claim.gateway:
        by = f"Gateway {resource.name!r} of namespace {resource.ns!r}"
    return Violation(
        f"host {claim.host!r} on port {claim.port} {words} by {by}",
        at=claim.node,
        notes=(Note("the other one is here", other.node),),
        pedantic=pedantic,
    )


def _is_alternative(one: Claim, other: Claim) -> bool:
    """Whether two claims belong to two versions of one Gateway, of which a mesh has only one."""
    return one.gateway is not other.gateway and one.gateway.resource.key == other.gateway.resource.key


def _covering(host: str) -> Iterator[str]:
    """The wildcards that a reader would take for a clash with a host. Narrower wildcards inside wider ones are
    a common way to give some names their own server."""
    if is_wildcard(host):
        yield from () if host == "*" else ("*",)
        return
    yield "*"
    _, dot, parent = host.partition(".")
    while dot:
        yield f"*.{parent}"
        _, dot, parent = parent.partition(".")


def _claims(mesh: Mesh) -> Iterator[Claim]:
    order = count()
    for gateway in mesh.gateways:
        spots = _spots(mesh, gateway)
        for server in gateway.servers:
            port = server.port.number
            if port is None:
                continue
            bind = "" if server.bind in _EVERY_ADDRESS else server.bind
            for node in server.hosts:
                namespace, host, _ = server_host(node.text, gateway.resource.ns)
                if host and not mesh.is_unresolved(node.text):
                    yield Claim(next(order), gateway, node, namespace, host.lower(), port, bind, spots)


def _spots(mesh: Mesh, gateway: Gateway) -> Spots:
    pods = mesh.gateway_workloads(gateway)
    if not isinstance(pods, Absence) and pods:
        known = tuple(id(pod.resource) for pod in pods)
        return Spots(known, known)
    labels = frozenset(gateway.selector.labels.items()) if gateway.selector else frozenset()
    parts = _subsets(labels)
    return Spots(
        offered=(("is", labels), *(("includes", part) for part in parts)),
        asked=(("includes", labels), *(("is", part) for part in parts)),
    )


def _subsets(labels: frozenset[tuple[str, str]]) -> Iterable[frozenset[tuple[str, str]]]:
    """Every selector that is part of this one; of a very long one only itself, to bound the work."""
    if len(labels) > _MOST_LABELS:
        return (labels,)
    return tuple(frozenset(part) for size in range(len(labels) + 1) for part in combinations(labels, size))
