"""Rules of a policy that a dash too many has torn apart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from meshlint.mesh import Mesh
from meshlint.model.security import AuthorizationPolicy, PolicyRule
from meshlint.rule import Confidence, Edit, Fix, Note, Severity, Violation, rule
from meshlint.rules.authorization.breadth import asks_who, enforced_allow_policies, fields, is_health
from meshlint.source.document import Node, Place

_PAIRS = 2


@rule(severity=Severity.WARNING, confidence=Confidence.MEDIUM, security=7.1, fix="unsafe")
def split_rule(mesh: Mesh) -> Iterator[Violation]:
    """Two rules in a row look like one that an extra dash has split."""
    for policy in enforced_allow_policies(mesh):
        for first, second in split_pairs(policy):
            yield Violation(
                "this is a rule of its own: it allows these operations to every caller, "
                "and the rule before it allows its callers everything",
                at=second.node.head,
                notes=(Note("the callers stand in this rule", first.node.head),),
                fix=None if first.conditions and second.conditions else _merge(second.node),
            )
        for entry in policy.rules:
            for items in (entry.sources, entry.operations):
                yield from _split_items(items)


def split_pairs(policy: AuthorizationPolicy) -> list[tuple[PolicyRule, PolicyRule]]:
    """Rules with callers alone, each with the rule after it that has operations alone.

    More rules of either sort than a pair or two are a list of alternatives that was meant as one.
    """
    pairs = [
        (first, second)
        for first, second in pairwise(policy.rules)
        if _has_callers_only(first) and _has_operations_only(second)
    ]
    lone = sum(_has_callers_only(entry) or _has_operations_only(entry) for entry in policy.rules)
    return pairs if len(pairs) <= _PAIRS and lone == 2 * len(pairs) else []


def _has_callers_only(entry: PolicyRule) -> bool:
    return bool(entry.sources) and not entry.operations


def _has_operations_only(entry: PolicyRule) -> bool:
    return (
        bool(entry.operations)
        and not entry.sources
        and not asks_who(entry)
        and not all(is_health(operation) for operation in entry.operations)
    )


def _split_items(items: tuple[Node, ...]) -> Iterator[Violation]:
    """Two sources or operations with a field each, which would both have to match in one."""
    names = [tuple(name for name, _ in fields(item)) for item in items]
    if len(names) == 2 and len(names[0]) == len(names[1]) == 1 and names[0] != names[1]:
        yield Violation(
            f"either of these is enough: '{names[0][0]}' and '{names[1][0]}' must both match only inside one item",
            at=items[1].key_place,
            notes=(Note("the other one", items[0].key_place),),
            pedantic=True,
        )


def _merge(node: Node) -> Fix | None:
    """Take the dash away, so that the operations belong to the rule before."""
    head = node.head
    text = head.document.file.text
    dash = text.rfind("-", 0, head.start)
    if dash < 0 or text[dash + 1 : head.start].strip():
        return None
    return Fix("make it one rule with the one before", (Edit(Place(head.document, dash, dash + 1), " "),))
