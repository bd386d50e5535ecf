from __future__ import annotations

import pytest

from meshlint.engine.registry import Registry
from meshlint.errors import ConfigError
from meshlint.rule import Rule, Severity, Tier


def rule(name: str, family: str = "routing", tier: Tier = Tier.DEFAULT, like: tuple[str, ...] = ()) -> Rule:
    return Rule(name, "Summary.", Severity.ERROR, "0.1", family=family, tier=tier, like=like)


ONE = rule("bad-route", like=("IST0101",))
TWO = rule("worse-route", like=("IST0101", "KIA1101"))
THREE = rule("odd-gateway", "gateways", Tier.PEDANTIC)
REGISTRY = Registry((ONE, TWO, THREE))


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("bad-route", (ONE,)),
        ("routing", (ONE, TWO)),
        ("gateways", (THREE,)),
        ("pedantic", (THREE,)),
        ("default", (ONE, TWO)),
        ("all", (ONE, TWO, THREE)),
        ("IST0101", (ONE, TWO)),
        ("ist0101", (ONE, TWO)),
        ("KIA1101", (TWO,)),
        ("nothing", ()),
    ],
)
def test_words_stand_for_rules(word: str, found: tuple[Rule, ...]) -> None:
    assert REGISTRY.named(word) == found
    assert REGISTRY.knows(word) == bool(found)


@pytest.mark.parametrize(
    ("word", "near"),
    [("bad-rout", "bad-route"), ("KIA1102", "KIA1101"), ("routin", "routing"), ("xyz", None)],
)
def test_closest(word: str, near: str | None) -> None:
    assert REGISTRY.closest(word) == near


def test_an_unknown_word_is_an_error_that_names_the_place() -> None:
    with pytest.raises(ConfigError, match=r"^x\.yaml:1:2: .*'bad-rout'; did you mean 'bad-route'\?$"):
        REGISTRY.resolve("bad-rout", where="x.yaml:1:2")


def test_a_tier_without_rules_is_still_known() -> None:
    assert Registry((ONE,)).resolve("pedantic", where="") == ()


@pytest.mark.parametrize("rules", [(ONE, ONE), (ONE, rule("routing")), (rule("all"),), (rule("default"),)])
def test_a_name_can_be_taken_once(rules: tuple[Rule, ...]) -> None:
    with pytest.raises(ConfigError):
        Registry(rules)
