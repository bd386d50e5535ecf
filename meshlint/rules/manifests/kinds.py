"""Kinds and versions of the APIs that meshlint judges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshlint.mesh import Mesh, closest
from meshlint.model.resource import EXTENSIONS, GATEWAY_API, NETWORKING, SECURITY, TELEMETRY, Resource
from meshlint.rule import Edit, Fix, Severity, Tier, Violation, rule

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
_OPERATOR_GROUPS = ("install.istio.io", "operator.istio.io")
_REMOVED_CRDS = frozenset(
    f"{name}.rbac.istio.io"
    for name in ("clusterrbacconfigs", "rbacconfigs", "serviceroles", "servicerolebindings")
)
_FIRST_V1 = (1, 22)


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
        kinds = KINDS.get(resource.group, {})
        if resource.group not in KINDS and not _is_misspelt_group(resource):
            continue
        if resource.group in defined and resource.kind not in kinds:
            continue
        if resource.kind not in kinds:
            yield from _unknown_kind(resource, kinds)
        elif resource.version not in kinds[resource.kind]:
            served = kinds[resource.kind][0]
            yield Violation(
                f"{resource.kind} has no version '{resource.version}'; did you mean '{served}'?",
                at=resource.root.get("apiVersion"),
                fix=_replace_version(resource, served),
            )


def _is_misspelt_group(resource: Resource) -> bool:
    """Whether the group is none of Istio's but looks like one, for a kind that Istio has elsewhere."""
    foreign = not resource.group.endswith(".istio.io") or resource.group in (
        *_REMOVED_GROUPS,
        *_OPERATOR_GROUPS,
    )
    return not foreign and any(resource.kind in kinds for kinds in KINDS.values())


def _unknown_kind(resource: Resource, kinds: Mapping[str, tuple[str, ...]]) -> Iterator[Violation]:
    if resource.kind.startswith("X") and resource.group == GATEWAY_API:
        return
    node = resource.root.get("kind")
    near = closest(resource.kind, kinds) or next(
        (k for k in kinds if k.lower() == resource.kind.lower()), None
    )
    home = next((group for group, known in KINDS.items() if resource.kind in known), None)
    if home is not None:
        hint = f"; it belongs to '{home}'"
    else:
        hint = f"; did you mean '{near}'?" if near else ""
    fix = Fix(f"write '{near}'", (Edit(node.place, near),)) if near and home is None else None
    yield Violation(f"'{resource.group}' has no kind '{resource.kind}'{hint}", at=node, fix=fix)


@rule(severity=Severity.INFO, tier=Tier.PEDANTIC, fix="safe")
def outdated_api_version(mesh: Mesh) -> Iterator[Violation]:
    """The object uses an older version of an API that has a stable one."""
    target = mesh.settings.istio_version
    if target is not None and target < _FIRST_V1:
        return
    for resource in mesh.resources:
        versions = KINDS.get(resource.group, {}).get(resource.kind, ())
        if resource.group == GATEWAY_API and resource.kind not in (
            "GatewayClass",
            "Gateway",
            "HTTPRoute",
            "GRPCRoute",
        ):
            continue
        if versions[:1] == ("v1",) and resource.version in versions[1:]:
            yield Violation(
                f"{resource.kind} is served as v1, and '{resource.version}' is only kept for old clients",
                at=resource.root.get("apiVersion"),
                fix=_replace_version(resource, "v1", safe=True),
            )


def _replace_version(resource: Resource, version: str, *, safe: bool = False) -> Fix:
    text = f"{resource.group}/{version}"
    return Fix(f"write '{text}'", (Edit(resource.root.get("apiVersion").place, text),), safe=safe)
