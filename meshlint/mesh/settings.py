"""What no manifest says: the settings that a mesh is judged under."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from meshlint.model.mesh_config import MeshConfig


@dataclass(frozen=True, slots=True)
class External:
    """Globs of things that exist outside the input; a lookup that one matches is found elsewhere.

    Namespaced things are written `namespace/name`, where a bare name stands for any namespace.
    """

    hosts: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    service_accounts: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    virtual_services: tuple[str, ...] = ()
    trust_domains: tuple[str, ...] = ()

    def has(self, kind: str, name: str, namespace: str = "") -> bool:
        """Whether a thing is declared; `kind` is the name of one of the fields."""
        return any(
            fnmatchcase(f"{namespace}/{name}", glob) if "/" in glob else fnmatchcase(name, glob)
            for glob in getattr(self, kind)
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """How to read a mesh.

    `cluster_domains` lists the cluster's own domain first, then its aliases. `istio_version` is
    (major, minor), None when unknown. `unmeshed` are globs of namespaces, or of `namespace/workload`,
    that stay outside the mesh on purpose. None of a name means: whatever the mesh configuration says,
    else Istio's default.
    """

    istio_version: tuple[int, int] | None = None
    closed: bool = False
    cluster_domains: tuple[str, ...] = ("cluster.local",)
    trust_domain: str | None = None
    trust_domain_aliases: tuple[str, ...] = ()
    root_namespace: str | None = None
    default_namespace: str | None = None
    external: External = field(default_factory=External)
    istiod_env: Mapping[str, str] = field(default_factory=dict)
    unmeshed: tuple[str, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)
    inject_by_default: bool = False
    mesh_config: MeshConfig | None = None
    mesh_networks: object = None

    def flag(self, name: str, *, default: bool) -> bool:
        """A boolean feature flag of istiod's environment."""
        value = self.istiod_env.get(name)
        return default if value is None else value.lower() in ("true", "1", "t")
