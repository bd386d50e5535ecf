"""Rules about VirtualServices that claim the same host."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from meshlint.mesh import Mesh
from meshlint.model.names import Visibility, is_wildcard
from meshlint.model.networking import VirtualService
from meshlint.model.resource import Key
from meshlint.rule import Note, Severity, Violation, rule
from meshlint.rules.routing.short_forms import in_full
from meshlint.source.document import Node

_SHOWN = 8
"""How many of the others a finding names at most."""


class Claim(NamedTuple):
    """A host that a VirtualService claims for sidecars, and which namespaces see the VirtualService."""

    service: VirtualService
    node: Node
    host: str
    seen: Visibility


@rule(severity=Severity.ERROR, security=5.3, like=["IST0109", "KIA1106"])
def conflicting_virtual_services(mesh: Mesh) -> Iterator[Violation]:
    """Two VirtualServices claim the same host for the sidecars of a namespace, which use only one of them."""
    claims = list(_claims(mesh))
    claimants = _Claimants(claims)
    for claim in claims:
        rivals = claimants.rivals(claim, claim.host)
        if rivals:
            yield _conflict(claim, rivals)
        wider = claimants.wider(claim)
        if wider:
            yield _exception(claim, wider)


def _conflict(claim: Claim, rivals: Sequence[Claim]) -> Violation:
    first = rivals[0]
    return Violation(
        f"{first.service.resource} claims host '{claim.host}' too, and sidecars in {_audience(claim, first)}"
        " use only one of the two",
        at=claim.node,
        notes=tuple(Note(f"{rival.service.resource} claims it here", at=rival.node) for rival in rivals),
    )


def _exception(claim: Claim, wider: Sequence[Claim]) -> Violation:
    """Not a conflict, since the most specific host wins, but seldom what the author of the wildcard knows."""
    first = wider[0]
    return Violation(
        f"the rules of {first.service.resource} for '{first.host}' do not apply to host '{claim.host}',"
        " which is more specific",
        at=claim.node,
        notes=tuple(Note("the wider host", at=other.node) for other in wider),
        pedantic=True,
    )


def _claims(mesh: Mesh) -> Iterator[Claim]:
    """The hosts of each VirtualService that sidecars use, once each."""
    for service in mesh.virtual_services:
        seen = mesh.visibility_of(service.resource, service.export_to)
        if not service.on_mesh or not (seen.public or seen.namespaces):
            continue
        claimed: set[str] = set()
        for node in service.hosts:
            host = in_full(mesh, mesh.fqdn(node.text, service.resource.ns).lower())
            if host and host not in claimed and not mesh.is_unresolved(node.text):
                claimed.add(host)
                yield Claim(service, node, host, seen)


def _audience(claim: Claim, rival: Claim) -> str:
    """The namespaces that see both."""
    if claim.seen.public and rival.seen.public:
        return "every namespace"
    both = [
        name for name in sorted(claim.seen.namespaces | rival.seen.namespaces) if _sees(claim, rival, name)
    ]
    return f"namespace '{both[0]}'" if len(both) == 1 else f"namespaces {', '.join(map(repr, both))}"


def _sees(claim: Claim, rival: Claim, namespace: str) -> bool:
    return claim.seen.reaches(namespace) and rival.seen.reaches(namespace)


class _Claimants:
    """Claims by host and by who sees them; alternatives of one VirtualService count once."""

    def __init__(self, claims: Iterable[Claim]) -> None:
        self._everywhere: dict[str, dict[Key, Claim]] = defaultdict(dict)
        self._all: dict[str, dict[Key, Claim]] = defaultdict(dict)
        self._in_namespace: dict[tuple[str, str], dict[Key, Claim]] = defaultdict(dict)
        self._tail_lengths: set[int] = set()
        for claim in claims:
            key = claim.service.resource.key
            self._all[claim.host].setdefault(key, claim)
            if claim.seen.public:
                self._everywhere[claim.host].setdefault(key, claim)
            for namespace in claim.seen.namespaces:
                self._in_namespace[claim.host, namespace].setdefault(key, claim)
            if is_wildcard(claim.host):
                self._tail_lengths.add(len(claim.host) - 1)

    def rivals(self, claim: Claim, host: str) -> Sequence[Claim]:
        """Other VirtualServices that claim `host` and share an audience with a claim, up to the number shown."""
        return tuple(islice(self._rivals(claim, host), _SHOWN))

    def _rivals(self, claim: Claim, host: str) -> Iterator[Claim]:
        own = claim.service.resource.key
        if claim.seen.public:
            groups = iter((self._all.get(host, {}),))
        else:
            private = (self._in_namespace.get((host, name), {}) for name in sorted(claim.seen.namespaces))
            groups = chain((self._everywhere.get(host, {}),), private)
        told = {own}
        for group in groups:
            for key, other in group.items():
                if key not in told:
                    told.add(key)
                    yield other

    def wider(self, claim: Claim) -> Sequence[Claim]:
        """Other VirtualServices that claim a wildcard around the host of a claim, the narrowest first."""
        tail = claim.host[1:] if is_wildcard(claim.host) else claim.host
        lengths = sorted((length for length in self._tail_lengths if length <= len(tail)), reverse=True)
        wildcards = (f"*{tail[len(tail) - length :]}" for length in lengths)
        found = (
            other
            for wildcard in wildcards
            if wildcard != claim.host
            for other in self._rivals(claim, wildcard)
        )
        return tuple(islice(found, _SHOWN))
