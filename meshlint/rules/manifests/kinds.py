"""Kinds and versions of the APIs that meshlint judges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshlint.mesh import Mesh, closest
from meshlint.model.resource import EXTENSIONS, GATEWAY_API, NETWORKING, SECURITY, TELEMETRY, Resource
from meshlint.rule import Edit, Fix, Severity, Tier, Violation, rule
from meshlint.source import rewrite
from meshlint.source.document import Node

_NETWORKING_VERSIONS = ("v1", "v1beta1", "v1alpha3")
KINDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    NETWORKING: {
        **dict.fromkeys(
            (
                "DestinationRule",
                "Gateway",
                "ServiceEntry",
                "Sidecar",
                "VirtualService",
                "WorkloadEntry",
                "WorkloadGroup",
            ),
            _NETWORKING_VERSIONS,
        ),
        "EnvoyFilter": ("v1alpha3",),
        "ProxyConfig": ("v1beta1",),
    },
    SECURITY: dict.fromkeys(
        ("AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication"), ("v1", "v1beta1")
    ),
    TELEMETRY: {"Telemetry": ("v1", "v1alpha1")},
    EXTENSIONS: {"WasmPlugin": ("v1alpha1",), "TrafficExtension": ("v1alpha1",)},
    GATEWAY_API: {
        "GatewayClass": ("v1", "v1beta1"),
        "Gateway": ("v1", "v1beta1"),
        "HTTPRoute": ("v1", "v1beta1"),
        "GRPCRoute": ("v1", "v1alpha2"),
        "ReferenceGrant": ("v1", "v1beta1", "v1alpha2"),
        "BackendTLSPolicy": ("v1", "v1alpha3", "v1alpha2"),
        "TLSRoute": ("v1", "v1alpha3", "v1alpha2"),
        "TCPRoute": ("v1", "v1alpha2"),
        "UDPRoute": ("v1", "v1alpha2"),
        "ListenerSet": ("v1",),
    },
}
"""The versions that each kind is or was served in, the newest first."""

_REMOVED_GROUPS = ("rbac.istio.io", "authentication.istio.io", "config.istio.io")
_REMOVED_CRDS = frozenset(
    f"{name}.rbac.istio.io"
    for name in ("clusterrbacconfigs", "rbacconfigs", "serviceroles", "servicerolebindings")
)
_INSTALLERS = ("install.istio.io", "operator.istio.io")
_FIRST_V1 = (1, 22)
_STABLE_EVERYWHERE = frozenset({"GatewayClass", "Gateway", "HTTPRoute", "GRPCRoute"})
"""The kinds of the Gateway API that have been v1 for as long as Istio's own kinds have."""


@rule(severity=Severity.ERROR, security=5.0, like=["IST0002"])
def removed_kind(mesh: Mesh) -> Iterator[Violation]:
    """The object belongs to an API that Istio has removed, so it does nothing."""
    for resource in mesh.resources:
        if resource.group in _REMOVED_GROUPS:
            yield Violation(
                f"Istio has removed the API '{resource.group}', so this {resource.kind} does nothing",
                at=resource.root.get("kind"),
            )
        elif resource.kind == "CustomResourceDefinition" and resource.name in _REMOVED_CRDS:
            yield Violation(
                f"Istio has removed the API that '{resource.name}' defines", at=resource.root.get("kind")
            )


@rule(severity=Severity.ERROR, like=["IST0106"], fix="unsafe")
def unknown_istio_kind(mesh: Mesh) -> Iterator[Violation]:
    """Istio or the Gateway API has no such kind, or not in that version."""
    defined = {crd.spec.get("group").text for crd in mesh.of_kind("CustomResourceDefinition")}
    for resource in mesh.resources:
        kinds = KINDS.get(resource.group)
        if kinds is None:
            if resource.group.endswith(".istio.io") and resource.group not in defined:
                yield from _unknown_group(resource)
        elif resource.kind not in kinds:
            if resource.group not in defined:
                yield _unknown_kind(resource, kinds)
        elif resource.version not in kinds[resource.kind]:
            yield _unknown_version(resource, kinds[resource.kind][0])


def _unknown_group(resource: Resource) -> Iterator[Violation]:
    """A group of another project is none of our business, unless it is nearly one of Istio's or holds its kinds."""
    if resource.group in (*_REMOVED_GROUPS, *_INSTALLERS):
        return
    home = _home(resource.kind) or closest(resource.group, KINDS)
    if home is not None:
        yield Violation(
            f"Istio has no API '{resource.group}'; did you mean '{home}'?",
            at=resource.root.get("apiVersion"),
            fix=_api_version(resource, home, resource.version),
        )


def _unknown_kind(resource: Resource, kinds: Mapping[str, tuple[str, ...]]) -> Violation:
    message = f"'{resource.group}' has no kind '{resource.kind}'"
    home = _home(resource.kind)
    if home is not None:
        moved = _api_version(resource, home, KINDS[home][resource.kind][0])
        return Violation(f"{message}; it belongs to '{home}'", at=resource.root.get("apiVersion"), fix=moved)
    node = resource.root.get("kind")
    near = next(
        (kind for kind in kinds if kind.lower() == resource.kind.lower()), closest(resource.kind, kinds)
    )
    if near is None:
        return Violation(message, at=node)
    return Violation(f"{message}; did you mean '{near}'?", at=node, fix=_write(node, near))


def _unknown_version(resource: Resource, served: str) -> Violation:
    return Violation(
        f"{resource.kind} has no version '{resource.version}'; did you mean '{served}'?",
        at=resource.root.get("apiVersion"),
        fix=_api_version(resource, resource.group, served),
    )


def _home(kind: str) -> str | None:
    """The group that a kind belongs to; Gateway, of which there are two, to Istio's."""
    return next((group for group, kinds in KINDS.items() if kind in kinds), None)


@rule(severity=Severity.INFO, tier=Tier.PEDANTIC, fix="safe")
def outdated_api_version(mesh: Mesh) -> Iterator[Violation]:
    """The object uses an older version of an API that has a stable one."""
    target = mesh.settings.istio_version
    if target is not None and target < _FIRST_V1:
        return
    for resource in mesh.resources:
        if resource.group == GATEWAY_API and resource.kind not in _STABLE_EVERYWHERE:
            continue
        versions = KINDS.get(resource.group, {}).get(resource.kind, ())
        if versions[:1] == ("v1",) and resource.version in versions[1:]:
            yield Violation(
                f"{resource.kind} is served as v1, and '{resource.version}' is only kept for old clients",
                at=resource.root.get("apiVersion"),
                fix=_api_version(resource, resource.group, "v1")._replace(safe=True),
            )


def _api_version(resource: Resource, group: str, version: str) -> Fix:
    return _write(resource.root.get("apiVersion"), f"{group}/{version}")


def _write(node: Node, text: str) -> Fix:
    return Fix(f"write '{text}'", (Edit(node.place, rewrite.in_place_of(node, text)),))
