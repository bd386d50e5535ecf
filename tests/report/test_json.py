"""The JSON report and its schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from meshlint.data import data_path
from meshlint.finding import Counts
from meshlint.report import RenderOptions, render

if TYPE_CHECKING:
    from conftest import Builder

    from meshlint.finding import Report


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    value = json.loads(data_path("schemas", "report.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(value)
    return Draft202012Validator(value)


def rendered(report: Report) -> Any:
    return json.loads(render(report, "json"))


def test_reports_meet_the_schema(build: Builder, schema: Draft202012Validator) -> None:
    for report in (build.rich(), build.report(), build.report(counts=Counts())):
        schema.validate(rendered(report))


def test_the_schema_is_closed(build: Builder, schema: Draft202012Validator) -> None:
    report = rendered(build.rich())
    assert schema.is_valid(report)
    for part in (report, report["summary"], report["findings"][0], report["findings"][3]["suppression"]):
        part["unheard-of"] = 1
        assert not schema.is_valid(report)
        del part["unheard-of"]


def test_the_summary(build: Builder) -> None:
    report = rendered(build.rich())
    assert list(report) == [
        "version", "tool", "istio_version", "summary", "skipped", "findings", "crashes",
    ]  # fmt: skip
    assert report["tool"] == {"name": "meshlint", "version": "0.1.0"}
    assert report["summary"] == {
        "files": 2,
        "documents": 2,
        "objects": 2,
        "error": 1,
        "warning": 1,
        "info": 1,
        "suppressed": 2,
        "skipped": {"template": 1, "excluded": 1, "not_kubernetes": 1, "unreadable": 1},
    }
    assert report["skipped"][3] == {"path": "secret.yaml", "reason": "permission denied"}


def test_a_finding(build: Builder) -> None:
    finding = rendered(build.rich())["findings"][0]
    assert finding["start"] == {"line": 11, "column": 19}
    assert finding["end"] == {"line": 11, "column": 32}
    assert finding["resource"] == {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "namespace": "prod",
        "name": "reviews",
    }
    assert finding["related"][0]["path"] == "k8s/services.yaml"
    assert finding["fix"]["edits"][0]["text"] == "reviews"
    assert "suppression" not in finding


def test_suppressed_findings_are_always_listed(build: Builder) -> None:
    findings = rendered(build.rich())["findings"]
    assert [f.get("suppression", {}).get("kind") for f in findings] == [
        None,
        None,
        None,
        "inSource",
        "external",
    ]
    shown = render(build.rich(), "json", options=RenderOptions(show_suppressed=True))
    assert shown == render(build.rich(), "json")


def test_no_crash_no_key(build: Builder) -> None:
    assert "crashes" not in rendered(build.report())


def test_odd_characters_survive(build: Builder) -> None:
    message = "é 漢 😀 \x1b \x9b \u202e"
    shown = render(build.report(build.finding(message=message)), "json")
    assert "é 漢 😀" in shown
    assert json.loads(shown)["findings"][0]["message"] == message
    shown = render(build.report(build.finding(message="a\ud800b")), "json")
    assert json.loads(shown)["findings"][0]["message"] == "a\ufffdb"
