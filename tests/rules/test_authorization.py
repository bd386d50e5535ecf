"""Rules about who is let in: one defect is one finding, and what a policy reaches in a closed world."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshlint.api import lint
from meshlint.config import Layer, fold
from meshlint.finding import Finding
from meshlint.rule import rules_in
from meshlint.rules.authorization import overbroad, reach, split

RULES = (*rules_in(overbroad), *rules_in(reach), *rules_in(split))


def findings(tmp_path: Path, text: str, **values: object) -> tuple[Finding, ...]:
    (tmp_path / "mesh.yaml").write_text(text)
    report = lint([str(tmp_path)], fold(Layer(values)), rules=RULES)
    assert not report.crashes
    return report.active


def names(tmp_path: Path, text: str, **values: object) -> list[str]:
    return [finding.rule for finding in findings(tmp_path, text, **values)]


def policy(spec: str, name: str = "p", namespace: str = "prod") -> str:
    return f"""
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: {name}, namespace: {namespace}}}
spec: {spec}
---"""


def namespace(name: str, labels: str = "{istio-injection: enabled}") -> str:
    return f"\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}, labels: {labels}}}\n---"


def pod(name: str, labels: str = "{}", namespace: str = "prod") -> str:
    return f"\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace}, labels: {labels}}}\n---"


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ("{rules: [{}]}", "allow-all-policy"),
        ('{rules: [{from: [{source: {ipBlocks: ["0.0.0.0/0"]}}]}]}', "allow-all-policy"),
        ('{rules: [{from: [{source: {principals: ["*"]}}]}]}', "wildcard-principal"),
        (
            '{rules: [{from: [{source: {namespaces: ["*"]}}], to: [{operation: {ports: ["80"]}}]}]}',
            "wildcard-principal",
        ),
        ("{rules: [{from: [{source: {notNamespaces: [test]}}]}]}", "negative-only-allow"),
        ("{rules: [{to: [{operation: {notPaths: [/admin]}}]}]}", "negative-only-allow"),
        (
            "{rules: [{from: [{source: {namespaces: [a]}}]}, {to: [{operation: {methods: [GET]}}]}]}",
            "split-rule",
        ),
    ],
)
@pytest.mark.parametrize("values", [{}, {"select": ["all"]}], ids=["default", "all"])
def test_one_defect_is_one_finding(tmp_path: Path, spec: str, rule: str, values: dict[str, object]) -> None:
    text = namespace("prod") + pod("web") + policy(spec) + policy("{}", "deny-by-default")
    assert names(tmp_path, text, **values) == [rule]


def test_a_mesh_that_denies_by_default_is_clean(tmp_path: Path) -> None:
    text = (
        namespace("prod")
        + pod("web", "{app: web}")
        + policy("{}", "deny-by-default")
        + policy(
            "{selector: {matchLabels: {app: web}}, rules: [{from: [{source: {principals: [cluster.local/ns/edge/sa/gw]}}],"
            " to: [{operation: {methods: [GET], paths: [/web/*]}}]}]}",
            "web",
        )
    )
    assert names(tmp_path, text, select=["all"], world="closed") == []


def test_an_allow_all_names_the_policies_that_it_makes_pointless(tmp_path: Path) -> None:
    text = (
        policy("{rules: [{}]}", "open")
        + policy("{}", "deny-by-default")
        + policy(
            "{selector: {matchLabels: {app: web}}, rules: [{from: [{source: {namespaces: [a]}}]}]}", "web"
        )
        + policy("{}", "elsewhere", "other")
    )
    (found,) = findings(tmp_path, text)
    assert [related.resource.name for related in found.related if related.resource] == [
        "deny-by-default",
        "web",
    ]


def test_a_waypoint_is_no_gateway_at_the_edge(tmp_path: Path) -> None:
    def mesh(gateway_class: str) -> str:
        gateway = f"""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: gw, namespace: prod}}
