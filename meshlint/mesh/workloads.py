"""Workloads: found by label, and whether and how each is in the mesh."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import Enum
from fnmatch import fnmatchcase
from typing import NamedTuple

from meshlint.mesh.settings import Settings
from meshlint.model.kubernetes import Workload
from meshlint.model.resource import Resource, Selector
from meshlint.source.document import Node

INJECT = "sidecar.istio.io/inject"
DATAPLANE_MODE = "istio.io/dataplane-mode"
GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"
TEMPLATES = "inject.istio.io/templates"
NEVER_INJECTED = frozenset({"kube-system", "kube-public", "kube-node-lease", "local-path-storage"})


class Mode(Enum):
    """How a workload takes part in the mesh."""

    SIDECAR = "sidecar"
    AMBIENT = "ambient"
    PROXYLESS = "proxyless"
    GATEWAY = "gateway"
    NONE = "none"
    UNKNOWN = "unknown"

    @property
    def meshed(self) -> bool:
        """Whether policies can be enforced on it."""
        return self in (Mode.SIDECAR, Mode.AMBIENT, Mode.GATEWAY, Mode.PROXYLESS)


class Enrolment(NamedTuple):
    """A mode, and the reason in words with the place that decided it."""

    mode: Mode
    reason: str
    at: Node


class WorkloadIndex:
    """Workloads by namespace and label."""

    def __init__(self, workloads: Iterable[Workload]) -> None:
        self._by_namespace: dict[str, list[Workload]] = defaultdict(list)
        self._by_label: dict[tuple[str, str, str], list[Workload]] = defaultdict(list)
        self._anywhere: dict[tuple[str, str], list[Workload]] = defaultdict(list)
        self.all = tuple(workloads)
        for workload in self.all:
            namespace = workload.resource.ns
            self._by_namespace[namespace].append(workload)
            for key, value in workload.labels.items():
                self._by_label[namespace, key, value].append(workload)
                self._anywhere[key, value].append(workload)

    def in_namespace(self, namespace: str) -> tuple[Workload, ...]:
        """All workloads of a namespace."""
        return tuple(self._by_namespace.get(namespace, ()))

    def select(self, selector: Selector | None, namespace: str | None) -> tuple[Workload, ...]:
        """The workloads that a selector picks; `namespace` None means anywhere."""
        if selector is None or not selector.labels:
            return self.all if namespace is None else self.in_namespace(namespace)
        return tuple(w for w in self._candidates(selector, namespace) if selector.matches(w.labels))

    def _candidates(self, selector: Selector, namespace: str | None) -> Iterable[Workload]:
        """The shortest list of workloads that carry one of the labels."""
        lists = (
            self._anywhere.get(item, ()) if namespace is None else self._by_label.get((namespace, *item), ())
            for item in selector.labels.items()
        )
        return min(lists, key=len)


def is_gateway(workload: Workload) -> bool:
    """Whether the pods run a proxy of type router: the gateway injection template, a router's own
    container, or the pods that a Gateway API Gateway stands for."""
    templates = workload.annotations.get(TEMPLATES) or workload.labels.get(TEMPLATES, "")
    if "gateway" in templates.split(",") or GATEWAY_NAME in workload.labels:
        return True
    return any(
        container.get("name").value == "istio-proxy" and "router" in container.get("args").sequence
        for container in workload.containers()
    )


def enrolment(workload: Workload, namespaces: Mapping[str, Resource], settings: Settings) -> Enrolment:
    """How a workload is in the mesh and why (pkg/kube/inject/inject.go injectRequired, the webhook's
    selectors in mutatingwebhook.yaml, cni/pkg/util/podutil.go)."""
    name = workload.resource.name_node
    if is_gateway(workload):
        return Enrolment(Mode.GATEWAY, "it is a gateway", name)
    for container in (*workload.containers(), *workload.pod_spec.get("initContainers").items()):
        if container.get("name").value == "istio-proxy":
            return Enrolment(Mode.SIDECAR, "it has an istio-proxy container", container.get("name"))
    if workload.host_network:
        return Enrolment(Mode.NONE, "it uses the host network", workload.pod_spec.get("hostNetwork"))
    namespace = namespaces.get(workload.resource.ns)
    injected = _injected(workload, namespace, settings)
    if injected.mode in (Mode.SIDECAR, Mode.PROXYLESS):
        return injected
    ambient = _ambient(workload, namespace)
    if ambient is not None:
        return ambient
    return injected


def _injected(workload: Workload, namespace: Resource | None, settings: Settings) -> Enrolment:
    if workload.resource.ns in NEVER_INJECTED:
        where = workload.resource.metadata.get("namespace")
        return Enrolment(Mode.NONE, f"nothing is injected in namespace '{workload.resource.ns}'", where)
    label = workload.labels.get(INJECT)
    label_node = workload.labels_node.get(INJECT)
    if namespace is None:
        return _injected_in_unknown(workload, label, label_node)
    enabled, reason, where = _namespace_injects(namespace, settings)
    revision = workload.labels.get("istio.io/rev")
    if label == "false":
        return Enrolment(Mode.NONE, f"its label '{INJECT}' is \"false\"", label_node)
    if enabled is False:
        return Enrolment(Mode.NONE, reason, where)
    if enabled is None and label != "true" and not revision:
        return Enrolment(Mode.NONE, reason, where)
    if label is None and workload.annotations.get(INJECT) == "false":
        at = workload.template.at("metadata", "annotations").get(INJECT)
        return Enrolment(Mode.NONE, f"its annotation '{INJECT}' is \"false\"", at)
    at = label_node if label == "true" else where
    return Enrolment(_template_mode(workload), "a sidecar is injected", at)


def _injected_in_unknown(workload: Workload, label: str | None, at: Node) -> Enrolment:
    """The namespace's labels are not in the input: only what the pod says counts."""
    if label == "true" or workload.labels.get("istio.io/rev"):
        return Enrolment(_template_mode(workload), "its pod labels ask for a sidecar", at)
    if label == "false" and workload.labels.get(DATAPLANE_MODE) == "none":
        return Enrolment(Mode.NONE, f"its label '{INJECT}' is \"false\"", at)
    return Enrolment(
        Mode.UNKNOWN,
        f"the labels of namespace '{workload.resource.ns}' are not in the input",
        workload.resource.name_node,
    )


