"""Texts labelled by Kubernetes' own reader; skipped where the labelled cases are absent."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from meshlint.source.document import SourceFile
from meshlint.source.yaml import parse

_CHECKOUT = Path(__file__).resolve().parents[2]
_CASES = Path(os.environ.get("MESHLINT_CASES", _CHECKOUT.parent / "shared" / "cases")) / "yaml.json"


@pytest.mark.skipif(not _CASES.exists(), reason="the labelled cases are not here")
def test_every_labelled_text_reads_as_kubernetes_reads_it() -> None:
    wrong = []
    for case in json.loads(_CASES.read_text("utf-8")):
        parsed = parse(SourceFile("x.yaml", case["yaml"].removeprefix("\ufeff")))
        kinds = {problem.kind for problem in parsed.problems}
        value = parsed.documents[0].value if parsed.documents else None
        merged = "<<" in case["yaml"]  # overriding a merged key is no duplicate to us
        if (
            ("invalid-yaml" in kinds) is not ("error" in case)
            or ("error" not in case and value != case["json"])
            or ("duplicate-key" in kinds) is not ("strict_error" in case and not merged)
        ):
            wrong.append((case, value, kinds))
    assert wrong == []
