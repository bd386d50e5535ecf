"""Every example on every rule page is run."""

from __future__ import annotations

import pytest

from meshlint.data import data_path
from meshlint.engine.info import read_page
from meshlint.rule import Rule
from meshlint.rules import BUILTIN
from meshlint.testing import Example, check_example, check_page_head, examples


def has_page(rule: Rule) -> bool:
    return data_path("rules", rule.family, f"{rule.name}.md").is_file()


PAGES = [rule for rule in BUILTIN if has_page(rule)]
EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.name}-{example.heading}")
    for rule in PAGES
    for example in examples(read_page(rule))
]


@pytest.mark.parametrize("rule", PAGES, ids=lambda rule: rule.name)
def test_head_of_page(rule: Rule) -> None:
    check_page_head(rule, read_page(rule))


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_example(rule: Rule, example: Example) -> None:
    check_example(rule, example)
