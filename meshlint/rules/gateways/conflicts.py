"""Servers of several Gateways that claim the same host on the same port of the same pods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from typing import NamedTuple

from meshlint.mesh import Absence, Mesh
from meshlint.model.names import is_wildcard, server_host
from meshlint.model.networking import Gateway, Server
from meshlint.rule import Note, Severity, Violation, rule
from meshlint.source.document import Node

_EVERY_ADDRESS = ("", "0.0.0.0")  # noqa: S104 - compared with, not bound to
_ANY_NAMESPACE = "*"


class Claim(NamedTuple):
    """One host of one server. `namespace` is the one whose routes may use it, `*` for any; `spots` are where
    claims can meet: the pods that serve the Gateway, or the labels it selects when no pod is known."""

    gateway: Gateway
    node: Node
    namespace: str
    host: str
    port: int
    bind: str
    spots: tuple[Hashable, ...]


class Claims:
    """Claims by port, host, spot and namespace, in input order."""

    def __init__(self, mesh: Mesh) -> None:
        self.all = tuple(_claims(mesh))
        self._index: dict[Hashable, list[Claim]] = defaultdict(list)
        for claim in self.all:
            for spot in claim.spots:
                self._index[claim.port, claim.host, spot, claim.namespace].append(claim)
                self._index[claim.port, claim.host, spot, None].append(claim)

    def meeting(self, claim: Claim, host: str) -> Iterator[Claim]:
        """The claims to `host` that the proxy of `claim` has to serve beside it."""
        namespaces = (None,) if claim.namespace == _ANY_NAMESPACE else (claim.namespace, _ANY_NAMESPACE)
        for spot in claim.spots:
            for namespace in namespaces:
                for other in self._index.get((claim.port, host, spot, namespace), ()):
                    if other.bind == claim.bind and _on_the_same_pods(claim, other):
                        yield other


@rule(severity=Severity.ERROR, like=["IST0145", "KIA0301"])
def conflicting_gateways(mesh: Mesh) -> Iterator[Violation]:
    """Two Gateways serve the same host on the same port of the same pods."""
    claims = Claims(mesh)
    order = {id(claim): index for index, claim in enumerate(claims.all)}
    for claim in claims.all:
        earlier = (c for c in claims.meeting(claim, claim.host) if order[id(c)] < order[id(claim)])
        equal = next((c for c in earlier if not _is_alternative(c, claim)), None)
        if equal is not None:
            yield _violation(claim, equal, "is also served", pedantic=equal.gateway is claim.gateway)
            continue
        covering = (c for host in _covering(claim.host) for c in claims.meeting(claim, host))
        wider = next((c for c in covering if not _is_alternative(c, claim)), None)
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
    for gateway in mesh.gateways:
        spots = tuple(_spots(mesh, gateway))
        for server in gateway.servers:
            port = server.port.number
            if port is not None:
                yield from _claims_of(mesh, gateway, server, port, spots)


def _claims_of(
    mesh: Mesh, gateway: Gateway, server: Server, port: int, spots: tuple[Hashable, ...]
) -> Iterator[Claim]:
    bind = "" if server.bind in _EVERY_ADDRESS else server.bind
    for node in server.hosts:
        namespace, host, _ = server_host(node.text, gateway.resource.ns)
        if host and not mesh.is_unresolved(node.text):
            yield Claim(gateway, node, namespace, host.lower(), port, bind, spots)


def _spots(mesh: Mesh, gateway: Gateway) -> Iterator[Hashable]:
    pods = mesh.gateway_workloads(gateway)
    if not isinstance(pods, Absence) and pods:
        yield from (id(pod.resource) for pod in pods)
    elif gateway.selector is None or not gateway.selector.labels:
        yield "every gateway"
    else:
        yield from gateway.selector.labels.items()


def _on_the_same_pods(one: Claim, other: Claim) -> bool:
    """Whether two claims that share a spot share pods: a pod is one, a label only if one selector includes
    the other."""
    labels = one.gateway.selector, other.gateway.selector
    if isinstance(one.spots[0], int) or labels[0] is None or labels[1] is None:
        return True
    mine, theirs = labels[0].labels.items(), labels[1].labels.items()
    return mine <= theirs or theirs <= mine
