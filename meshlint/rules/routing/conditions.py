"""The `match` entries of VirtualService rules, and when one of them implies another.

`covers(a, b)` says that every request of every proxy that `b` matches is matched by `a` too. It answers
True only where that is certain; regular expressions, for one, are compared as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from meshlint.model.names import MESH_GATEWAY, GatewayRef, gateway_ref
from meshlint.model.networking import VirtualService
from meshlint.model.resource import strings
from meshlint.source.document import Node

_STATIC = frozenset({"port", "gateways", "sourceLabels", "sourceNamespace"})
_IGNORED = frozenset({"name", "statPrefix"})
_HTTP = frozenset({
    "uri", "ignoreUriCase", "scheme", "method", "authority", "headers", "withoutHeaders", "queryParams",
})  # fmt: skip
_LAYER_4 = frozenset({"destinationSubnets", "sniHosts"})
_CLAIMS = "@request.auth.claims"
_ROOT = frozenset({GatewayRef("", "")})
"""Stands for the gateways of a delegate, which are those of whoever refers to it."""


class Pattern(NamedTuple):
    """A condition on one string. `kind` is exact, prefix, regex, or `present` for any value at all."""

    kind: str
    value: str = ""


Named = tuple[tuple[str, Pattern], ...]
"""Conditions by name. A name may occur twice, written in upper and in lower case."""


class Origin(NamedTuple):
    """Which proxies and ports an entry is for, decided when their configuration is generated.

    `listed` says that the entry names its gateways itself; otherwise they are those of the VirtualService.
    """

    port: int | None
    gateways: frozenset[GatewayRef]
    listed: bool
    labels: Mapping[str, str]
    namespace: str


class HttpMatch(NamedTuple):
    """An entry of `http[].match`. An absent condition is None or empty; `other` holds unknown fields."""

    origin: Origin
    uri: Pattern | None
    ignores_case: bool
    pseudo_headers: tuple[Pattern | None, ...]
    headers: Named
    without_headers: Named
    query: Named
    other: Mapping[str, object]


class Layer4Match(NamedTuple):
    """An entry of `tcp[].match` or `tls[].match`."""

    origin: Origin
    subnets: frozenset[str]
    names: frozenset[str]
    other: Mapping[str, object]


Match = HttpMatch | Layer4Match


def bound_gateways(service: VirtualService) -> frozenset[GatewayRef]:
    """The gateways whose proxies use a VirtualService."""
    if not service.hosts:
        return _ROOT
    namespace = service.resource.ns
    return frozenset(gateway_ref(node.text, namespace) for node in service.gateways) or frozenset(
        {MESH_GATEWAY}
    )


def read_match(node: Node, protocol: str, namespace: str, bound: frozenset[GatewayRef]) -> Match | None:
    """Read an entry of `match` of an http, tls or tcp rule; None when it is no mapping."""
    if type(node.value) is not dict:
        return None
    origin = _origin(node, namespace, bound)
    if protocol != "http":
        subnets, names = node.get("destinationSubnets").strings, node.get("sniHosts").strings
        return Layer4Match(origin, frozenset(subnets), frozenset(names), _others(node, _LAYER_4))
    return HttpMatch(
        origin,
        _optional(node.get("uri")),
        node.get("ignoreUriCase").value is True,
        tuple(_optional(node.get(key)) for key in ("scheme", "method", "authority")),
        _patterns(node.get("headers"), fold_names=True),
        _patterns(node.get("withoutHeaders"), fold_names=True),
        _patterns(node.get("queryParams"), fold_names=False),
        _others(node, _HTTP),
    )


def _origin(node: Node, namespace: str, bound: frozenset[GatewayRef]) -> Origin:
    listed = frozenset(gateway_ref(text, namespace) for text in node.get("gateways").strings)
    return Origin(
        node.get("port").number or None,
        listed or bound,
        bool(listed),
        strings(node.get("sourceLabels")),
        node.get("sourceNamespace").text,
    )


def _others(node: Node, known: frozenset[str]) -> Mapping[str, object]:
    return {key: item.value for key, item in node.entries() if key not in known | _STATIC | _IGNORED}


def _patterns(node: Node, *, fold_names: bool) -> Named:
    """Names of headers are compared without case, those of JWT claims and parameters with it."""
    return tuple(
        (key.lower() if fold_names and not key.lower().startswith(_CLAIMS) else key, _pattern(item))
        for key, item in node.entries()
    )


def _optional(node: Node) -> Pattern | None:
    return None if node.value is None else _pattern(node)


def _pattern(node: Node) -> Pattern:
    """`{}`, null and the regex `*` stand for presence (pilot/pkg/networking/core/route/route.go
    isCatchAllStringMatch); anything malformed equals only itself."""
    written = [(kind, value) for kind, value in node.mapping.items() if value is not None]
    if (not written and node.value in (None, {})) or written == [("regex", "*")]:
        return Pattern("present")
    if len(written) == 1:
        kind, value = written[0]
        if kind in ("exact", "prefix", "regex") and type(value) is str:
            return Pattern(kind, value)
    return Pattern("malformed", repr(node.value))


def covers(a: Match, b: Match) -> bool:
    """Whether `a` matches whatever `b` matches."""
    if isinstance(a, HttpMatch) and isinstance(b, HttpMatch):
        return _covers_http(a, b)
    if isinstance(a, Layer4Match) and isinstance(b, Layer4Match):
        return _covers_layer_4(a, b)
    return False


def is_universal(match: Match, bound: frozenset[GatewayRef]) -> bool:
    """Whether an entry matches every request that reaches its VirtualService."""
    anywhere = Origin(None, bound, listed=False, labels={}, namespace="")
    if isinstance(match, Layer4Match):
        return covers(match, Layer4Match(anywhere, frozenset(), frozenset(), {}))
    return covers(match, HttpMatch(anywhere, None, False, (None, None, None), (), (), (), {}))  # noqa: FBT003


def _covers_http(a: HttpMatch, b: HttpMatch) -> bool:
    return (
        _covers_origin(a.origin, b.origin)
        and _covers_uri(a, b)
        and all(_implied(x, y) for x, y in zip(a.pseudo_headers, b.pseudo_headers, strict=True))
        and _all_implied(a.headers, b.headers)
        and _all_implied(a.query, b.query)
        and all(
            any(name == other and _forbidden(pattern, given) for other, given in b.without_headers)
            for name, pattern in a.without_headers
        )
        and a.other == b.other
    )


def _covers_origin(a: Origin, b: Origin) -> bool:
    """An http entry that lists gateways is not limited by source labels and namespace any more
    (pilot/pkg/networking/core/route/route.go sourceMatchHTTP)."""
    if not _covers_listener(a, b):
        return False
    limited = not a.listed and (a.labels or a.namespace)
    return not limited or (not b.listed and _covers_source(a, b))


def _covers_listener(a: Origin, b: Origin) -> bool:
    return a.port in (None, b.port) and (not a.listed or b.gateways <= a.gateways)


def _covers_source(a: Origin, b: Origin) -> bool:
    return a.labels.items() <= b.labels.items() and a.namespace in ("", b.namespace)


def _covers_uri(a: HttpMatch, b: HttpMatch) -> bool:
    if a.uri is None or a.uri in (Pattern("prefix", "/"), Pattern("prefix"), Pattern("regex", ".*")):
        return True
    if b.uri is None:
        return False
    if not a.ignores_case and not b.ignores_case:
        return _implied(a.uri, b.uri)
    if "regex" in (a.uri.kind, b.uri.kind):
        return a.uri == b.uri
    if not a.ignores_case and fold(a.uri.value) != _bytes(a.uri.value).upper():
        return False
    return _fits(a.uri.kind, fold(a.uri.value), b.uri.kind, fold(b.uri.value))


def fold(text: str) -> bytes:
    """Lower case as Envoy understands it, of ASCII letters only."""
    return _bytes(text).lower()


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _implied(a: Pattern | None, b: Pattern | None) -> bool:
    """Whether whatever satisfies `b` satisfies `a`; None demands nothing, not even presence."""
    if a is None:
        return True
    if b is None:
        return False
    if a == b:
        return True
    if a.kind == "present" or a == Pattern("regex", ".*"):
        return b.kind != "malformed"
    return _fits(a.kind, _bytes(a.value), b.kind, _bytes(b.value))


def _all_implied(a: Named, b: Named) -> bool:
    return all(any(name == other and _implied(pattern, given) for other, given in b) for name, pattern in a)


def _fits(a_kind: str, a: bytes, b_kind: str, b: bytes) -> bool:
    if a_kind == "prefix":
        return b_kind in ("exact", "prefix") and b.startswith(a)
    return a_kind == "exact" and b_kind == "exact" and a == b


def _forbidden(a: Pattern, b: Pattern) -> bool:
    """Whether a header that is not `b` is not `a` either, absent headers being read as empty."""
    if b.kind == "present":
        return a == b or (a.kind in ("exact", "prefix") and a.value != "")
    return _implied(b, a)


def _covers_layer_4(a: Layer4Match, b: Layer4Match) -> bool:
    """Envoy picks the most specific server name and subnet whatever the order of rules, so that an
    earlier rule only wins where both are the same (pilot/pkg/networking/core/tls.go)."""
    return (
        _covers_listener(a.origin, b.origin)
        and _covers_source(a.origin, b.origin)
        and a.names == b.names
        and a.subnets in (frozenset(), b.subnets)
        and (not a.names or a.subnets == b.subnets)
        and a.other == b.other
    )
