"""What `covers` promises: a request that the covered match takes is one that the covering match takes too."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from meshlint.model.names import GatewayRef, gateway_ref
from meshlint.rules.routing.conditions import Match, covers, is_universal, read_match
from meshlint.source.document import SourceFile
from meshlint.source.yaml import parse

BOUND = frozenset({gateway_ref("mesh", "shop"), gateway_ref("edge", "shop")})


class Request(NamedTuple):
    """A request, and the proxy that asks: its gateway, port, labels and namespace."""

    path: str
    method: str
    authority: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    gateway: GatewayRef
    port: int
    labels: Mapping[str, str]
    namespace: str


def read(entry: dict[str, Any], protocol: str = "http") -> Match:
    """A match entry as the rules see it."""
    (document,) = parse(SourceFile("match.json", json.dumps(entry))).documents
    match = read_match(document.root, protocol, "shop", BOUND)
    assert match is not None
    return match


def accepts(entry: Mapping[str, Any], request: Request) -> bool:
    """Whether Istio and Envoy let a request pass an http match entry, read straight from the entry."""
    ignore_case = entry.get("ignoreUriCase", False)
    return (
        for_proxy(entry, request)
        and ("uri" not in entry or satisfies(entry["uri"], request.path, ignore_case=ignore_case))
        and ("method" not in entry or satisfies(entry["method"], request.method))
        and ("authority" not in entry or satisfies(entry["authority"], request.authority))
        and all(satisfies(c, request.headers.get(k.lower())) for k, c in entry.get("headers", {}).items())
        and all(satisfies(c, request.query.get(k)) for k, c in entry.get("queryParams", {}).items())
        and not any(
            forbids(c, request.headers.get(k.lower())) for k, c in entry.get("withoutHeaders", {}).items()
        )
    )


def for_proxy(entry: Mapping[str, Any], request: Request) -> bool:
    if entry.get("port", request.port) != request.port:
        return False
    if entry.get("gateways"):
        return request.gateway in {gateway_ref(name, "shop") for name in entry["gateways"]}
    labels = entry.get("sourceLabels", {}).items()
    return labels <= request.labels.items() and entry.get("sourceNamespace") in (None, request.namespace)


def satisfies(condition: Mapping[str, str], value: str | None, *, ignore_case: bool = False) -> bool:
    if value is None:
        return False
    if condition in ({}, {"regex": "*"}):
        return True
    ((kind, wanted),) = condition.items()
    if kind == "regex":
        return re.fullmatch(wanted, value) is not None
    if ignore_case:
        wanted, value = wanted.lower(), value.lower()
    return value == wanted if kind == "exact" else value.startswith(wanted)


def forbids(condition: Mapping[str, str], value: str | None) -> bool:
    return value is not None if condition == {} else satisfies(condition, value or "")


PATHS = ["/", "/a", "/A", "/a/b", "/ab", "/a/B/c"]
VALUES = ["a", "A", "ab", "b"]
NAMES = ["x", "X", "y"]


def conditions(values: list[str], *, empty: bool) -> st.SearchStrategy[dict[str, str]]:
    """A StringMatch over few values, so that conditions often imply each other."""
    value = st.sampled_from(values)
    kinds = [st.builds(lambda kind, v: {kind: v}, st.sampled_from(["exact", "prefix", "regex"]), value)]
    kinds.append(st.sampled_from([{"regex": ".*"}, {"regex": "a.*"}]))
    return st.one_of(*kinds, st.just({})) if empty else st.one_of(*kinds)


FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "path": {
        "uri": st.one_of(conditions(PATHS, empty=False), st.just({"prefix": ""})),
        "ignoreUriCase": st.booleans(),
        "method": conditions(["GET", "G", "POST"], empty=False),
    },
    "headers": {
        "headers": st.dictionaries(st.sampled_from(NAMES), conditions(VALUES, empty=True), max_size=2),
        "withoutHeaders": st.dictionaries(st.sampled_from(NAMES), conditions(VALUES, empty=True), max_size=2),
    },
    "query": {
        "queryParams": st.dictionaries(
            st.sampled_from(["q", "Q"]), conditions(VALUES, empty=True), max_size=2
        ),
        "authority": conditions(VALUES, empty=False),
    },
    "origin": {
        "port": st.sampled_from([80, 81]),
        "gateways": st.lists(st.sampled_from(["mesh", "edge", "./edge"]), unique=True, max_size=2),
        "sourceLabels": st.dictionaries(st.sampled_from(["app"]), st.sampled_from(VALUES)),
        "sourceNamespace": st.sampled_from(["a", "b"]),
    },
}
ENTRIES = st.fixed_dictionaries(
    {}, optional={key: field for group in FIELDS.values() for key, field in group.items()}
)


@st.composite
def requests_for(draw: st.DrawFn, entry: Mapping[str, Any]) -> Request:
    """A request that an entry accepts, where the values at hand allow it."""

    def one(values: list[Any], key: str, fits: Callable[[Any, Any], bool]) -> Any:
        good = [value for value in values if fits(entry[key], value)] if key in entry else values
        return draw(st.sampled_from(good or values))

    def path_fits(condition: Mapping[str, str], path: str) -> bool:
        return satisfies(condition, path, ignore_case=entry.get("ignoreUriCase", False))

    def carried(key: str, names: list[str], other: str = "") -> dict[str, str]:
        wanted = {fold(name, key): condition for name, condition in entry.get(key, {}).items()}
        unwanted = {fold(name, other): condition for name, condition in entry.get(other, {}).items()}
        found: dict[str, str] = {}
        for name in names:
            good = [v for v in ("", *VALUES, None) if name not in wanted or satisfies(wanted[name], v)]
            good = [v for v in good if name not in unwanted or not forbids(unwanted[name], v)]
            value = draw(st.sampled_from(good or [None]))
            found |= {} if value is None else {name: value}
        return found

    gateways = [gateway_ref(name, "shop") for name in entry.get("gateways", [])]
    return Request(
        one(PATHS, "uri", path_fits),
        one(["GET", "POST"], "method", satisfies),
        one(VALUES, "authority", satisfies),
        carried("headers", ["x", "y"], "withoutHeaders"),
        carried("queryParams", ["q", "Q"]),
        draw(st.sampled_from(gateways or sorted(BOUND))),
        one([80, 81], "port", operator.eq),
        one(
            [{}, {"app": "a"}, {"app": "b"}],
            "sourceLabels",
            lambda a, b: bool(gateways) or a.items() <= b.items(),
        ),
        one(["a", "b"], "sourceNamespace", lambda a, b: bool(gateways) or a == b),
    )


def fold(name: str, key: str) -> str:
    return name if key == "queryParams" else name.lower()


@pytest.mark.parametrize("group", FIELDS)
@settings(max_examples=300, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.data())
def test_what_is_covered_is_implied(group: str, data: st.DataObject) -> None:
    entries = st.fixed_dictionaries({}, optional=FIELDS[group])
    wide = data.draw(entries)
    narrow = {**wide, **data.draw(entries)}
    assume(covers(read(wide), read(narrow)))
    request = data.draw(requests_for(narrow))
    assume(accepts(narrow, request))
    assert accepts(wide, request)


@given(st.data())
def test_covering_in_all_respects_at_once(data: st.DataObject) -> None:
    wide, added = data.draw(ENTRIES), data.draw(ENTRIES)
    narrow = {**added, **wide}
    assume(covers(read(wide), read(narrow)))
    request = data.draw(requests_for(narrow))
    assume(accepts(narrow, request))
    assert accepts(wide, request)


@given(ENTRIES, st.data())
def test_a_universal_match_accepts_everything(entry: dict[str, Any], data: st.DataObject) -> None:
    assume(is_universal(read(entry), BOUND))
    assert accepts(entry, data.draw(requests_for({})))


@given(ENTRIES)
def test_a_match_covers_itself_whatever_its_name(entry: dict[str, Any]) -> None:
    assert covers(read(entry), read({**entry, "name": "other"}))


@given(ENTRIES, ENTRIES, ENTRIES)
def test_covering_is_transitive(a: dict[str, Any], b: dict[str, Any], c: dict[str, Any]) -> None:
    first, second, third = read(a), read({**a, **b}), read({**a, **b, **c})
    assume(covers(first, second) and covers(second, third))
    assert covers(first, third)


COVERED = [
    ({}, {"uri": {"prefix": "/a"}}),
    ({"uri": {"prefix": "/"}}, {}),
    ({"uri": {"regex": ".*"}}, {"method": {"exact": "GET"}}),
    ({"uri": {"prefix": "/a"}}, {"uri": {"exact": "/ab"}}),
    ({"uri": {"prefix": "/API"}, "ignoreUriCase": True}, {"uri": {"exact": "/api/x"}}),
    ({"uri": {"prefix": "/1"}}, {"uri": {"prefix": "/12"}, "ignoreUriCase": True}),
    ({"headers": {"X-Beta": {}}}, {"headers": {"x-beta": {"exact": "yes"}}}),
    ({"withoutHeaders": {"x": {"exact": "a"}}}, {"withoutHeaders": {"X": {}}}),
    ({"withoutHeaders": {"x": {"exact": "ab"}}}, {"withoutHeaders": {"x": {"prefix": "a"}}}),
    ({"sourceLabels": {"app": "a"}}, {"sourceLabels": {"app": "a", "version": "v1"}}),
    ({"gateways": ["edge", "mesh"]}, {"uri": {"prefix": "/a"}}),
    ({"gateways": ["shop/edge"], "sourceLabels": {"app": "a"}}, {"gateways": ["./edge"]}),
    ({"statPrefix": "a"}, {"statPrefix": "b"}),
]

NOT_COVERED = [
    ({"uri": {"prefix": "/a"}}, {}),
    ({"uri": {"prefix": "/a"}}, {"uri": {"regex": "/a.*"}}),
    ({"uri": {"prefix": "/a"}}, {"uri": {"prefix": "/a"}, "ignoreUriCase": True}),
    ({"uri": {"exact": "/a"}}, {"uri": {"prefix": "/a"}}),
    (
        {"uri": {"prefix": "/"}, "method": {"exact": "GET"}},
        {"uri": {"prefix": "/x"}, "method": {"exact": "POST"}},
    ),
    ({"headers": {"x": {}}}, {"queryParams": {"x": {}}}),
    ({"queryParams": {"q": {}}}, {"queryParams": {"Q": {}}}),
    (
        {"headers": {"@request.auth.claims.Sub": {"exact": "a"}}},
        {"headers": {"@request.auth.claims.sub": {"exact": "a"}}},
    ),
    ({"withoutHeaders": {"x": {}}}, {"withoutHeaders": {"x": {"exact": "a"}}}),
    ({"withoutHeaders": {"x": {"regex": ".*"}}}, {"withoutHeaders": {"x": {}}}),
    ({"gateways": ["mesh"]}, {}),
    ({"port": 80}, {"port": 81}),
    ({"sourceNamespace": "a"}, {"sourceNamespace": "a", "gateways": ["mesh"]}),
    ({"futureCondition": {"exact": "a"}}, {}),
    ({}, {"futureCondition": {"exact": "a"}}),
    ({"uri": {"exact": "/a", "prefix": "/"}}, {"uri": {"exact": "/a"}}),
]


@pytest.mark.parametrize(("wide", "narrow"), COVERED)
def test_covered(wide: dict[str, Any], narrow: dict[str, Any]) -> None:
    assert covers(read(wide), read(narrow))


@pytest.mark.parametrize(("wide", "narrow"), NOT_COVERED)
def test_not_covered(wide: dict[str, Any], narrow: dict[str, Any]) -> None:
    assert not covers(read(wide), read(narrow))


@pytest.mark.parametrize(
    ("protocol", "wide", "narrow", "expected"),
    [
        ("tcp", {}, {"port": 80}, True),
        ("tcp", {"port": 80}, {"port": 80, "destinationSubnets": ["10.0.0.0/8"]}, True),
        ("tcp", {"destinationSubnets": ["10.0.0.0/8"]}, {"destinationSubnets": ["10.1.0.0/16"]}, False),
        ("tcp", {"sourceLabels": {"app": "a"}, "gateways": ["mesh"]}, {"gateways": ["mesh"]}, False),
        ("tls", {"sniHosts": ["a.com", "b.com"]}, {"sniHosts": ["b.com", "a.com"]}, True),
        ("tls", {"sniHosts": ["*.com"]}, {"sniHosts": ["a.com"]}, False),
        (
            "tls",
            {"sniHosts": ["a.com"]},
            {"sniHosts": ["a.com"], "destinationSubnets": ["10.0.0.0/8"]},
            False,
        ),
    ],
)
def test_layer_4(protocol: str, wide: dict[str, Any], narrow: dict[str, Any], *, expected: bool) -> None:
    assert covers(read(wide, protocol), read(narrow, protocol)) is expected


def test_an_entry_that_is_no_mapping_is_not_read() -> None:
    (document,) = parse(SourceFile("match.json", '{"match": [null]}')).documents
    (node,) = document.root.get("match").items()
    assert read_match(node, "http", "shop", BOUND) is None
