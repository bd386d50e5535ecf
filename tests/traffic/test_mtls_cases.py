"""Answers of real meshes, where a checkout of the labelled questions is at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from meshlint import Mesh, client_tls, load_mesh, server_mtls

CASES = Path(os.environ.get("MESHLINT_CASES", Path(__file__).parents[3] / "shared" / "cases")) / "traffic"


Question = dict[str, Any]


def questions() -> dict[str, list[Question]]:
    found: dict[str, list[Question]] = {}
    file = CASES / "cases.jsonl"
    for line in file.read_text().splitlines() if file.exists() else ():
        question = json.loads(line)
        if question["kind"] == "mtls":
            found.setdefault(question["mesh"], []).append(question)
    return found


QUESTIONS = questions()


def answer(mesh: Mesh, question: Question) -> dict[str, object]:
    target, _, port = question["to"].rpartition(":")
    if question["request"]["side"] == "server":
        workload = mesh.workload(target)
        assert workload is not None
        return {"mode": server_mtls(mesh, workload, int(port)).mode.value}
    client = mesh.workload(question["from"])
    assert client is not None
    found = client_tls(mesh, client, target, int(port), question["request"].get("subset"))
    given = {"mode": found.mode.value, "sni": found.sni, "subjectAltNames": list(found.subject_alt_names)}
    return {key: value for key, value in given.items() if value}


@pytest.mark.skipif(not QUESTIONS, reason="the labelled questions are not at hand")
@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_every_question_of_a_mesh(name: str) -> None:
    mesh = load_mesh([str(CASES / name)])
    for question in QUESTIONS[name]:
        wanted = question["answer"]
        if question.get("answer_if_ages_reversed", wanted) != wanted:
            wanted = {"mode": "UNKNOWN"}
        assert answer(mesh, question) == wanted, question