def _namespace_injects(namespace: Resource, settings: Settings) -> tuple[bool | None, str, Node]:
    """True when it injects by itself, False when it refuses, None when only a pod can ask for it."""
    labels = namespace.metadata.get("labels")
    injection = namespace.labels.get("istio-injection")
    if injection is not None:
        node = labels.get("istio-injection")
        if injection == "enabled":
            return True, "its namespace is injected", node
        return (
            False,
            f"namespace '{namespace.name}' has the label 'istio-injection' with value '{injection}'",
            node,
        )
    if namespace.labels.get("istio.io/rev"):
        return True, "its namespace is injected", labels.get("istio.io/rev")
    if settings.inject_by_default:
        return True, "namespaces are injected by default", namespace.name_node
    return None, f"namespace '{namespace.name}' has no label that enables injection", namespace.name_node


def _ambient(workload: Workload, namespace: Resource | None) -> Enrolment | None:
    label = workload.labels.get(DATAPLANE_MODE)
    at = workload.labels_node.get(DATAPLANE_MODE)
    if label == "ambient":
        return Enrolment(Mode.AMBIENT, "its pod label enrols it in ambient mode", at)
    in_ambient = namespace is not None and namespace.labels.get(DATAPLANE_MODE) == "ambient"
    if not in_ambient or workload.resource.ns == "kube-system":
        return None
    if label == "none":
        return Enrolment(Mode.NONE, f"its label '{DATAPLANE_MODE}' is \"none\"", at)
    assert namespace is not None
    where = namespace.metadata.at("labels", DATAPLANE_MODE)
    return Enrolment(Mode.AMBIENT, "its namespace is in ambient mode", where)


def _template_mode(workload: Workload) -> Mode:
    templates = workload.annotations.get(TEMPLATES, "").split(",")
    return Mode.PROXYLESS if "grpc-agent" in templates else Mode.SIDECAR


def is_unmeshed_on_purpose(workload: Workload, globs: tuple[str, ...]) -> bool:
    """Whether the configuration declares that the workload stays outside the mesh."""
    namespace, name = workload.resource.ns, workload.resource.name
    return any(
        fnmatchcase(f"{namespace}/{name}", glob) if "/" in glob else fnmatchcase(namespace, glob)
        for glob in globs
    )
