"""Rules about the weights of route destinations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from meshlint.mesh import Mesh
from meshlint.model.gateway_api import KubernetesRoute
from meshlint.model.networking import Route
from meshlint.rule import Edit, Fix, Note, Severity, Violation, rule
from meshlint.source import rewrite
from meshlint.source.document import Node

_WHOLE = 100


@rule(severity=Severity.ERROR, like=["IST0106"])
def zero_total_weight(mesh: Mesh) -> Iterator[Violation]:
    """All destinations of a route have weight 0, so that none of them gets any traffic."""
    for route in _routes(mesh):
        weights = _weights(route)
        if weights is not None and len(weights) > 1 and not any(weights):
            written = [entry.weight for entry in route.destinations if entry.weight.exists]
            reason = "have weight 0" if written else "are without weight, which counts as 0"
            yield Violation(
                f"all {len(weights)} destinations of this route {reason}, and Istio rejects that",
                at=written[0] if written else route.node.get("route").key_place,
            )
    for kubernetes_route in mesh.kubernetes_routes:
        yield from _without_backends(kubernetes_route)


def _without_backends(route: KubernetesRoute) -> Iterator[Violation]:
    """Rules of a Gateway API route that lead nowhere; one TCP backend of weight 0 is a way to close a port."""
    if route.resource.kind in ("HTTPRoute", "GRPCRoute"):
        fewest, effect = 1, "every request is answered with 500"
    elif route.resource.kind in ("TLSRoute", "TCPRoute"):
        fewest, effect = 2, "every connection is refused"
    else:
        return
    for each in route.rules:
        if len(each.backends) >= fewest and all(backend.weight.number == 0 for backend in each.backends):
            yield Violation(
                f"all backends of this rule have weight 0, so {effect}", at=each.backends[0].weight
            )


@dataclass(frozen=True, slots=True)
class WeightOptions:
    """`allow_relative` accepts weights that share the traffic in whole percentages, such as 1, 1 and 2."""

    allow_relative: bool = False


@rule(
    severity=Severity.WARNING, fix="unsafe", options=WeightOptions(), severity_before=("1.15", Severity.ERROR)
)
def weights_not_100(mesh: Mesh, options: WeightOptions) -> Iterator[Violation]:
    """The weights of a route do not add up to 100, so that they are not the percentages they look like."""
    for route in _routes(mesh):
        weights = _weights(route)
        if weights is None or len(weights) < 2 or sum(weights) in (0, _WHOLE):
            continue
        total = sum(weights)
        if not (options.allow_relative and all(weight * _WHOLE % total == 0 for weight in weights)):
            yield _relative(route, weights)


def _relative(route: Route, weights: Sequence[int]) -> Violation:
    written = [entry.weight for entry in route.destinations if entry.weight.exists]
    if len(written) == len(weights):
        at, others = written[-1].place, written[:-1]
    else:
        at, others = route.node.get("route").key_place, written
    total = sum(weights)
    shares = ", ".join(_percent(weight, total) for weight in weights)
    return Violation(
        f"the weights of this route add up to {total}, not 100, so its destinations get {shares} of the traffic",
        at=at,
        notes=tuple(Note("another weight of the route", at=node) for node in others),
        fix=_scaled(route, weights),
    )


@rule(severity=Severity.WARNING, like=["KIA1104"], fix="safe")
def single_weight_ignored(mesh: Mesh) -> Iterator[Violation]:
    """A weight on the only destination of a route has no effect: that destination gets all traffic."""
    for route in _routes(mesh):
        if len(route.destinations) != 1:
            continue
        weight = route.destinations[0].weight
        if weight.number is None or weight.number < 0 or weight.number == _WHOLE:
            continue
        place = rewrite.entry(weight)
        yield Violation(
            f"weight {weight.number} has no effect, because the only destination of a route gets all traffic",
            at=weight,
            fix=None if place is None else Fix("delete the weight", (Edit(place, ""),), safe=True),
        )


def _routes(mesh: Mesh) -> Iterator[Route]:
    for service in mesh.virtual_services:
        yield from service.routes


def _weights(route: Route) -> tuple[int, ...] | None:
    """The weights of all destinations, absent ones as 0; None when one is no number or negative."""
    found = [_weight(entry.weight) for entry in route.destinations]
    weights = tuple(weight for weight in found if weight is not None and weight >= 0)
    return weights if len(weights) == len(found) else None


def _weight(node: Node) -> int | None:
    return 0 if node.value is None else node.number


def _percent(weight: int, total: int) -> str:
    share = weight * _WHOLE / total
    return f"{share:.0f} %" if share == int(share) else f"{share:.1f} %"


def _scaled(route: Route, weights: Sequence[int]) -> Fix:
    """Weights in the same proportions that add up to 100, by the largest remainder."""
    total = sum(weights)
    scaled = [weight * _WHOLE // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(weights[i] * _WHOLE % total), i))
    for index in by_remainder[: _WHOLE - sum(scaled)]:
        scaled[index] += 1
    edits = tuple(
        Edit(entry.weight.place, str(new))
        for entry, old, new in zip(route.destinations, weights, scaled, strict=True)
        if entry.weight.exists and old != new
    )
    return Fix(f"scale the weights to {', '.join(map(str, scaled))}", edits)
