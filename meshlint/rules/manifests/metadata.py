"""Labels, annotations and selectors that are not text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshlint.mesh import Mesh
from meshlint.model.resource import Resource
from meshlint.rule import Edit, Fix, Severity, Violation, rule
from meshlint.source.document import Node

Path = tuple[str, ...]

_EACH = "*"
_METADATA: tuple[Path, ...] = (("metadata", "labels"), ("metadata", "annotations"))
_SELECTOR: Path = ("spec", "selector", "matchLabels")
_TEMPLATE: tuple[Path, ...] = (
    ("spec", "template", "metadata", "labels"),
    ("spec", "template", "metadata", "annotations"),
)
_JOB_TEMPLATE: tuple[Path, ...] = tuple(("spec", "jobTemplate", *path) for path in _TEMPLATE)
_WORKLOAD_SELECTOR: tuple[Path, ...] = (
    ("spec", "workloadSelector", "labels"),
    ("spec", "workloadSelector", "matchLabels"),
)
_PATHS: Mapping[str, tuple[Path, ...]] = {
    **dict.fromkeys(
        ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "Rollout"), (_SELECTOR, *_TEMPLATE)
    ),
    **dict.fromkeys(
        (
            "AuthorizationPolicy",
            "PeerAuthentication",
            "RequestAuthentication",
            "ProxyConfig",
            "Telemetry",
            "WasmPlugin",
        ),
        (_SELECTOR,),
    ),
    **dict.fromkeys(("Sidecar", "EnvoyFilter"), _WORKLOAD_SELECTOR),
    "CronJob": _JOB_TEMPLATE,
    "DestinationRule": (("spec", "subsets", _EACH, "labels"), *_WORKLOAD_SELECTOR),
    "Gateway": (
        ("spec", "selector"),
        ("spec", "infrastructure", "labels"),
        ("spec", "infrastructure", "annotations"),
        ("spec", "listeners", _EACH, "allowedRoutes", "namespaces", "selector", "matchLabels"),
    ),
    "NetworkPolicy": (("spec", "podSelector", "matchLabels"),),
    "ReplicationController": (("spec", "selector"), *_TEMPLATE),
    "Service": (("spec", "selector"), *_TEMPLATE),
    "ServiceEntry": (("spec", "endpoints", _EACH, "labels"), *_WORKLOAD_SELECTOR),
    "TrafficExtension": (_SELECTOR,),
    "VirtualService": tuple(
        ("spec", protocol, _EACH, "match", _EACH, "sourceLabels") for protocol in ("http", "tls", "tcp")
    ),
    "WorkloadEntry": (("spec", "labels"),),
    "WorkloadGroup": (
        ("spec", "metadata", "labels"),
        ("spec", "metadata", "annotations"),
        ("spec", "template", "labels"),
    ),
}
"""Where the objects of a kind map text to text, beside their own metadata."""

_READ_AS = {bool: "a boolean", int: "a number", float: "a number", type(None): "null"}


@rule(severity=Severity.ERROR, like=["IST0106"], fix="safe")
def non_string_metadata(mesh: Mesh) -> Iterator[Violation]:
    """A label, annotation or selector has a value that YAML does not read as text."""
    for resource in mesh.resources:
        for values in _string_maps(resource):
            for key, value in values.items():
                if type(value) in _READ_AS:
                    yield from _not_text(key, Node(value, resource.document, values, key))


def _string_maps(resource: Resource) -> Iterator[dict[object, object]]:
    """Every mapping of an object that must map text to text, as plain values: nearly all are in order."""
    for path in (*_METADATA, *_PATHS.get(resource.kind, ())):
        yield from _follow(resource.root.value, path)


def _follow(value: object, path: Path) -> Iterator[dict[object, object]]:
    for at, key in enumerate(path):
        if key == _EACH:
            for item in value if type(value) is list else ():
                yield from _follow(item, path[at + 1 :])
            return
        value = value.get(key) if type(value) is dict else None
    if type(value) is dict:
        yield value


def _not_text(key: object, node: Node) -> Iterator[Violation]:
    place = node.place
    written = place.document.file.text[place.start : place.end]
    if not written:
        return  # `key:` with nothing after it is the empty text for the API server
    alias = written.startswith("*")
    yield Violation(
        f"YAML reads the value {written} of '{key}' as {_READ_AS[type(node.value)]}, and Kubernetes takes only text here",
        at=node,
        fix=None if alias else Fix("put it in quotes", (Edit(place, f'"{written}"'),), safe=True),
    )
