"""Progressive delivery: controllers that write labels and subsets while a release is under way."""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.mesh import Mesh
from meshlint.model.networking import DestinationRule
from meshlint.model.resource import Resource

ROLLOUT_LABEL = "rollouts-pod-template-hash"
_ROLLOUT_SERVICES = (
    ("canary", "canaryService"),
    ("canary", "stableService"),
    ("blueGreen", "activeService"),
    ("blueGreen", "previewService"),
)

Controlled = tuple[str, str, str]
"""Kind, namespace and name of something that a controller writes to."""


def is_controlled(mesh: Mesh, rule: DestinationRule) -> bool:
    """Whether an Argo Rollout or a Flagger Canary manages a DestinationRule or the Service that it is for,
    so that the files do not show the labels and routes of the running mesh."""
    namespace = rule.resource.ns
    controlled = mesh.memo(("progressive_delivery",), lambda: frozenset(_controlled(mesh)))
    if ("DestinationRule", namespace, rule.resource.name) in controlled:
        return True
    if any(ROLLOUT_LABEL in subset.wanted for subset in rule.subsets):
        return True
    return any(
        host.resource.name.endswith("-primary")
        or ("Service", host.namespace, host.resource.name) in controlled
        for host in mesh.registered(mesh.fqdn(rule.host.text, namespace))
    )


def _controlled(mesh: Mesh) -> Iterator[Controlled]:
    for resource in mesh.of_kind("Rollout"):
        yield from _by_rollout(resource)
    for resource in mesh.of_kind("Canary"):
        name = resource.spec.at("service", "name").text or resource.spec.at("targetRef", "name").text
        for suffix in ("", "-primary", "-canary"):
            yield "Service", resource.ns, f"{name}{suffix}"


def _by_rollout(rollout: Resource) -> Iterator[Controlled]:
    strategy = rollout.spec.get("strategy")
    routed = strategy.at("canary", "trafficRouting", "istio", "destinationRule", "name").text
    yield "DestinationRule", rollout.ns, routed
    for path in _ROLLOUT_SERVICES:
        yield "Service", rollout.ns, strategy.at(*path).text
