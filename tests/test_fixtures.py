"""Whole meshes: the output of every fixture, as text, JSON and SARIF, to the letter.

`pytest --update` writes the expected output anew; read the difference before you commit it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from meshlint.api import lint
from meshlint.report import RenderOptions, render

ROOT = Path(__file__).parent.parent
FIXTURES = sorted(
    path.name for path in (ROOT / "fixtures").iterdir() if path.is_dir() and path.name != "expected"
)
CLEAN = ("bookinfo", "gitops-partial", "shop")
SUFFIXES = {"text": "txt", "json": "json", "sarif": "sarif"}


@pytest.mark.parametrize("form", SUFFIXES)
@pytest.mark.parametrize("name", FIXTURES)
def test_output(
    name: str, form: str, generated: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    report = lint([f"fixtures/{name}"])
    text = render(report, form, options=RenderOptions(paths=(f"fixtures/{name}",)))
    generated(ROOT / "fixtures" / "expected" / f"{name}.{SUFFIXES[form]}", text)


@pytest.mark.parametrize("name", CLEAN)
def test_a_correct_mesh_has_no_finding(name: str) -> None:
    assert lint([str(ROOT / "fixtures" / name)]).findings == ()


def test_the_broken_mesh_has_a_finding_of_every_family() -> None:
    report = lint([str(ROOT / "fixtures" / "bookinfo-broken")])
    families = {info.name: info.family for info in report.rules}
    assert {families[finding.rule] for finding in report.findings} == set(families.values())
