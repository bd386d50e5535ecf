"""Names of Services between the short and the full one, which Istio does not expand."""

from __future__ import annotations

from meshlint.mesh import Mesh


def in_full(mesh: Mesh, host: str) -> str:
    """`name.namespace` and `name.namespace.svc` as the FQDN that sidecars serve them under too, other
    hosts as they are (pilot/pkg/networking/core/httproute.go GenerateAltVirtualHosts)."""
    name, dot, namespace = host.removesuffix(".svc").partition(".")
    is_short = dot and namespace in mesh.known_namespaces and not mesh.registered(host)
    return f"{name}.{namespace}.svc.{mesh.cluster_domain}" if is_short else host
