"""Conditions in the status of objects that were dumped from a cluster."""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.mesh import Mesh
from meshlint.model.gateway_api import ROUTE_KINDS
from meshlint.model.resource import GATEWAY_API, Resource
from meshlint.rule import Note, Severity, Violation, rule
from meshlint.source.document import Node

_BOUND = ("Service", "ServiceEntry", "WorkloadEntry")
_BENIGN = frozenset({"Pending", "ListenersNotValid", "ListenerSetsNotValid", "AddressNotAssigned"})
_ROUTING = frozenset({"Accepted", "Programmed", "ResolvedRefs"})


@rule(severity=Severity.WARNING, like=["IST0171"])
def negative_status_condition(mesh: Mesh) -> Iterator[Violation]:
    """The control plane has written into the object's status that something of it does not work."""
    for resource in mesh.resources:
        for condition in _conditions(resource):
            if _is_negative(resource, condition):
                kind, reason = condition.get("type").text, condition.get("reason").text
                message = condition.get("message").text
                yield Violation(
                    f"condition '{kind}' is {condition.get('status').text or 'not met'}"
                    + (f" ({reason})" if reason else "")
                    + (f": {message}" if message else ""),
                    at=condition.get("reason") if reason else condition.get("status"),
                    notes=(Note("of this object", resource.name_node),),
                )


def _conditions(resource: Resource) -> Iterator[Node]:
    status = resource.root.get("status")
    yield from status.get("conditions").items()
    if resource.group == GATEWAY_API:
        for listener in status.get("listeners").items():
            yield from listener.get("conditions").items()
        for parent in status.get("parents").items():
            yield from parent.get("conditions").items()


def _is_negative(resource: Resource, condition: Node) -> bool:
    kind, reason = condition.get("type").text, condition.get("reason").text
    negative = (
        condition.get("status").text == "False"
        and reason not in _BENIGN
        and not _is_stale(resource, condition)
    )
    if resource.kind in _BOUND:
        return negative and kind == "istio.io/WaypointBound"
    if resource.kind == "AuthorizationPolicy":
        partly = kind == "WaypointAccepted" and reason == "PartiallyInvalid"
        return partly or (negative and kind in ("ZtunnelAccepted", "WaypointAccepted"))
    if resource.group == GATEWAY_API and resource.kind in ("Gateway", *ROUTE_KINDS):
        return negative and kind in _ROUTING
    return False


def _is_stale(resource: Resource, condition: Node) -> bool:
    observed, current = condition.get("observedGeneration").number, resource.metadata.get("generation").number
    return observed is not None and current is not None and observed < current
