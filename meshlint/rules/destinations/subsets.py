"""Subsets of a DestinationRule: which labels they have, and whether any route uses them."""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.mesh import Mesh
from meshlint.model.networking import DestinationRule, Subset
from meshlint.rule import Confidence, Edit, Fix, Note, Severity, Violation, rule
from meshlint.rules.destinations.progressive_delivery import is_controlled
from meshlint.rules.destinations.subset_uses import subset_uses
from meshlint.source import rewrite


@rule(severity=Severity.WARNING, like=["KIA0209"])
def subset_without_labels(mesh: Mesh) -> Iterator[Violation]:
    """A subset has no labels, so it holds every endpoint of the host."""
    for destination_rule in mesh.destination_rules:
        for subset in destination_rule.subsets:
            if subset.labels.mapping or type(subset.node.value) is not dict:
                continue
            reason = ", only its traffic policy sets it apart" if subset.traffic_policy.mapping else ""
            yield Violation(
                f"subset {subset.name.text!r} has no labels and holds every endpoint of the host{reason}",
                at=subset.name,
            )


@rule(severity=Severity.INFO, confidence=Confidence.MEDIUM, needs=["VirtualService"], fix="unsafe")
def unused_subset(mesh: Mesh) -> Iterator[Violation]:
    """No route uses a subset."""
    for destination_rule in mesh.destination_rules:
        unused = tuple(_unused(mesh, destination_rule))
        for subset in unused:
            if subset.traffic_policy.mapping:
                continue
            keeps_some = len(unused) < len(destination_rule.subsets)
            lines = rewrite.item(subset.node) if keeps_some else None
            yield Violation(
                f"no route uses subset {subset.name.text!r} of host {destination_rule.host.text!r}",
                at=subset.name,
                fix=Fix("delete the subset", (Edit(lines, ""),)) if lines else None,
            )


@rule(severity=Severity.WARNING, confidence=Confidence.MEDIUM, needs=["VirtualService"])
def unapplied_subset_policy(mesh: Mesh) -> Iterator[Violation]:
    """The traffic policy of a subset never takes effect, because no route uses the subset."""
    for destination_rule in mesh.destination_rules:
        policy = destination_rule.traffic_policy
        for subset in _unused(mesh, destination_rule):
            if subset.traffic_policy.mapping:
                yield Violation(
                    f"the policy of subset {subset.name.text!r} never applies, as no route uses the subset",
                    at=subset.traffic_policy.key_place,
                    notes=(Note("this policy applies instead", policy.key_place),) if policy.exists else (),
                )


def _unused(mesh: Mesh, destination_rule: DestinationRule) -> Iterator[Subset]:
    """The subsets that nothing uses, where the input can tell: it routes to the host, or is all there is."""
    namespace = destination_rule.resource.ns
    host = mesh.fqdn(destination_rule.host.text, namespace)
    if (
        not host
        or not destination_rule.subsets
        or mesh.is_unresolved(host)
        or mesh.world.is_tainted(namespace)
    ):
        return
    uses = subset_uses(mesh)
    if not (mesh.settings.closed or uses.concern(host)) or is_controlled(mesh, destination_rule):
        return
    defined = {subset.name.text for other in mesh.destination_rules_naming(host) for subset in other.subsets}
    if not uses.names_of(host) <= defined:
        return  # a route misspells a subset, and perhaps means this one
    for subset in destination_rule.subsets:
        name = subset.name.text
        if name and not mesh.is_unresolved(name) and not uses.include(host, name):
            yield subset
