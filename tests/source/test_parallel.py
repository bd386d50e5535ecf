"""Parsing in several processes gives what one gives."""

from __future__ import annotations

from pathlib import Path

from meshlint.source import LoadOptions, load

OBJECT = """\
apiVersion: v1
kind: ConfigMap
metadata: {{name: c{n}, namespace: n}}
data:
  text: |
    {filler}
---
apiVersion: v1
kind: Service
metadata: {{name: s{n}, namespace: n}}
spec: &spec
  ports: [{{port: {n}}}]
"""
BROKEN = "apiVersion: v1\nkind: Service\nmetadata: {name: [\n"


def test_the_number_of_processes_changes_nothing(tmp_path: Path) -> None:
    for n in range(1, 60):
        (tmp_path / f"{n:03}.yaml").write_text(OBJECT.format(n=n, filler="x" * 20_000))
    (tmp_path / "broken.yaml").write_text(BROKEN)
    one, two = (load([str(tmp_path)], LoadOptions(jobs=jobs)) for jobs in (1, 2))
    assert one.documents == two.documents == 118
    for single, double in zip(one.scopes[0].documents, two.scopes[0].documents, strict=True):
        assert single.value == double.value
        assert single.root.at("metadata", "name").place.span == double.root.at("metadata", "name").place.span
    assert one.skipped == two.skipped
