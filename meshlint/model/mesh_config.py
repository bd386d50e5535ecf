"""The mesh's own configuration (istio.mesh.v1alpha1.MeshConfig), with its defaults applied."""

from __future__ import annotations

from typing import NamedTuple

from meshlint.source.document import Node


class MeshConfig(NamedTuple):
    """The settings of MeshConfig that change outcomes; `node` is where it is written, None when no
    mesh configuration was read (the values are then Istio's defaults)."""

    node: Node | None = None
    root_namespace: str | None = None
    trust_domain: str | None = None
    trust_domain_aliases: tuple[str, ...] = ()
    auto_mtls: bool = True
    outbound_mode: str = "ALLOW_ANY"
    service_export_to: tuple[str, ...] = ("*",)
    virtual_service_export_to: tuple[str, ...] = ("*",)
    destination_rule_export_to: tuple[str, ...] = ("*",)

    @property
    def known(self) -> bool:
        """Whether a mesh configuration was read."""
        return self.node is not None


def mesh_config(node: Node) -> MeshConfig:
    """Read a MeshConfig mapping."""
    return MeshConfig(
        node,
        node.get("rootNamespace").text or None,
        node.get("trustDomain").text or None,
        node.get("trustDomainAliases").strings,
        node.get("enableAutoMtls").value is not False,
        node.at("outboundTrafficPolicy", "mode").text or "ALLOW_ANY",
        node.get("defaultServiceExportTo").strings or ("*",),
        node.get("defaultVirtualServiceExportTo").strings or ("*",),
        node.get("defaultDestinationRuleExportTo").strings or ("*",),
    )
