"""Rules about which requests the rules of a VirtualService take from each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from meshlint.mesh import Mesh
from meshlint.model.names import GatewayRef
from meshlint.model.networking import Route, VirtualService
from meshlint.rule import Note, Severity, Violation, rule
from meshlint.rules.routing.conditions import (
    HttpMatch,
    Match,
    bound_gateways,
    covers,
    fold,
    is_universal,
    read_match,
)

_BUCKET = 200
"""How many earlier matches on one path are compared with a later one, to bound the work."""


@rule(severity=Severity.ERROR, like=["IST0130", "IST0133"])
def unreachable_route(mesh: Mesh) -> Iterator[Violation]:
    """A rule of a VirtualService can never match, because rules before it take all of its requests."""
    for service in mesh.virtual_services:
        for protocol in ("http", "tls", "tcp"):
            routes = [route for route in service.routes if route.protocol == protocol]
            if len(routes) > 1:
                yield from _unreachable(service, routes)


def _unreachable(service: VirtualService, routes: Sequence[Route]) -> Iterator[Violation]:
    bound = bound_gateways(service)
    earlier = _Earlier(bound)
    for index, route in enumerate(routes):
        namespace = service.resource.ns
        matches = [read_match(node, route.protocol, namespace, bound) for node in route.matches]
        takers = earlier.takers(matches, matchless=_is_matchless(route))
        if takers:
            yield _violation(routes, index, takers, all_requests=earlier.everything is not None)
        elif not route.delegate.exists:  # what no route of the delegate matches goes on to the next rule
            earlier.add(index, matches, matchless=_is_matchless(route))


def _is_matchless(route: Route) -> bool:
    match = route.node.get("match").value
    return (match is None or match == []) and route.protocol != "tls"


def _violation(
    routes: Sequence[Route], index: int, takers: Sequence[int], *, all_requests: bool
) -> Violation:
    names = " and ".join(_name(routes[taker], taker) for taker in takers[:3])
    extent = "every request" if all_requests else "every request that it matches"
    verb = "takes" if len(takers) == 1 else "take"
    return Violation(
        f"rule {_name(routes[index], index)} is never reached, because {names} before it {verb} {extent}",
        at=routes[index].node.head,
        notes=tuple(Note("this rule comes first", at=routes[taker].node.head) for taker in takers[:3]),
    )


def _name(route: Route, index: int) -> str:
    name = route.node.get("name").text
    return f"{route.protocol}[{index}]" + (f" '{name}'" if name else "")


class _Earlier:
    """The matches of the rules so far, by what they say of the path or the server names."""

    def __init__(self, bound: frozenset[GatewayRef]) -> None:
        self.everything: int | None = None
        self._bound = bound
        self._buckets: dict[object, list[tuple[int, Match]]] = defaultdict(list)
        self._prefix_lengths: set[int] = set()

    def add(self, index: int, matches: Iterable[Match | None], *, matchless: bool) -> None:
        """Remember the matches of a rule that takes the requests that it matches."""
        known = [match for match in matches if match is not None]
        if matchless or any(is_universal(match, self._bound) for match in known):
            self.everything = index
        for match in known:
            bucket = self._buckets[_key(match)]
            if len(bucket) < _BUCKET:
                bucket.append((index, match))
            if isinstance(match, HttpMatch) and match.uri is not None and match.uri.kind == "prefix":
                self._prefix_lengths.add(len(fold(match.uri.value)))

    def takers(self, matches: Sequence[Match | None], *, matchless: bool) -> tuple[int, ...]:
        """The rules that leave nothing to a rule with these matches; nothing when it may be reached."""
        if self.everything is not None:
            return (self.everything,)
        if matchless:
            return ()
        found = [None if match is None else self._taker(match) for match in matches]
        return (
            tuple(dict.fromkeys(taker for taker in found if taker is not None)) if None not in found else ()
        )

    def _taker(self, match: Match) -> int | None:
        for key in self._keys(match):
            for index, other in self._buckets.get(key, ()):
                if covers(other, match):
                    return index
        return None

    def _keys(self, match: Match) -> Iterator[object]:
        """The keys of all buckets that can hold a match covering this one."""
        yield _key(match)
        if not isinstance(match, HttpMatch):
            return
        yield from (None, ("prefix", b""), ("prefix", b"/"), ("regex", b".*"))
        if match.uri is not None and match.uri.kind in ("exact", "prefix"):
            value = fold(match.uri.value)
            yield from (("prefix", value[:length]) for length in self._prefix_lengths if length <= len(value))


def _key(match: Match) -> object:
    if not isinstance(match, HttpMatch):
        return match.names
    return None if match.uri is None else (match.uri.kind, fold(match.uri.value))
