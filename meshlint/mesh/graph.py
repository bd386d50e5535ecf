"""The mesh as a networkx graph, and the graph as text; the only module that imports networkx.

Nodes are strings such as `service prod/reviews`; each has a `kind` and, where an object stands behind it,
a `path` and `line`. Edges have a `kind`: declares, selects, subset-of, routes-to, bound-to, serves,
applies-to, allows, runs-as.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import networkx as nx

from meshlint.errors import UsageError
from meshlint.model.names import gateway_ref, is_wildcard, principal
from meshlint.model.networking import Destination, DestinationRule, VirtualService
from meshlint.model.resource import Resource, Selector

if TYPE_CHECKING:
    from meshlint.mesh import Mesh

FORMATS = ("dot", "mermaid", "json", "graphml")


def build(mesh: Mesh) -> nx.MultiDiGraph[str]:
    """The graph of a mesh: services, hosts, subsets, workloads, gateways, principals and policies."""
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    _add_hosts(graph, mesh)
    _add_workloads(graph, mesh)
    for rule in mesh.destination_rules:
        _add_subsets(graph, mesh, rule)
    for gateway in mesh.gateways:
        name = _object(graph, "gateway", gateway.resource)
        _add_selected(graph, mesh, name, "served-by", gateway.selector, None)
    for kubernetes_gateway in mesh.kubernetes_gateways:
        _object(graph, "gateway", kubernetes_gateway.resource)
    for virtual_service in mesh.virtual_services:
        _add_routes(graph, mesh, virtual_service)
    _add_kubernetes_routes(graph, mesh)
    _add_policies(graph, mesh)
    return graph


def _object(graph: nx.MultiDiGraph[str], kind: str, resource: Resource) -> str:
    name = f"{kind} {resource.ns}/{resource.name}"
    place = resource.name_node.place
    graph.add_node(name, kind=kind, path=place.document.file.path, line=place.span.start.line)
    return name


def _host(graph: nx.MultiDiGraph[str], host: str) -> str:
    name = f"host {host}"
    graph.add_node(name, kind="host")
    return name


def _add_hosts(graph: nx.MultiDiGraph[str], mesh: Mesh) -> None:
    for entry in mesh.all_hosts:
        kind = "service" if entry.resource.kind == "Service" else "service-entry"
        graph.add_edge(_object(graph, kind, entry.resource), _host(graph, entry.host), kind="declares")


def _add_workloads(graph: nx.MultiDiGraph[str], mesh: Mesh) -> None:
    for workload in mesh.workloads:
        name = _object(graph, "workload", workload.resource)
        graph.nodes[name]["mode"] = mesh.mode(workload).value
        identity = f"principal {mesh.trust_domain}/ns/{workload.resource.ns}/sa/{workload.service_account}"
        graph.add_node(identity, kind="principal")
        graph.add_edge(name, identity, kind="runs-as")
        for service in mesh.services_selecting(workload):
            graph.add_edge(_object(graph, "service", service.resource), name, kind="selects")


def _add_selected(
    graph: nx.MultiDiGraph[str],
    mesh: Mesh,
    name: str,
    kind: str,
    selector: Selector | None,
    namespace: str | None,
) -> None:
    found = mesh.select(selector, namespace)
    if isinstance(found, tuple):
        for workload in found:
            graph.add_edge(name, _object(graph, "workload", workload.resource), kind=kind)


def _subset(graph: nx.MultiDiGraph[str], host: str, subset: str) -> str:
    name = f"subset {host}/{subset}"
    graph.add_node(name, kind="subset")
    graph.add_edge(name, _host(graph, host), kind="subset-of")
    return name


def _add_subsets(graph: nx.MultiDiGraph[str], mesh: Mesh, rule: DestinationRule) -> None:
    host = mesh.fqdn(rule.host.text, rule.resource.ns)
    name = _object(graph, "destination-rule", rule.resource)
    graph.add_edge(name, _host(graph, host), kind="applies-to")
    for subset in rule.subsets:
        graph.add_edge(name, _subset(graph, host, subset.name.text), kind="declares")


def _add_routes(graph: nx.MultiDiGraph[str], mesh: Mesh, virtual_service: VirtualService) -> None:
    resource = virtual_service.resource
    name = _object(graph, "virtual-service", resource)
    for host in virtual_service.hosts:
        graph.add_edge(_host(graph, mesh.fqdn(host.text, resource.ns)), name, kind="routed-by")
    for node in virtual_service.gateways:
        ref = gateway_ref(node.text, resource.ns)
        if not ref.is_mesh:
            gateway = f"gateway {ref.namespace}/{ref.name}"
            graph.add_node(gateway, kind="gateway")
            graph.add_edge(name, gateway, kind="bound-to")
    for route in virtual_service.routes:
        for weighted in route.destinations:
            _add_destination(graph, mesh, name, "routes-to", weighted.destination)
        for mirror in route.mirrors:
            _add_destination(graph, mesh, name, "mirrors-to", mirror)


def _add_destination(graph: nx.MultiDiGraph[str], mesh: Mesh, name: str, kind: str, to: Destination) -> None:
    host = mesh.fqdn(to.host.text, to.namespace)
    if host:
        target = _subset(graph, host, to.subset.text) if to.subset.text else _host(graph, host)
        graph.add_edge(name, target, kind=kind)


def _add_kubernetes_routes(graph: nx.MultiDiGraph[str], mesh: Mesh) -> None:
    for route in mesh.kubernetes_routes:
        name = _object(graph, "route", route.resource)
        for parent in route.parents:
            kind = parent.kind.lower()
            target = f"{kind} {parent.namespace}/{parent.name}"
            graph.add_node(target, kind=kind)
            graph.add_edge(name, target, kind="bound-to")
        for rule in route.rules:
            for backend in rule.backends:
                host = mesh.fqdn(backend.name.text, backend.namespace)
                graph.add_edge(name, _host(graph, host), kind="routes-to")


def _add_policies(graph: nx.MultiDiGraph[str], mesh: Mesh) -> None:
    for peer in mesh.peer_authentications:
        name = _object(graph, "peer-authentication", peer.resource)
        _add_reach(graph, mesh, name, peer.selector, peer.resource)
    for request in mesh.request_authentications:
        name = _object(graph, "request-authentication", request.resource)
        _add_reach(graph, mesh, name, request.selector, request.resource)
    for policy in mesh.authorization_policies:
        name = _object(graph, "authorization-policy", policy.resource)
        graph.nodes[name]["action"] = policy.action
        if not policy.targets:
            _add_reach(graph, mesh, name, policy.selector, policy.resource)
        for _, _, value in policy.values("principals"):
            if principal(value.text) is not None and not is_wildcard(value.text):
                graph.add_node(f"principal {value.text}", kind="principal")
                graph.add_edge(name, f"principal {value.text}", kind="names")


def _add_reach(
    graph: nx.MultiDiGraph[str], mesh: Mesh, name: str, selector: Selector | None, resource: Resource
) -> None:
    namespace = None if resource.ns == mesh.root_namespace else resource.ns
    _add_selected(graph, mesh, name, "applies-to", selector, namespace)


def render(graph: nx.MultiDiGraph[str], fmt: str) -> str:
    """The graph as dot, mermaid, json (node-link) or graphml, in a stable order.

    Raises UsageError for any other format.
    """
    renderers = {"dot": _dot, "mermaid": _mermaid, "json": _json, "graphml": _graphml}
    if fmt not in renderers:
        msg = f"unknown graph format '{fmt}'; use one of {', '.join(FORMATS)}"
        raise UsageError(msg)
    return renderers[fmt](_sorted(graph))


def _sorted(graph: nx.MultiDiGraph[str]) -> nx.MultiDiGraph[str]:
    """A copy whose nodes and edges are in order of name, each edge once."""
    ordered: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for name in sorted(graph.nodes):
        ordered.add_node(name, **graph.nodes[name])
    for source, target, kind in sorted({(s, t, d["kind"]) for s, t, d in graph.edges(data=True)}):
        ordered.add_edge(source, target, kind=kind)
    return ordered


def _dot(graph: nx.MultiDiGraph[str]) -> str:
    lines = ["digraph mesh {", "  rankdir=LR;", "  node [shape=box];"]
    lines += [f"  {_quoted(name)};" for name in graph.nodes]
    lines += [
        f"  {_quoted(s)} -> {_quoted(t)} [label={_quoted(d['kind'])}];" for s, t, d in graph.edges(data=True)
    ]
    return "\n".join([*lines, "}", ""])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _mermaid(graph: nx.MultiDiGraph[str]) -> str:
    ids = {name: f"n{index}" for index, name in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    lines += [f'  {ids[name]}["{_escaped(name)}"]' for name in graph.nodes]
    lines += [f"  {ids[s]} -->|{d['kind']}| {ids[t]}" for s, t, d in graph.edges(data=True)]
    return "\n".join([*lines, ""])


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def _json(graph: nx.MultiDiGraph[str]) -> str:
    nodes = [{"id": name, **data} for name, data in graph.nodes(data=True)]
    edges = [{"source": s, "target": t, "kind": d["kind"]} for s, t, d in graph.edges(data=True)]
    return json.dumps({"nodes": nodes, "edges": edges}, indent=2, ensure_ascii=False) + "\n"


def _graphml(graph: nx.MultiDiGraph[str]) -> str:
    return "\n".join([*nx.generate_graphml(graph), ""])
