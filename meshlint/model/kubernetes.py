"""Views of Kubernetes' own kinds: Services, workloads (anything with a pod template), secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from meshlint.model.resource import Resource, Selector, selector, strings
from meshlint.source.document import Node

TEMPLATE_PATHS: Mapping[str, tuple[str, ...]] = {
    "Pod": (),
    "Deployment": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Rollout": ("spec", "template"),
    "DeploymentConfig": ("spec", "template"),
}
"""Where the pod template of a workload kind stands (a Knative Service's is read on its own)."""

WORKLOAD_GROUPS = frozenset({"", "apps", "batch", "argoproj.io", "apps.openshift.io", "extensions"})


class ServicePort(NamedTuple):
    """A port of a Service; `target` is a number, or the name of a container port."""

    node: Node
    number: int | None
    name: str
    l4: str
    app_protocol: str | None
    target: int | str | None


class Service(NamedTuple):
    """A Service, with the API server's defaults applied."""

    resource: Resource
    selector: Selector | None
    ports: tuple[ServicePort, ...]
    type: str
    headless: bool
    external_name: str


def service(resource: Resource) -> Service:
    """Read a Service (or a Knative Service, which has no ports of its own)."""
    spec = resource.spec
    return Service(
        resource,
        selector(spec.get("selector")),
        tuple(_service_port(node) for node in spec.get("ports").items()),
        spec.get("type").text or "ClusterIP",
        spec.get("clusterIP").value == "None",
        spec.get("externalName").text,
    )


def _service_port(node: Node) -> ServicePort:
    number = node.get("port").number
    target = node.get("targetPort").value
    if type(target) is str and target.isascii() and target.isdigit():
        target = int(target)
    return ServicePort(
        node,
        number,
        node.get("name").text,
        node.get("protocol").text or "TCP",
        node.get("appProtocol").text or None,
        target if isinstance(target, (int, str)) and target not in ("", 0) else number,
    )


class ContainerPort(NamedTuple):
    """A port that a container declares."""

    node: Node
    number: int | None
    name: str
    l4: str


class Workload(NamedTuple):
    """A pod template and what owns it. `template` is the node with `metadata` and `spec` of the pod."""

    resource: Resource
    template: Node
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    service_account: str
    host_network: bool

    @property
    def pod_spec(self) -> Node:
        """The pod's spec."""
        return self.template.get("spec")

    def containers(self) -> tuple[Node, ...]:
        """The containers, then the init containers that keep running (native sidecars)."""
        spec = self.pod_spec
        native = (c for c in spec.get("initContainers").items() if c.get("restartPolicy").value == "Always")
        return (*spec.get("containers").items(), *native)

    def ports(self) -> tuple[ContainerPort, ...]:
        """Every declared container port."""
        return tuple(
            ContainerPort(
                port,
                port.get("containerPort").number,
                port.get("name").text,
                port.get("protocol").text or "TCP",
            )
            for container in self.containers()
            for port in container.get("ports").items()
        )

    @property
    def labels_node(self) -> Node:
        """Where the pod's labels are written."""
        return self.template.at("metadata", "labels")


def workload(resource: Resource) -> Workload | None:
    """Read the pod template of a resource; None when the kind has none, or when the object is owned by
    another workload (a ReplicaSet of a Deployment, a Pod of a ReplicaSet)."""
    if resource.group == "serving.knative.dev" and resource.kind == "Service":
        return _workload(
            resource, resource.spec.get("template"), {"serving.knative.dev/service": resource.name}
        )
    path = TEMPLATE_PATHS.get(resource.kind)
    if path is None or resource.group not in WORKLOAD_GROUPS:
        return None
    owners = resource.metadata.get("ownerReferences").items()
    if any(
        owner.get("controller").value is True and owner.get("kind").text in TEMPLATE_PATHS for owner in owners
    ):
        return None
    return _workload(resource, resource.root.at(*path) if path else resource.root, {})


def _workload(resource: Resource, template: Node, extra: Mapping[str, str]) -> Workload:
    metadata = template.get("metadata")
    spec = template.get("spec")
    return Workload(
        resource,
        template,
        {**strings(metadata.get("labels")), **extra},
        strings(metadata.get("annotations")),
        spec.get("serviceAccountName").text or spec.get("serviceAccount").text or "default",
        spec.get("hostNetwork").value is True,
    )


def secret_name(resource: Resource) -> str | None:
    """The Secret that a Secret, Certificate, ExternalSecret or SealedSecret stands for; None for others."""
    if resource.kind in ("Secret", "SealedSecret"):
        return resource.spec.at("template", "metadata", "name").text or resource.name
    if resource.kind == "Certificate" and resource.group == "cert-manager.io":
        return resource.spec.get("secretName").text or None
    if resource.kind == "ExternalSecret":
        return resource.spec.at("target", "name").text or resource.name
    return None
