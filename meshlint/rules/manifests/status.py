"""Conditions in the status of objects that were dumped from a cluster."""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.mesh import Mesh
from meshlint.model.gateway_api import ROUTE_KINDS
from meshlint.model.resource import GATEWAY_API, Resource
from meshlint.rule import Note, Severity, Violation, rule
from meshlint.source.document import Node

_WAYPOINT_USERS = ("Service", "ServiceEntry", "WorkloadEntry")
_POLICY_TYPES = ("ZtunnelAccepted", "WaypointAccepted")
_GATEWAY_TYPES = ("Accepted", "Programmed", "ResolvedRefs")
_BENIGN = frozenset({"Pending", "ListenersNotValid", "ListenerSetsNotValid", "AddressNotAssigned"})
"""Reasons that pass by themselves, or that the part at fault reports itself."""


@rule(severity=Severity.WARNING, like=["IST0171"])
def negative_status_condition(mesh: Mesh) -> Iterator[Violation]:
    """The control plane has written into the object's status that something of it does not work."""
    for resource in mesh.resources:
        types = _judged(resource)
        for condition in _conditions(resource) if types else ():
            if condition.get("type").text in types and _is_negative(resource, condition):
                reason = condition.get("reason")
                yield Violation(
                    _told(condition),
                    at=reason if reason.text else condition.get("status"),
                    notes=(Note("of this object", resource.name_node),),
                )


def _judged(resource: Resource) -> tuple[str, ...]:
    """The types of conditions that should hold for an object of this kind."""
    if resource.kind in _WAYPOINT_USERS:
        return ("istio.io/WaypointBound",)
    if resource.kind == "AuthorizationPolicy":
        return _POLICY_TYPES
    if resource.group == GATEWAY_API and resource.kind in ("Gateway", *ROUTE_KINDS):
        return _GATEWAY_TYPES
    return ()


def _conditions(resource: Resource) -> Iterator[Node]:
    status = resource.root.get("status")
    yield from status.get("conditions").items()
    if resource.group == GATEWAY_API:
        for part in (*status.get("listeners").items(), *status.get("parents").items()):
            yield from part.get("conditions").items()


def _is_negative(resource: Resource, condition: Node) -> bool:
    if _is_stale(resource, condition):
        return False
    reason = condition.get("reason").text
    if condition.get("type").text == "WaypointAccepted" and reason == "PartiallyInvalid":
        return True
    return condition.get("status").value in ("False", False) and reason not in _BENIGN


def _is_stale(resource: Resource, condition: Node) -> bool:
    """Whether the condition speaks of an older version of the object."""
    observed, current = condition.get("observedGeneration").number, resource.metadata.get("generation").number
    return observed is not None and current is not None and observed < current


def _told(condition: Node) -> str:
    """What the control plane says, in one line."""
    reason, message = condition.get("reason").text, condition.get("message").text.strip()
    told = f"condition '{condition.get('type').text}' is {condition.get('status').value}"
    told += f" ({reason})" if reason else ""
    return told + (f": {message.splitlines()[0].rstrip('.')}" if message else "")
