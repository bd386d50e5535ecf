from __future__ import annotations

from dataclasses import dataclass

import pytest

from meshlint.config import Layer, fold
from meshlint.engine.registry import Registry
from meshlint.engine.select import Enabled, enabled_rules, severity_for
from meshlint.errors import ConfigError
from meshlint.rule import Rule, Severity, Tier


@dataclass(frozen=True)
class Options:
    limit: int = 3
    ratio: float = 0.5
    names: tuple[str, ...] = ()
    strict: bool = False


BROKEN = Rule("broken", "S.", Severity.ERROR, "0.1", family="routing", like=("IST0101",))
ODD = Rule("odd", "S.", Severity.INFO, "0.1", family="routing", tier=Tier.PEDANTIC, like=("IST0102",))
OPEN = Rule("open", "S.", Severity.WARNING, "0.1", family="gateways", like=("IST0101",), options=Options())
REGISTRY = Registry((BROKEN, ODD, OPEN))


def enabled(**settings: object) -> dict[str, Enabled]:
    return {each.rule.name: each for each in enabled_rules(REGISTRY, fold(Layer(settings)))}


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({}, {"broken", "open"}),
        ({"pedantic": True}, {"broken", "odd", "open"}),
        ({"select": ["all"]}, {"broken", "odd", "open"}),
        ({"select": ["odd"]}, {"odd"}),
        ({"select": ["IST0102"]}, {"odd"}),
        ({"select": ["routing"]}, {"broken"}),
        ({"select": ["routing"], "pedantic": True}, {"broken", "odd"}),
        ({"select": ["pedantic"]}, {"odd"}),
        ({"select": ["default", "odd"]}, {"broken", "odd", "open"}),
        ({"ignore": ["IST0101"], "select": ["all"]}, {"odd"}),
        ({"ignore": ["routing"]}, {"open"}),
        ({"select": ["broken", "open"], "ignore": ["open"]}, {"broken"}),
    ],
)
def test_what_runs(settings: dict[str, object], names: set[str]) -> None:
    assert set(enabled(**settings)) == names


@pytest.mark.parametrize(
    ("settings", "loud"),
    [({}, False), ({"select": ["all"]}, True), ({"pedantic": True}, True), ({"select": ["broken"]}, False)],
)
def test_pedantic_sub_cases_need_asking_for(settings: dict[str, object], loud: bool) -> None:
    assert enabled(**settings)["broken"].pedantic is loud


def test_the_narrower_word_decides_the_severity() -> None:
    found = enabled(severity={"broken": "info", "IST0101": "warning", "routing": "error", "all": "error"})
    assert {name: each.severity.value for name, each in found.items()} == {
        "broken": "info",
        "open": "warning",
    }


@pytest.mark.parametrize(
    ("version", "severity"), [((1, 14), "error"), ((1, 15), "warning"), ((1, 9), "error"), (None, "warning")]
)
def test_severity_before_a_release(version: tuple[int, int] | None, severity: str) -> None:
    rule = Rule("weights", "S.", Severity.WARNING, "0.1", severity_before=("1.15", Severity.ERROR))
    assert severity_for(rule, version).value == severity


@pytest.mark.parametrize("key", ["select", "ignore"])
def test_unknown_words_are_errors(key: str) -> None:
    with pytest.raises(ConfigError, match="'brokn'; did you mean 'broken'"):
        enabled(**{key: ["brokn"]})


def test_nothing_to_run_is_an_error() -> None:
    with pytest.raises(ConfigError, match="no rule is left"):
        enabled(select=["broken"], ignore=["routing"])


def test_options_reach_the_rule() -> None:
    found = enabled(options={"open": {"limit": 5, "ratio": 1, "names": ["a"], "strict": True}})
    assert found["open"].options == Options(5, 1.0, ("a",), strict=True)
    assert enabled()["open"].options is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"opn": {}}, "did you mean 'open'"),
        ({"broken": {"limit": 1}}, "'broken' has no options"),
        ({"open": {"limt": 1}}, "no option 'limt'; did you mean 'limit'"),
        ({"open": {"limit": True}}, "'limit' of rule 'open' must be a whole number"),
        ({"open": {"names": [1]}}, "must be a list of strings"),
        ({"open": {"strict": "yes"}}, "must be true or false"),
    ],
)
def test_wrong_options_are_errors(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        enabled(options=options)
