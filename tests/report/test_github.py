"""GitHub workflow commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshlint.finding import Counts
from meshlint.report import RenderOptions, render

if TYPE_CHECKING:
    from conftest import Builder


def test_one_command_for_each_finding(build: Builder) -> None:
    assert render(build.rich(), "github").splitlines() == [
        (
            "::error file=k8s/routes.yaml,line=11,endLine=11,col=19,endColumn=31,title=route-to-unknown-host::"
            "no Service or ServiceEntry declares host 'reviews.stage'"
            "%0Ak8s/services.yaml:4:3: 'reviews' is declared here%0Ak8s/services.yaml:4:3: and its [key](2)"
        ),
        (
            "::warning file=k8s/routes.yaml,line=12,endLine=15,title=weights-not-100::"
            "weights add up to 110 instead of 100"
        ),
        (
            "::notice file=k8s/routes.yaml,line=7,endLine=7,col=3,endColumn=7,title=plain-words::"
            "one '[a](1)' for each"
        ),
        (
            "::error title=internal error::"
            "rule 'some-rule' on VirtualService prod/reviews%0ATraceback:%0A  ValueError: odd"
        ),
        "Read 2 files with 2 objects; skipped: 1 template, 1 excluded, 1 not Kubernetes, 1 unreadable",
        "  unreadable: secret.yaml (permission denied)",
        "  template: chart/templates/a.yaml",
        "1 internal error: this report is incomplete",
        "1 error, 1 warning, 1 info; 2 suppressed",
    ]


def test_values_are_escaped(build: Builder) -> None:
    path = "a,b:c%\n.yaml"
    build.texts[path] = "x: y\n"
    line = render(build.report(build.finding("x", "50%, a:b\nc", path=path)), "github").splitlines()[0]
    assert line.startswith(r"::error file=a%2Cb%3Ac%25\n.yaml,line=1,")
    assert line.endswith(r"::50%25, a:b\nc")


def test_a_suppressed_finding_never_fails_a_check(build: Builder) -> None:
    lines = render(build.rich(), "github", options=RenderOptions(show_suppressed=True)).splitlines()
    hidden = next(line for line in lines if "hidden from view" in line)
    assert hidden.startswith("::notice ")
    assert hidden.endswith("%0Asuppressed: moved next week")


def test_an_empty_run_says_so(build: Builder) -> None:
    shown = render(build.report(counts=Counts()), "github", options=RenderOptions(paths=("k8s",)))
    assert shown == "Read 0 files with 0 objects\nNo Kubernetes object found in k8s\n"
