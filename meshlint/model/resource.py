"""One Kubernetes object: its identity as it takes effect, its labels, and its spec as a node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from meshlint.source.document import Document, Node

CLUSTER_SCOPED = frozenset({
    "Namespace", "Node", "GatewayClass", "CustomResourceDefinition", "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration", "ClusterRole", "ClusterRoleBinding", "PersistentVolume", "StorageClass",
    "PriorityClass", "IngressClass", "APIService", "Istio", "IstioRevision", "IstioRevisionTag", "IstioCNI",
    "ZTunnel", "ClusterIssuer", "ClusterSecretStore", "ValidatingAdmissionPolicy", "ClusterPolicy",
})  # fmt: skip

NETWORKING = "networking.istio.io"
SECURITY = "security.istio.io"
TELEMETRY = "telemetry.istio.io"
EXTENSIONS = "extensions.istio.io"
GATEWAY_API = "gateway.networking.k8s.io"


_NOTHING: Mapping[str, str] = {}


class Key(NamedTuple):
    """What makes an object the same object: equal keys are alternatives of one identity."""

    group: str
    kind: str
    namespace: str | None
    name: str


class Resource:
    """A Kubernetes object.

    `namespace` is the one that takes effect, None for cluster-scoped kinds; `soft` says that it was
    defaulted, so that the object cannot prove what its namespace lacks.
    """

    __slots__ = (
        "annotations",
        "document",
        "group",
        "kind",
        "labels",
        "name",
        "namespace",
        "root",
        "soft",
        "spec",
        "version",
    )

    def __init__(self, document: Document, *, namespace: str | None, soft: bool) -> None:
        root = document.root
        self.document = document
        self.root = root
        api_version = root.get("apiVersion").text
        self.group, _, self.version = api_version.rpartition("/")
        self.kind = root.get("kind").text
        metadata = root.get("metadata")
        self.name = metadata.get("name").text
        self.namespace = namespace
        self.soft = soft
        self.labels = strings(metadata.get("labels"))
        self.annotations = strings(metadata.get("annotations"))
        self.spec = root.get("spec")

    @property
    def key(self) -> Key:
        """The identity of the object."""
        return Key(self.group, self.kind, self.namespace, self.name)

    @property
    def ns(self) -> str:
        """The namespace that takes effect; the empty string for cluster-scoped kinds."""
        return self.namespace or ""

    @property
    def api_version(self) -> str:
        """`group/version`, or the bare version of the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def metadata(self) -> Node:
        """The `metadata` mapping."""
        return self.root.get("metadata")

    @property
    def name_node(self) -> Node:
        """Where the name is written."""
        return self.metadata.get("name")

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    def __repr__(self) -> str:
        return f"<{self}>"


def read_resource(
    document: Document, default_namespace: str | None = None, namespace: str | None = None
) -> Resource:
    """Make a resource of a document.

    `namespace` overrides what is written (a kustomization sets it); `default_namespace` stands in when
    nothing is written, else `default` does.
    """
    root = document.root
    if root.get("kind").text in CLUSTER_SCOPED:
        return Resource(document, namespace=None, soft=False)
    written = namespace or root.at("metadata", "namespace").text
    if written:
        return Resource(document, namespace=written, soft=False)
    return Resource(document, namespace=default_namespace or "default", soft=default_namespace is None)


def strings(node: Node) -> Mapping[str, str]:
    """A map of labels or annotations; values that are no strings (which the API server refuses, and
    `non-string-metadata` reports) are read as their text, so that both sides of a comparison agree.

    The map of the document itself where it holds nothing but strings: no copy, so read only."""
    written = node.value
    if type(written) is not dict:
        return _NOTHING
    if all(type(value) is str for value in written.values()):
        return written
    return {
        key: value if type(value) is str else _scalar(value)
        for key, value in written.items()
        if type(key) is str
    }


def _scalar(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if type(value) is bool else str(value)


class Selector(NamedTuple):
    """A plain label selector: every label must be carried. `node` is the mapping of labels."""

    node: Node
    labels: Mapping[str, str]

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels is selected; an empty selector selects all."""
        return all(labels.get(key) == value for key, value in self.labels.items())


def selector(node: Node) -> Selector | None:
    """Read a mapping of labels as a selector; None when it is absent or null."""
    return Selector(node, strings(node)) if type(node.value) is dict else None
