"""The mode that servers demand and the TLS that clients use, on small meshes."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshlint import Mesh, client_tls, load_mesh, server_mtls

BASE = """
apiVersion: v1
kind: Namespace
metadata: {name: prod, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: prod}
spec: {selector: {app: api}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: prod}
spec: {template: {metadata: {labels: {app: api, version: v1}}, spec: {serviceAccountName: api, containers: []}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: prod}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: []}}}
"""
HOST = "api.prod.svc.cluster.local"


def policy(namespace: str, mode: str | None, name: str = "default", *, app: str = "", ports: str = "") -> str:
    selector = f"  selector: {{matchLabels: {{app: {app}}}}}\n" if app else ""
    mtls = f"  mtls: {{mode: {mode}}}\n" if mode else ""
    level = f"  portLevelMtls: {{{ports}}}\n" if ports else ""
    return (
        "---\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\n"
        f"metadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  x: 1\n{selector}{mtls}{level}"
    )


def rule(body: str, namespace: str = "prod", host: str = "api") -> str:
    return (
        "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\n"
        f"metadata: {{name: r, namespace: {namespace}}}\nspec:\n  host: '{host}'\n{body}"
    )


def mesh_of(tmp_path: Path, *parts: str) -> Mesh:
    (tmp_path / "mesh.yaml").write_text(BASE + "".join(parts))
    return load_mesh([str(tmp_path)])


def server(mesh: Mesh, port: int = 8080) -> str:
    workload = mesh.workload("prod/api")
    assert workload is not None
    return server_mtls(mesh, workload, port).mode.value


def client(mesh: Mesh, port: int = 80, subset: str | None = None) -> str:
    workload = mesh.workload("prod/web")
    assert workload is not None
    return client_tls(mesh, workload, HOST, port, subset).mode.value


@pytest.mark.parametrize(
    ("root", "namespace", "workload", "port", "there", "elsewhere"),
    [
        (None, None, None, None, "PERMISSIVE", "PERMISSIVE"),
        ("STRICT", None, None, None, "STRICT", "STRICT"),
        ("STRICT", "PERMISSIVE", None, None, "PERMISSIVE", "PERMISSIVE"),
        ("DISABLE", None, "STRICT", None, "STRICT", "STRICT"),
        ("STRICT", None, "UNSET", "DISABLE", "DISABLE", "STRICT"),
        ("PERMISSIVE", "STRICT", "DISABLE", "STRICT", "STRICT", "DISABLE"),
        ("STRICT", None, "PERMISSIVE", "UNSET", "PERMISSIVE", "PERMISSIVE"),
        (None, "UNSET", "UNSET", None, "PERMISSIVE", "PERMISSIVE"),
    ],
)
def test_levels_compose(
    tmp_path: Path,
    root: str | None,
    namespace: str | None,
    workload: str | None,
    port: str | None,
    there: str,
    elsewhere: str,
) -> None:
    parts = []
    if root:
        parts.append(policy("istio-system", root))
    if namespace:
        parts.append(policy("prod", namespace))
    if workload:
        parts.append(
            policy("prod", workload, "api", app="api", ports=f"8080: {{mode: {port}}}" if port else "")
        )
    mesh = mesh_of(tmp_path, *parts)
    assert server(mesh) == there
    assert server(mesh, 9999) == elsewhere


def test_a_selector_in_the_root_namespace_is_ignored(tmp_path: Path) -> None:
    assert server(mesh_of(tmp_path, policy("istio-system", "STRICT", app="api"))) == "PERMISSIVE"


def test_two_policies_of_one_level_that_differ_are_unknown(tmp_path: Path) -> None:
    assert (
        server(mesh_of(tmp_path, policy("prod", "STRICT", "a"), policy("prod", "DISABLE", "b"))) == "UNKNOWN"
    )


def test_two_policies_of_one_level_that_agree_are_known(tmp_path: Path) -> None:
    assert server(mesh_of(tmp_path, policy("prod", "STRICT", "a"), policy("prod", "STRICT", "b"))) == "STRICT"


def test_automatic_mtls(tmp_path: Path) -> None:
    mesh = mesh_of(tmp_path)
    workload = mesh.workload("prod/web")
    assert workload is not None
    found = client_tls(mesh, workload, HOST, 80)
    assert found.mode.value == "ISTIO_MUTUAL"
    assert found.sni == f"outbound_.80_._.{HOST}"
    assert found.subject_alt_names == ("spiffe://cluster.local/ns/prod/sa/api",)


@pytest.mark.parametrize(
    ("body", "mode"),
    [
        ("  trafficPolicy: {tls: {mode: DISABLE}}\n", "PLAINTEXT"),
        ("  trafficPolicy: {tls: {sni: x}}\n", "PLAINTEXT"),
        ("  trafficPolicy: {tls: {mode: SIMPLE}}\n", "SIMPLE"),
        ("  trafficPolicy: {connectionPool: {tcp: {maxConnections: 1}}}\n", "ISTIO_MUTUAL"),
        (
            "  trafficPolicy: {tls: {mode: SIMPLE}, portLevelSettings: [{port: {number: 80}, loadBalancer: {}}]}\n",
            "ISTIO_MUTUAL",
        ),
    ],
)
def test_destination_rules_decide(tmp_path: Path, body: str, mode: str) -> None:
    assert client(mesh_of(tmp_path, rule(body))) == mode


def test_a_rule_of_the_client_namespace_hides_the_others(tmp_path: Path) -> None:
    wide = rule("  trafficPolicy: {tls: {mode: DISABLE}}\n", "istio-system", "*.local")
    own = rule("  trafficPolicy: {loadBalancer: {simple: RANDOM}}\n")
    assert client(mesh_of(tmp_path, wide)) == "PLAINTEXT"
    assert client(mesh_of(tmp_path, wide, own)) == "ISTIO_MUTUAL"


def test_what_the_proxy_does_not_know(tmp_path: Path) -> None:
    mesh = mesh_of(tmp_path)
    assert client(mesh, port=81) == "NO_CLUSTER"
    assert client(mesh, subset="v9") == "NO_CLUSTER"


def test_a_server_that_disables_mtls_gets_plaintext(tmp_path: Path) -> None:
    assert client(mesh_of(tmp_path, policy("prod", "DISABLE"))) == "PLAINTEXT"
