"""SARIF for GitHub code scanning; `tests/validate_sarif.py` holds the same against Microsoft's validator."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from meshlint.finding import Counts, Severity
from meshlint.report import RenderOptions, render, sarif
from meshlint.report.line_hashes import line_hashes
from meshlint.report.sarif_text import linked
from meshlint.report.uri import Uris, path_uri

if TYPE_CHECKING:
    from conftest import Builder

    from meshlint.finding import Report


def run_of(report: Report, **options: Any) -> Any:
    log = json.loads(render(report, "sarif", options=RenderOptions(**options)))
    assert list(log) == ["$schema", "version", "runs"]
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    return run


def test_the_run(build: Builder) -> None:
    run = run_of(build.rich())
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["automationDetails"]["id"].endswith("/")
    driver = run["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == [
        "route-to-unknown-host",
        "weights-not-100",
        "plain-words",
    ]
    assert driver["semanticVersion"] == "0.1.0"


def test_a_rule(build: Builder) -> None:
    rule = run_of(build.rich())["tool"]["driver"]["rules"][0]
    summary = "A route sends traffic to a host that nothing declares."
    assert rule == {
        "id": "route-to-unknown-host",
        "name": "RouteToUnknownHost",
        "shortDescription": {"text": summary},
        "fullDescription": {"text": summary},
        "help": {
            "text": f"{summary} More at https://example.com/rules/route-to-unknown-host.",
            "markdown": "# A page\n\nWhy it matters.\n",
        },
        "helpUri": "https://example.com/rules/route-to-unknown-host",
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "precision": "high",
            "problem.severity": "error",
            "tags": ["istio", "hosts", "security", "IST0101", "KIA1101"],
            "security-severity": "7.5",
        },
    }


def test_rules_of_every_severity_and_confidence(build: Builder) -> None:
    _, second, third = run_of(build.rich())["tool"]["driver"]["rules"]
    assert second["defaultConfiguration"] == {"level": "warning"}
    assert second["properties"]["precision"] == "medium"
    assert third["defaultConfiguration"] == {"level": "note"}
    assert third["properties"] == {
        "precision": "very-high",
        "problem.severity": "recommendation",
        "tags": ["istio", "hosts", "pedantic"],
    }


def test_tags_are_at_most_ten(build: Builder) -> None:
    report = build.report(rules=(build.rule(like=tuple(f"IST{n:04}" for n in range(20))),))
    assert len(run_of(report)["tool"]["driver"]["rules"][0]["properties"]["tags"]) == 10


def test_a_result(build: Builder) -> None:
    result = run_of(build.rich())["results"][0]
    assert result["ruleId"] == "route-to-unknown-host"
    assert result["ruleIndex"] == 0
    assert result["level"] == "error"
    assert result["message"]["text"] == (
        "no Service or ServiceEntry declares host 'reviews.stage'."
        r" See ['reviews' is declared here](1), [and its \[key\](2)](2)."
    )
    assert [location["id"] for location in result["relatedLocations"]] == [1, 2]
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "k8s/routes.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 11, "startColumn": 19, "endLine": 11, "endColumn": 32},
    }
    assert location["logicalLocations"][0]["fullyQualifiedName"] == "VirtualService prod/reviews"
    assert result["partialFingerprints"] == {
        "primaryLocationLineHash": line_hashes(build.texts["k8s/routes.yaml"], {11})[11],
        "meshlint/v1": "0123456789abcdef",
    }


def test_a_fix(build: Builder) -> None:
    first, second, third = run_of(build.rich())["results"]
    (change,) = first["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "k8s/routes.yaml"
    assert change["replacements"][0]["insertedContent"] == {"text": "reviews"}
    assert first["fixes"][0]["properties"] == {"safe": True}
    assert "insertedContent" not in second["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert "fixes" not in third


def test_every_level_is_written(build: Builder) -> None:
    assert [result["level"] for result in run_of(build.rich())["results"]] == ["error", "warning", "note"]


def test_suppressed_results_are_left_out(build: Builder) -> None:
    results = run_of(build.rich())["results"]
    assert len(results) == 3
    assert not any("suppressions" in result for result in results)


def test_suppressed_results_on_request(build: Builder) -> None:
    results = run_of(build.rich(), show_suppressed=True)["results"]
    assert [result["suppressions"] for result in results[:3]] == [[], [], []]
    (in_source,) = results[3]["suppressions"]
    assert in_source["kind"] == "inSource"
    assert in_source["justification"] == "moved next week"
    assert in_source["location"]["physicalLocation"]["region"]["startLine"] == 6
    assert results[4]["suppressions"] == [{"kind": "external"}]


def test_invocation(build: Builder) -> None:
    (invocation,) = run_of(build.rich())["invocations"]
    assert invocation["executionSuccessful"] is False
    assert [n["level"] for n in invocation["toolExecutionNotifications"]] == ["error", "warning"]
    assert run_of(build.report())["invocations"] == [{"executionSuccessful": True}]


def test_an_empty_run_says_so(build: Builder) -> None:
    run = run_of(build.report(counts=Counts()), paths=("k8s",))
    assert run["results"] == []
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"] == "No Kubernetes object found in k8s."


def test_too_many_results_lose_the_mildest(build: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MAX_RESULTS", 2)
    info, error = build.finding(severity=Severity.INFO), build.finding()
    run = run_of(build.report(info, replace(error, rule="a"), info, replace(error, rule="b")))
    assert [result["ruleId"] for result in run["results"]] == ["a", "b"]
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"] == "2 findings beyond 2 are left out, the mildest first."


def test_a_rule_that_is_not_listed_has_no_index(build: Builder) -> None:
    result = run_of(build.report(build.finding(rule="other")))["results"][0]
    assert result["ruleId"] == "other"
    assert "ruleIndex" not in result


def test_uris() -> None:
    assert path_uri("a b/ü%:.yaml") == "a%20b/%C3%BC%25%3A.yaml"
    assert path_uri("/x y.yaml") == "file:///x%20y.yaml"
    assert path_uri("\udcff\ud800") == "%FF%EF%BF%BD"
    absolute = {"k8s/a.yaml": "/repo/deploy/k8s/a.yaml", "../b.yaml": "/elsewhere/b.yaml"}
    uris = Uris(absolute, "/repo")
    assert uris("k8s/a.yaml") == "deploy/k8s/a.yaml"
    assert uris("../b.yaml") == "file:///elsewhere/b.yaml"
    assert uris("./c.yaml") == "c.yaml"
    assert Uris(absolute, None)("k8s/a.yaml") == "k8s/a.yaml"


def test_files_outside_of_the_root_have_no_base(build: Builder) -> None:
    report = build.report(build.finding(), absolute={"k8s/routes.yaml": "/tmp/routes.yaml"})
    location = run_of(report, root="/repo")["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"] == {"uri": "file:///tmp/routes.yaml"}


def test_links() -> None:
    assert linked("plain", ()) == "plain."
    assert linked("ends.", ()) == "ends."
    assert linked("no [link](1) here", ()) == r"no \[link](1) here."
    assert linked("regex '[a-z]'", ()) == "regex '[a-z]'."
    assert linked("m", ("a]b\\", "")) == r"m. See [a\]b\\](1), [here](2)."


@pytest.mark.parametrize(
    ("text", "hashes"),
    [
        ("", ["c129715d7a2bc9a3:1"]),
        (
            " a\nb\n  \t\tc\n d",
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"],
        ),
        (
            " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End",
            [
                "8b7cf3e952e7aeb2:1",
                "b1ae1287ec4718d9:1",
                "bff680108adb0fcc:1",
                "c6805c5e1288b612:1",
                "b86d3392aea1be30:1",
                "e6ceba753e1a442:1",
            ],
        ),
    ],
)
def test_line_hashes_are_those_of_github(text: str, hashes: list[str]) -> None:
    expected = dict(enumerate(hashes, 1))
    assert line_hashes(text, set(range(1, 20))) == expected
    assert line_hashes(text.replace("\n", "\r\n"), set(range(1, 20))) == expected
    assert line_hashes(text.replace("\n", "\r"), set(range(1, 20))) == expected


def rolled(text: str) -> dict[int, str]:
    """The hashes by the letter of the algorithm: a window that rolls over the text unit by unit."""
    window, lines, at = [0] * 100, [0] * 100, 0
    value, line, line_start, after_return = 0, 0, True, False
    seen: dict[str, int] = {}
    hashes: dict[int, str] = {}
    data = text.encode("utf-16-le", "surrogatepass")
    units = [int.from_bytes(data[n : n + 2], "little") for n in range(0, len(data), 2)]
    for unit in [*units, 0xFFFF, *[None] * 100]:
        if unit in (32, 9) or (after_return and unit == 10):
            after_return = False
            continue
        after_return = unit == 13
        unit = 10 if after_return else unit
        if lines[at]:
            name = f"{value:x}"
            seen[name] = seen.get(name, 0) + 1
            hashes[lines[at]] = f"{name}:{seen[name]}"
            lines[at] = 0
        if unit is not None and line_start:
            line += 1
            lines[at] = line
        line_start = unit == 10
        value = (37 * value + (unit or 0) - pow(37, 100) * window[at]) % 2**64
        window[at] = unit or 0
        at = (at + 1) % 100
    return hashes


@pytest.mark.parametrize(
    "text",
    [
        "x\n" * 300,
        "é😀 漢\r\n" * 40,
        "a\r\r\nb\r \nc" * 50,
        "key: value\n" * 3 + "  - item\n" * 70 + "\n\n",
        "\ud83d",
    ],
)
def test_line_hashes_agree_with_a_rolling_window(text: str) -> None:
    assert line_hashes(text, set(range(1, 1000))) == rolled(text)
