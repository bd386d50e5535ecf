from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from meshlint.api import lint
from meshlint.config import Layer, fold
from meshlint.finding import Report
from meshlint.mesh import Mesh
from meshlint.rule import Edit, Fix, Note, Rule, Severity, Violation

Linter = Callable[..., Report]
ROUTE = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: a
  namespace: prod
spec:
  hosts: [good, bad-one, ugly-one]
"""


def rule(check: Callable[[Mesh], Iterator[Violation]], name: str = "a-rule") -> Rule:
    return Rule(name, "S.", Severity.WARNING, "0.1", check, family="hosts")


def hosts(mesh: Mesh) -> Iterator[Violation]:
    for view in mesh.virtual_services:
        for host in view.hosts:
            if host.text.startswith("bad"):
                fix = Fix("rename", (Edit(host.place, "fine"),), safe=True)
                yield Violation(
                    f"'{host.text}' is bad", host, (Note("in here", view.resource.name_node),), fix
                )
            if host.text.startswith("ugly"):
                yield Violation(f"'{host.text}' is ugly", host, pedantic=True)


def lint_text(tree: Path, text: str, *rules: Rule, **settings: object) -> Report:
    (tree / "a.yaml").write_text(text, encoding="utf-8")
    return lint(["."], fold(Layer(settings)), rules=rules)


def test_a_violation_becomes_a_finding(tree: Path) -> None:
    (finding,) = lint_text(tree, ROUTE, rule(hosts)).findings
    assert (finding.rule, finding.severity, finding.message) == (
        "a-rule",
        Severity.WARNING,
        "'bad-one' is bad",
    )
    assert (finding.path, finding.span.start[:2], finding.span.end[:2]) == ("a.yaml", (7, 17), (7, 24))
    assert str(finding.resource) == "VirtualService prod/a"
    assert finding.resource is not None
    assert finding.resource.api_version == "networking.istio.io/v1"
    (related,) = finding.related
    assert (related.message, related.span.start[:2], str(related.resource)) == (
        "in here",
        (4, 9),
        "VirtualService prod/a",
    )
    assert finding.fix is not None
    assert finding.fix.safe
    assert finding.fix.edits[0].text == "fine"


def test_pedantic_sub_cases_are_shown_when_asked_for(tree: Path) -> None:
    report = lint_text(tree, ROUTE, rule(hosts), pedantic=True)
    assert [finding.message for finding in report.findings] == ["'bad-one' is bad", "'ugly-one' is ugly"]


def test_a_rule_that_raises_is_a_crash_and_the_run_goes_on(tree: Path) -> None:
    def breaks(mesh: Mesh) -> Iterator[Violation]:
        for view in mesh.virtual_services:
            yield Violation("before", view.hosts[0])
            raise KeyError("lost")

    report = lint_text(tree, ROUTE, rule(breaks, "breaks"), rule(hosts))
    assert [finding.message for finding in report.findings] == ["before", "'bad-one' is bad"]
    (crash,) = report.crashes
    head, *rest = crash.splitlines()
    assert head == "rule 'breaks' failed on VirtualService prod/a (a.yaml)"
    assert rest[-1] == "KeyError: 'lost'"


def test_findings_are_sorted(tree: Path) -> None:
    (tree / "0.yaml").write_text(ROUTE.replace("name: a", "name: b"), encoding="utf-8")
    report = lint_text(tree, ROUTE, rule(hosts, "z-rule"), rule(hosts, "b-rule"))
    places = [(finding.path, finding.rule) for finding in report.findings]
    assert places == [("0.yaml", "b-rule"), ("0.yaml", "z-rule"), ("a.yaml", "b-rule"), ("a.yaml", "z-rule")]


def test_what_two_overlays_say_of_their_base_is_one_finding(tree: Path) -> None:
    for overlay in ("one", "two"):
        (tree / overlay).mkdir()
        (tree / overlay / "kustomization.yaml").write_text("resources: [../base]\n", encoding="utf-8")
    (tree / "base").mkdir()
    (tree / "base" / "kustomization.yaml").write_text("resources: [route.yaml]\n", encoding="utf-8")
    (tree / "base" / "route.yaml").write_text(ROUTE, encoding="utf-8")
    report = lint(["."], rules=(rule(hosts),))
    assert [finding.path for finding in report.findings] == ["base/route.yaml"]
    assert report.counts.objects == 1


def fingerprints(report: Report) -> list[str]:
    return [finding.fingerprint for finding in report.findings]


@pytest.mark.parametrize(
    "changed",
    [
        "# a comment\n---\n" + ROUTE,
        ROUTE.replace("[good, bad-one, ugly-one]", "\n  - better\n  - good\n  - bad-one"),
        ROUTE.replace("spec:", "spec:\n  exportTo: ['*']"),
    ],
)
def test_fingerprints_survive_moves(tree: Path, changed: str) -> None:
    before = lint_text(tree, ROUTE, rule(hosts))
    (tree / "a.yaml").unlink()
    (tree / "moved.yaml").write_text(changed, encoding="utf-8")
    assert fingerprints(lint(["."], rules=(rule(hosts),))) == fingerprints(before)


@pytest.mark.parametrize(("old", "new"), [("name: a", "name: b"), ("prod", "test"), ("bad-one", "bad-two")])
def test_fingerprints_tell_objects_and_values_apart(tree: Path, old: str, new: str) -> None:
    before = fingerprints(lint_text(tree, ROUTE, rule(hosts)))
    assert fingerprints(lint_text(tree, ROUTE.replace(old, new), rule(hosts))) != before


def test_equal_findings_are_numbered(tree: Path) -> None:
    report = lint_text(tree, ROUTE.replace("good", "bad-one"), rule(hosts))
    assert len(set(fingerprints(report))) == len(report.findings) == 2


def test_a_rule_may_call_a_finding_by_any_part_of_the_document(tree: Path) -> None:
    def everywhere(mesh: Mesh) -> Iterator[Violation]:
        for resource in mesh.resources:
            yield Violation("root", resource.root)
            yield Violation("absent", resource.spec.at("http", "none"))
            yield Violation("key", resource.metadata.key_place)

    report = lint_text(tree, ROUTE, rule(everywhere))
    assert not report.crashes
    assert len(set(fingerprints(report))) == 3


CARRIER = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    trustDomain: bad.example
"""


def trust_domain(mesh: Mesh) -> Iterator[Violation]:
    if mesh.config.node is not None:
        yield Violation("bad trust domain", mesh.config.node.get("trustDomain"))


def test_embedded_text_belongs_to_the_object_around_it(tree: Path) -> None:
    (finding,) = lint_text(tree, CARRIER, rule(trust_domain)).findings
    assert str(finding.resource) == "ConfigMap istio-system/istio"
    assert finding.span.start[:2] == (6, 18)


def test_a_bare_mesh_config_has_the_name_of_its_config_map(tree: Path) -> None:
    (tree / "conf").mkdir()
    (tree / "conf" / "mesh.txt").write_text("trustDomain: bad.example\n", encoding="utf-8")
    report = lint_text(tree, ROUTE, rule(trust_domain), mesh_config="conf/mesh.txt")
    (finding,) = report.findings
    assert (str(finding.resource), finding.path) == ("MeshConfig istio-system/istio", "conf/mesh.txt")
    assert report.texts["conf/mesh.txt"] == "trustDomain: bad.example\n"
