"""The pods and endpoints that a subset selects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from meshlint.mesh import MISSING, UNKNOWN, Absence, Mesh, RegisteredHost, closest
from meshlint.model.names import is_wildcard
from meshlint.model.networking import DestinationRule, ServiceEntry, Subset
from meshlint.rule import Confidence, Note, Severity, Violation, rule
from meshlint.rules.destinations.progressive_delivery import is_controlled
from meshlint.rules.destinations.subset_uses import subset_uses
from meshlint.rules.edits import did_you_mean, replace_scalar
from meshlint.source.document import Node

_PLACED = ("topology.kubernetes.io/", "topology.istio.io/", "kubernetes.io/hostname")
_SET_AT_RUN_TIME = frozenset({
    "istio.io/rev", "security.istio.io/tlsMode", "service.istio.io/canonical-name",
    "service.istio.io/canonical-revision", "pod-template-hash", "controller-revision-hash",
    "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index",
})  # fmt: skip
_DIGITS = re.compile(r"\d+")
_SHOWN = 5


class Carrier(NamedTuple):
    """Something that takes traffic for a host: a pod template, or an endpoint of a ServiceEntry."""

    labels: Mapping[str, str]
    at: Node
    is_pod: bool


@rule(
    severity=Severity.ERROR,
    confidence=Confidence.MEDIUM,
    needs=["workloads@ns"],
    like=["IST0173", "KIA0203"],
    fix="unsafe",
)
def subset_without_workloads(mesh: Mesh) -> Iterator[Violation]:
    """A subset selects none of the pods or endpoints behind its host."""
    for destination_rule in mesh.destination_rules:
        wanted = [subset for subset in destination_rule.subsets if subset.labels.mapping]
        if not wanted or is_controlled(mesh, destination_rule):
            continue
        carriers = _carriers_for(mesh, destination_rule)
        if carriers is not None:
            for subset in wanted:
                if not any(mesh.is_unresolved(value) for value in subset.wanted.values()):
                    yield from _judge(mesh, destination_rule, subset, carriers)


def _judge(
    mesh: Mesh, destination_rule: DestinationRule, subset: Subset, carriers: tuple[Carrier, ...]
) -> Iterator[Violation]:
    """Narrow the carriers down label by label; the label that leaves none is the one to look at."""
    left = carriers
    for key, value in subset.wanted.items():
        before, left = left, tuple(carrier for carrier in left if _carries(mesh, carrier, key, value))
        if not left:
            break
    else:
        return
    host = mesh.fqdn(destination_rule.host.text, destination_rule.resource.ns)
    routes = subset_uses(mesh).routes.get((host, subset.name.text), [])
    near = _meant(value, dict.fromkeys(carrier.labels[key] for carrier in before if key in carrier.labels))
    label = subset.labels.get(key)
    nearest = (Note(f"this one has {_listed(before[0].labels)}", before[0].at),) if before else ()
    used = _used_by(len(routes))
    yield Violation(
        f"subset '{subset.name.text}' selects no workload of host '{host}'{used}{did_you_mean(near)}",
        at=label if carriers else subset.labels.key_place,
        notes=(*nearest, *(Note("a route uses the subset", route.subset) for route in routes[:_SHOWN])),
        fix=replace_scalar(label, near, f"replace the value by '{near}'") if near else None,
    )


def _meant(value: str, carried: Iterable[str]) -> str | None:
    """A value that the author may have misspelt; `v1` is another version than `v2`, not another spelling."""
    near = closest(value, carried)
    return near if near and _DIGITS.sub("", near) != _DIGITS.sub("", value) else None


def _used_by(routes: int) -> str:
    if not routes:
        return ""
    return ", and 1 route uses it" if routes == 1 else f", and {routes} routes use it"


def _listed(labels: Mapping[str, str]) -> str:
    listed = ", ".join(f"'{key}: {value}'" for key, value in list(labels.items())[:_SHOWN])
    return f"labels {listed}" if listed else "no labels"


def _carries(mesh: Mesh, carrier: Carrier, key: str, value: str) -> bool:
    """Whether a label of a subset fits a carrier, or may fit it at run time."""
    placed = key.startswith(_PLACED)
    if placed and not value:
        return False
    own = carrier.labels.get(key)
    if own is not None:
        return own == value or mesh.is_unresolved(own)
    if placed and carrier.is_pod:
        known = _node_labels(mesh).get(key)
        return known is None or value in known
    return placed or key in _SET_AT_RUN_TIME


def _node_labels(mesh: Mesh) -> Mapping[str, set[str]]:
    """The values of every label of the Nodes: a pod inherits those that tell where its Node stands."""
    return mesh.memo(("node_labels",), lambda: _collect_node_labels(mesh))


def _collect_node_labels(mesh: Mesh) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for node in mesh.of_kind("Node"):
        for key, value in node.labels.items():
            found.setdefault(key, set()).add(value)
    return found


def _carriers_for(mesh: Mesh, destination_rule: DestinationRule) -> tuple[Carrier, ...] | None:
    """What takes traffic for the host of a rule; None when the input does not show all of it."""
    namespace = destination_rule.resource.ns
    host = mesh.fqdn(destination_rule.host.text, namespace)
    if is_wildcard(host):
        covered = mesh.hosts_covered_by(host)
        found: tuple[RegisteredHost, ...] | Absence = tuple(
            h for h in covered if h.visibility.reaches(namespace)
        )
    else:
        found = mesh.service(host, seen_from=namespace)
    if isinstance(found, Absence) or not found:
        return None
    carriers: list[Carrier] = []
    for registered in found:
        own = _carriers_of(mesh, registered)
        if own is None:
            return None
        carriers.extend(own)
    return tuple(carriers)


def _carriers_of(mesh: Mesh, host: RegisteredHost) -> tuple[Carrier, ...] | None:
    """Pods and endpoints of one host; None when others may exist, such as machines that register themselves."""
    if host.namespace in _self_registering(mesh):
        return None
    endpoints = tuple(Carrier(found.labels, found.node, is_pod=False) for found in mesh.endpoints_of(host))
    pods = mesh.workloads_of(host)
    if pods is UNKNOWN:
        only_endpoints = isinstance(host.view, ServiceEntry) and host.view.workload_selector is None
        return endpoints if endpoints and only_endpoints else None
    if pods is MISSING:
        return endpoints if endpoints or mesh.settings.closed else None
    assert not isinstance(pods, Absence)
    if not pods and not endpoints:
        return None
    return endpoints + tuple(Carrier(pod.labels, pod.labels_node, is_pod=True) for pod in pods)


def _self_registering(mesh: Mesh) -> frozenset[str]:
    """The namespaces in which WorkloadGroups let machines join at run time."""
    return mesh.memo(("self_registering",), lambda: frozenset(r.ns for r in mesh.of_kind("WorkloadGroup")))
