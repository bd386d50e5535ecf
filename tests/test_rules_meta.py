"""What holds for all rules together."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import meshlint.rules
from meshlint.cli.show import catalogue
from meshlint.data import data_path
from meshlint.engine.info import rule_info
from meshlint.engine.registry import Registry
from meshlint.rule import Rule, Tier, rules_in
from meshlint.rules import BUILTIN

CODE = re.compile(r"(IST\d{4}|KIA\d{4})")

KIND = r"([A-Z][A-Za-z]+|workloads)"
NEED = re.compile(rf"{KIND}(\|{KIND})*(@ns)?")


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    root = data_path("rules")
    pages = {str(path.relative_to(root)) for path in root.glob("*/*.md") if path.parent.name != "packs"}
    assert pages == {f"{rule.family}/{rule.name}.md" for rule in BUILTIN}


def test_the_catalogue_is_fresh(generated: Callable[[Path, str], None]) -> None:
    generated(data_path("rules", "README.md"), catalogue([rule_info(rule) for rule in BUILTIN]))


def test_every_rule_that_is_defined_is_built_in() -> None:
    modules = walk_packages(meshlint.rules.__path__, "meshlint.rules.")
    defined = {rule.name for info in modules for rule in rules_in(import_module(info.name))}
    assert defined == {rule.name for rule in BUILTIN}


def test_names_are_distinct_and_say_what_they_are() -> None:
    Registry(BUILTIN)


@pytest.mark.parametrize("rule", BUILTIN, ids=lambda rule: rule.name)
def test_a_rule_is_well_described(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert rule.summary.endswith(".")
    assert rule.family in {path.name for path in data_path("rules").iterdir()}
    assert all(CODE.fullmatch(code) for code in rule.like)
    assert list(rule.like) == sorted(set(rule.like))
    assert all(NEED.fullmatch(need) for need in rule.needs)
    assert rule.fix in (None, "safe", "unsafe")
    assert rule.security is None or 0 < rule.security <= 10
    assert rule.tier in Tier
