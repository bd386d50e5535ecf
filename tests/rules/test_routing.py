"""What the pages of the routing rules do not show: edge cases, limits, and cost."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meshlint.api import lint
from meshlint.config import Layer, fold
from meshlint.finding import Finding
from meshlint.rules import BUILTIN

RULES = tuple(rule for rule in BUILTIN if rule.family == "routing")


def virtual_service(name: str, *, namespace: str = "shop", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"hosts": [name], **spec},
    }


def to(host: str, **more: Any) -> dict[str, Any]:
    return {"destination": {"host": host, **more}}


def findings(directory: Path, objects: Iterable[dict[str, Any]], **settings: Any) -> list[Finding]:
    """What the routing rules say of some objects, their pedantic sub-cases left out."""
    path = directory / "objects.json"
    path.write_text(
        json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}), encoding="utf-8"
    )
    report = lint([str(path)], fold(Layer(settings)), rules=RULES)
    assert not report.crashes, report.crashes
    return list(report.findings)


def words(directory: Path, objects: Iterable[dict[str, Any]], **settings: Any) -> list[str]:
    return [f"{found.rule}: {found.message}" for found in findings(directory, objects, **settings)]


def test_a_wildcard_beside_a_specific_host_is_only_an_opinion(tmp_path: Path) -> None:
    objects = [
        virtual_service("all", hosts=["*.example.com"]),
        virtual_service("one", hosts=["a.example.com"]),
    ]
    assert not findings(tmp_path, objects)
    assert len(findings(tmp_path, objects, pedantic=True)) == 1


def test_hosts_conflict_whatever_their_case(tmp_path: Path) -> None:
    objects = [
        virtual_service("a", hosts=["Bank.example.com"]),
        virtual_service("b", hosts=["bank.example.com"]),
    ]
    assert len(findings(tmp_path, objects)) == 2


def test_a_short_form_conflicts_with_the_full_name(tmp_path: Path) -> None:
    objects = [virtual_service("reviews"), virtual_service("other", hosts=["reviews.shop"])]
    assert len(findings(tmp_path, objects)) == 2


def test_a_version_that_does_not_exist_is_no_slip_of_the_pen(tmp_path: Path) -> None:
    rule = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": {"name": "reviews", "namespace": "shop"},
        "spec": {"host": "reviews", "subsets": [{"name": "v1"}, {"name": "v2"}]},
    }
    objects = [rule, virtual_service("reviews", http=[{"route": [to("reviews", subset="v4")]}])]
    (found,) = findings(tmp_path, objects)
    assert found.rule == "route-to-unknown-subset"
    assert found.fix is None
    assert "did you mean" not in found.message


def test_a_delegate_is_judged_by_any_rule_for_the_host(tmp_path: Path) -> None:
    rule = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": {"name": "reviews", "namespace": "edge"},
        "spec": {"host": "reviews.shop.svc.cluster.local", "subsets": [{"name": "v1"}]},
    }
    route = {"route": [to("reviews", subset="v1")]}
    assert not findings(
        tmp_path,
        [rule, virtual_service("part", hosts=[], http=[route])],
        world="closed",
        ignore=["route-to-unknown-host"],
    )


def test_a_match_for_a_gateway_that_is_listed_and_missing_is_told_once(tmp_path: Path) -> None:
    http = [{"match": [{"gateways": ["edge"]}, {"gateways": ["edge"], "port": 80}], "redirect": {"uri": "/"}}]
    told = words(tmp_path, [virtual_service("a", gateways=["edge"], http=http)], world="closed")
    assert told == ["unknown-gateway: namespace 'shop' has no gateway 'edge'"]


def test_a_rule_is_dead_only_if_all_of_its_matches_are(tmp_path: Path) -> None:
    first = {"match": [{"uri": {"prefix": "/a"}}], "redirect": {"uri": "/"}}
    alive = {"match": [{"uri": {"prefix": "/a/b"}}, {"uri": {"prefix": "/c"}}], "redirect": {"uri": "/"}}
    dead = {"match": [{"uri": {"prefix": "/c/d"}}, {"uri": {"exact": "/a"}}], "redirect": {"uri": "/"}}
    (told,) = words(tmp_path, [virtual_service("a", http=[first, alive, dead])])
    assert told == (
        "unreachable-route: rule http[2] is never reached, because http[1] and http[0] before it"
        " take every request that it matches"
    )


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([1, 1, 1], [34, 33, 33]),
        ([2, 1], [67, 33]),
        ([60, 30, 20], [55, 27, 18]),
        ([1, 0], [100, 0]),
        ([7] * 3, [34, 33, 33]),
    ],
)
def test_scaled_weights_add_up_to_100(tmp_path: Path, weights: list[int], expected: list[int]) -> None:
    route = [{**to("reviews", subset=f"s{i}"), "weight": weight} for i, weight in enumerate(weights)]
    (found,) = findings(tmp_path, [virtual_service("reviews", http=[{"route": route}])])
    assert found.fix is not None
    assert found.fix.title == f"scale the weights to {', '.join(map(str, expected))}"
    assert not found.fix.safe
    assert sum(expected) == 100


@pytest.mark.parametrize(("version", "severity"), [("1.14", "error"), ("1.15", "warning")])
def test_weights_were_rejected_before_1_15(tmp_path: Path, version: str, severity: str) -> None:
    route = [{**to("reviews", subset="a"), "weight": 60}, {**to("reviews", subset="b"), "weight": 30}]
    (found,) = findings(
        tmp_path, [virtual_service("reviews", http=[{"route": route}])], istio_version=version
    )
    assert found.severity.value == severity


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 300) | st.sampled_from(["", "*", "a", "mesh", "a.b", "${X}"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from([
            "hosts", "gateways", "http", "tcp", "tls", "match", "route", "destination", "host", "subset", "port",
            "number", "weight", "uri", "exact", "headers", "exportTo", "mirror", "mirrors", "sniHosts", "delegate",
            "servers", "subsets", "name",
        ]),
        inner,
        max_size=4,
    ),
    max_leaves=25,
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(["VirtualService", "Gateway", "DestinationRule"]), JSON), max_size=4)
)
def test_no_shape_makes_a_rule_raise(tmp_path: Path, specs: list[tuple[str, Any]]) -> None:
    objects = [
        {
            "apiVersion": "networking.istio.io/v1",
            "kind": kind,
            "metadata": {"name": f"n{i}", "namespace": "shop"},
            "spec": spec,
        }
        for i, (kind, spec) in enumerate(specs)
    ]
    findings(tmp_path, objects, world="closed", pedantic=True)


def one_host(count: int) -> list[dict[str, Any]]:
    return [
        virtual_service(f"v{i}", hosts=["a.example.com"], http=[{"route": [to("b")]}]) for i in range(count)
    ]


def one_gateway(count: int) -> list[dict[str, Any]]:
    hosts = [f"h{i}.example.com" for i in range(count)]
    gateway = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "edge", "namespace": "shop"},
        "spec": {"servers": [{"hosts": hosts, "port": {"number": 80, "name": "http", "protocol": "HTTP"}}]},
    }
    return [
        gateway,
        *(virtual_service(f"v{i}", hosts=[host], gateways=["edge"]) for i, host in enumerate(hosts)),
    ]


def one_service(count: int) -> list[dict[str, Any]]:
    http = [{"match": [{"uri": {"prefix": f"/{i}/"}}], "route": [to("b")]} for i in range(count)]
    return [virtual_service("v", http=http)]


@pytest.mark.parametrize("make", [one_host, one_gateway, one_service])
def test_cost_grows_with_the_input_and_not_with_its_square(tmp_path: Path, make: Any) -> None:
    def seconds(count: int) -> float:
        objects = make(count)
        best = float("inf")
        for _ in range(2):
            start = perf_counter()
            findings(tmp_path, objects)
            best = min(best, perf_counter() - start)
        return best

    assert seconds(1600) < 10 * seconds(400)
