"""Rules about files and single objects: each problem once, every position of a name, fixes that parse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshlint.api import lint
from meshlint.config import Layer, fold
from meshlint.finding import Finding, Report
from meshlint.rule import rules_in
from meshlint.rules.manifests import files, kinds, metadata, names, status

RULES = tuple(rule for module in (files, kinds, metadata, names, status) for rule in rules_in(module))


def run(root: Path, texts: dict[str, str], **values: object) -> Report:
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    report = lint([str(root)], fold(Layer(values)), rules=RULES)
    assert not report.crashes
    return report


def findings(root: Path, text: str, **values: object) -> tuple[Finding, ...]:
    return run(root, {"mesh.yaml": text}, **values).active


def messages(root: Path, rule: str, text: str) -> list[str]:
    return [finding.message for finding in findings(root, text, select=[rule])]


def istio(kind: str, spec: object, group: str = "networking.istio.io/v1") -> str:
    return json.dumps(
        {"apiVersion": group, "kind": kind, "metadata": {"name": "x", "namespace": "prod"}, "spec": spec}
    )


VIRTUAL_SERVICE = """apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: prod}
spec:
  hosts: [reviews]
  hosts: [ratings]
"""


def test_a_problem_of_a_base_that_two_overlays_share_is_told_once(tmp_path: Path) -> None:
    texts = {
        "base/kustomization.yaml": "resources: [a.yaml, b.yaml]\n",
        "base/a.yaml": VIRTUAL_SERVICE,
        "base/b.yaml": "apiVersion: networking.istio.io/v1\nkind: [\n",
        "one/kustomization.yaml": "resources: [../base]\nnamespace: one\n",
        "two/kustomization.yaml": "resources: [../base]\nnamespace: two\n",
    }
    found = [finding.rule for finding in run(tmp_path, texts).active]
    assert found == ["duplicate-key", "invalid-yaml"]


def test_a_broken_document_does_not_hide_the_others(tmp_path: Path) -> None:
    text = f"apiVersion: networking.istio.io/v1\nkind: [\n---\n{VIRTUAL_SERVICE}"
    assert [finding.rule for finding in findings(tmp_path, text)] == ["invalid-yaml", "duplicate-key"]


WITHOUT_NAMESPACE = "apiVersion: v1\nkind: Service\nmetadata: {name: reviews}\n"


@pytest.mark.parametrize(("world", "expected"), [("open", []), ("closed", ["duplicate-resource"])])
def test_directories_may_be_applied_to_different_namespaces(
    tmp_path: Path, world: str, expected: list[str]
) -> None:
    report = run(tmp_path, {"dev/a.yaml": WITHOUT_NAMESPACE, "live/a.yaml": WITHOUT_NAMESPACE}, world=world)
    assert [finding.rule for finding in report.active] == expected


def test_many_copies_are_one_finding_that_names_them_all(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, "---\n".join([WITHOUT_NAMESPACE] * 4))
    assert found.message == "Service 'reviews' is written 4 times, word for word"
    assert (found.span.start.line, len(found.related)) == (15, 3)


@pytest.mark.parametrize(
    ("kind", "spec", "bad"),
    [
        ("VirtualService", {"gateways": ["prod/a_b"]}, "a_b"),
        ("VirtualService", {"gateways": ["/edge"]}, ""),
        ("VirtualService", {"gateways": ["a_b"]}, "a_b"),
        ("VirtualService", {"tls": [{"match": [{"gateways": ["prod/a_b"]}]}]}, "a_b"),
        ("VirtualService", {"http": [{"match": [{"sourceNamespace": "a.b"}]}]}, "a.b"),
        ("VirtualService", {"tcp": [{"route": [{"destination": {"subset": "a.b"}}]}]}, "a.b"),
        ("VirtualService", {"http": [{"mirror": {"subset": "a.b"}}]}, "a.b"),
        ("VirtualService", {"http": [{"mirrors": [{"destination": {"subset": "a.b"}}]}]}, "a.b"),
        ("DestinationRule", {"subsets": [{"name": "a.b"}]}, "a.b"),
        ("ServiceEntry", {"ports": [{"name": "a.b"}]}, "a.b"),
        ("ServiceEntry", {"endpoints": [{"ports": {"a.b": 1}}]}, "a.b"),
        ("WorkloadEntry", {"ports": {"a.b": 1}}, "a.b"),
        ("WorkloadGroup", {"template": {"ports": {"a.b": 1}}}, "a.b"),
        ("Sidecar", {"ingress": [{"port": {"name": "a.b"}}]}, "a.b"),
        ("Sidecar", {"egress": [{"port": {"name": "a.b"}}]}, "a.b"),
        ("Sidecar", {"outboundTrafficPolicy": {"egressProxy": {"subset": "a.b"}}}, "a.b"),
    ],
)
def test_names_inside_objects_are_single_labels(tmp_path: Path, kind: str, spec: object, bad: str) -> None:
    (message,) = messages(tmp_path, "invalid-resource-name", istio(kind, spec))
    assert message.startswith(f"'{bad}' is no valid ")


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("VirtualService", {"gateways": ["mesh", "a_b"]}),
        ("VirtualService", {"gateways": ["edge.prod.svc.cluster.local", "prod/a_b"]}),
        ("VirtualService", {"gateways": ["prod/Edge-1", "edge."]}),
        ("VirtualService", {"tcp": [{"match": [{"sourceNamespace": "a.b"}]}]}),
        ("Gateway", {"servers": [{"port": {"name": "a.b_c"}}]}),
        ("DestinationRule", {"subsets": [{"name": "V1"}, {"name": ""}, {}, None]}),
        ("DestinationRule", {"subsets": [{"name": "${VERSION}"}]}),
    ],
)
def test_names_that_istio_does_not_check(tmp_path: Path, kind: str, spec: object) -> None:
    assert messages(tmp_path, "invalid-resource-name", istio(kind, spec)) == []


def test_labels_are_quoted_as_they_are_written(tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: a, labels: {v: 1.10, w: &on yes, x: *on , e: , z: 1_0}}\n"
    found = findings(tmp_path, text, select=["non-string-metadata"])
    fixes = [finding.fix and finding.fix.edits[0].text for finding in found]
    assert fixes == ['"1.10"', '"yes"', None, '"1_0"']


@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_a_version_is_replaced_inside_its_quotes(tmp_path: Path, quote: str) -> None:
    text = f"apiVersion: {quote}networking.istio.io/v1beta1{quote}\nkind: Gateway\nmetadata: {{name: a}}\n"
    (found,) = findings(tmp_path, text, select=["outdated-api-version"])
    assert found.fix is not None
    assert found.fix.safe
    assert found.fix.edits[0].text == f"{quote}networking.istio.io/v1{quote}"


def test_no_version_is_outdated_where_v1_is_not_served(tmp_path: Path) -> None:
    text = istio("Gateway", {}, "networking.istio.io/v1beta1")
    assert findings(tmp_path, text, select=["outdated-api-version"], istio_version="1.21") == ()


@pytest.mark.parametrize(
    ("group", "kind", "suggested"),
    [
        ("networking.istio.io/v1", "Virtualservice", "VirtualService"),
        ("security.istio.io/v1", "VirtualService", "networking.istio.io"),
        ("securty.istio.io/v1", "Thing", "security.istio.io"),
        ("security.istio.io/v1alpha1", "PeerAuthentication", "v1"),
        ("gateway.networking.k8s.io/v1alpha2", "HTTPRoute", "v1"),
        ("gateway.networking.k8s.io/v1", "HttpRoute", "HTTPRoute"),
    ],
)
def test_unknown_kinds_get_a_suggestion(tmp_path: Path, group: str, kind: str, suggested: str) -> None:
    (found,) = findings(tmp_path, istio(kind, {}, group), select=["unknown-istio-kind"])
    assert f"'{suggested}'" in found.message
    assert found.fix is not None


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(0, 9)
    | st.sampled_from(["", "a", "*", "a/b", "False", "Accepted"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "http",
                    "match",
                    "subsets",
                    "labels",
                    "name",
                    "ports",
                    "gateways",
                    "conditions",
                    "type",
                    "status",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(
        ["VirtualService", "DestinationRule", "ServiceEntry", "Gateway", "Sidecar", "WorkloadEntry"]
    ),
    metadata=st.dictionaries(st.sampled_from(["name", "labels", "generation"]), JSON, min_size=1),
    spec=JSON,
    condition=JSON,
)
def test_no_shape_of_an_object_makes_a_rule_raise(
    tmp_path_factory: pytest.TempPathFactory, kind: str, metadata: object, spec: object, condition: object
) -> None:
    whole = {
        "apiVersion": "networking.istio.io/v1",
        "kind": kind,
        "metadata": metadata,
        "spec": spec,
        "status": condition,
    }
    findings(tmp_path_factory.mktemp("fuzz"), json.dumps(whole), select=["all"])