spec: {{gatewayClassName: {gateway_class}}}
---"""
        target = "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: gw}]"
        deny = policy(
            f"{{{target}, action: DENY, rules: [{{from: [{{source: {{namespaces: [x]}}}}]}}]}}", "deny"
        )
        return gateway + deny + policy(f"{{{target}, rules: [{{}}]}}", "open")

    assert names(tmp_path, mesh("istio")) == []
    assert names(tmp_path, mesh("istio-waypoint")) == ["allow-all-policy"]


CLOSED_MESH = (
    namespace("httpbin")
    + namespace("empty")
    + namespace("plain", "{}")
    + pod("httpbin", "{app: httpbin, version: v1}", "httpbin")
    + pod("plain", "{app: plain}", "plain")
)
SELECTS = "{{selector: {{matchLabels: {{{0}}}}}}}"


@pytest.mark.parametrize(
    ("spec", "where", "expected"),
    [
        ("{}", "istio-system", 0),
        (SELECTS.format("app: httpbin, version: v1"), "istio-system", 0),
        (SELECTS.format("app: httpbin, version: v9"), "istio-system", 1),
        (SELECTS.format("app: plain"), "istio-system", 1),
        ("{}", "httpbin", 0),
        (SELECTS.format("app: httpbin"), "httpbin", 0),
        (SELECTS.format("app: other"), "httpbin", 1),
        ("{}", "empty", 1),
        (SELECTS.format("app: httpbin"), "empty", 1),
        ("{}", "plain", 1),
        (SELECTS.format("app: plain"), "plain", 1),
    ],
)
def test_what_policies_reach_in_a_closed_world(tmp_path: Path, spec: str, where: str, expected: int) -> None:
    text = CLOSED_MESH + policy(spec, namespace=where)
    found = names(tmp_path, text, select=["policy-selects-nothing"], pedantic=True, world="closed")
    assert found == ["policy-selects-nothing"] * expected


@pytest.mark.parametrize(
    "other",
    [
        "apiVersion: networking.istio.io/v1\nkind: WorkloadEntry",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway",
    ],
)
def test_machines_and_kubernetes_gateways_are_workloads_too(tmp_path: Path, other: str) -> None:
    text = f"{policy('{}', namespace='empty')}\n{other}\nmetadata: {{name: x, namespace: empty}}\n"
    assert names(tmp_path, text, select=["policy-selects-nothing"], world="closed") == []


def test_the_paths_that_are_open_to_all_can_be_set(tmp_path: Path) -> None:
    text = namespace("prod") + pod("web") + policy("{rules: [{to: [{operation: {paths: [/callback/a]}}]}]}")
    select = {"select": ["unrestricted-source"]}
    assert names(tmp_path, text, **select) == ["unrestricted-source"]
    options = {"unrestricted-source": {"public_paths": ["/callback/*"]}}
    assert names(tmp_path, text, options=options, **select) == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "*", "0.0.0.0/0", "a/b", "/*"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "from",
                    "to",
                    "when",
                    "source",
                    "operation",
                    "principals",
                    "paths",
                    "ipBlocks",
                    "notPaths",
                    "key",
                    "values",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(rules=VALUES, selector=VALUES)
def test_no_shape_of_a_policy_makes_a_rule_raise(
    tmp_path_factory: pytest.TempPathFactory, rules: object, selector: object
) -> None:
    spec = json.dumps({"rules": rules, "selector": {"matchLabels": selector}, "action": "ALLOW"})
    findings(tmp_path_factory.mktemp("fuzz"), namespace("prod") + pod("web") + policy(spec), select=["all"])


def test_the_cost_grows_with_the_policies_and_not_with_their_square(tmp_path: Path) -> None:
    def seconds(count: int) -> float:
        spec = "{selector: {matchLabels: {app: nothing-%d}}, rules: [{}]}"
        text = "".join(policy(spec % i, f"p{i}") + pod(f"w{i}", f"{{app: w{i}}}") for i in range(count))
        start = time.process_time()
        assert len(findings(tmp_path, text, select=["all"])) >= count
        return time.process_time() - start

    seconds(100)
    assert seconds(2000) < 12 * seconds(400) + 0.5
