"""Weights of a locality distribution, in DestinationRules and in the mesh configuration."""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.mesh import Mesh
from meshlint.model.networking import DestinationRule
from meshlint.rule import Severity, Violation, rule
from meshlint.source.document import Node

_WHOLE = 100


@rule(severity=Severity.ERROR, like=["IST0106"])
def locality_weights_not_100(mesh: Mesh) -> Iterator[Violation]:
    """The weights of a locality distribution do not add up to 100."""
    settings = [
        policy.at("loadBalancer", "localityLbSetting")
        for destination_rule in mesh.destination_rules
        for policy in _policies(destination_rule)
    ]
    if mesh.config.node is not None:
        settings.append(mesh.config.node.get("localityLbSetting"))
    for setting in settings:
        for entry in setting.get("distribute").items():
            if type(entry.value) is dict:
                yield from _judge(entry.get("to"))


def _policies(destination_rule: DestinationRule) -> Iterator[Node]:
    """The traffic policies of a rule at every level: host, subset, and ports of both."""
    for policy in (
        destination_rule.traffic_policy,
        *(subset.traffic_policy for subset in destination_rule.subsets),
    ):
        yield policy
        yield from policy.get("portLevelSettings").items()


def _judge(to: Node) -> Iterator[Violation]:
    weights = [(node, _weight(node)) for _, node in to.entries()]
    wrong = [(node, weight) for node, weight in weights if weight is not None and not 1 <= weight <= _WHOLE]
    for node, weight in wrong:
        yield Violation(f"locality weight {weight} is not between 1 and {_WHOLE}", at=node)
    known = [weight for _, weight in weights if weight is not None]
    total = sum(known)
    if not wrong and len(known) == len(weights) and total != _WHOLE:
        yield Violation(f"the locality weights add up to {total}, not {_WHOLE}", at=to.key_place)


def _weight(node: Node) -> int | None:
    """The number, which protobuf also reads from a string; None for anything else."""
    text = node.text
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(_WHOLE)) else node.number
