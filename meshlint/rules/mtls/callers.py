"""STRICT on workloads that somebody calls who cannot speak mutual TLS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from meshlint.mesh import Mesh, Mode, RegisteredHost
from meshlint.model.kubernetes import Service, ServicePort, Workload
from meshlint.model.resource import Resource
from meshlint.rule import Confidence, Note, Severity, Violation, rule
from meshlint.source.document import Node
from meshlint.traffic.client_tls import target_port
from meshlint.traffic.mtls import MtlsMode, ServerMtls, server_mtls

_HOST = re.compile(r"([a-z0-9][-a-z0-9]*(?:\.[-a-z0-9]+)*)(?::(\d{1,5}))?(?![-.\w])")
_OPEN_TYPES = ("LoadBalancer", "NodePort")


class Call(NamedTuple):
    """Evidence that something without a proxy calls a service: where it is written, and on which port."""

    namespace: str
    name: str
    port: int | str | None
    at: Node
    who: str


@rule(severity=Severity.ERROR, confidence=Confidence.MEDIUM, needs=["workloads"])
def strict_mtls_unmeshed_client(mesh: Mesh) -> Iterator[Violation]:
    """STRICT mTLS covers a workload that a client without a proxy calls."""
    told: set[tuple[int, str]] = set()
    for call in (*_ingress_calls(mesh), *_workload_calls(mesh), *_webhook_calls(mesh)):
        for host in mesh.registered(f"{call.name}.{call.namespace}.svc.{mesh.cluster_domain}"):
            found = _strict(mesh, host, call.port)
            if found is not None and found.policy is not None and found.at is not None:
                key = (id(found.policy.resource), f"{call.who} {call.name}")
                if key not in told:
                    told.add(key)
                    yield Violation(
                        f"{call.who} calls '{call.name}.{call.namespace}' without a proxy, and STRICT refuses it",
                        at=found.at,
                        notes=(Note("the call is set up here", call.at),),
                    )


def _strict(mesh: Mesh, host: RegisteredHost, port: int | str | None) -> ServerMtls | None:
    """What makes a port of a service STRICT; None when some endpoint may accept plaintext."""
    workloads = mesh.workloads_of(host)
    ports = [p for p in host.ports if port is None or port in (p.number, p.name)]
    if not isinstance(workloads, tuple) or not workloads or not ports:
        return None
    found = [server_mtls(mesh, workload, target_port(workload, p)) for workload in workloads for p in ports]
    enforced = all(mesh.mode(workload) in (Mode.SIDECAR, Mode.AMBIENT) for workload in workloads)
    return found[0] if enforced and all(f.mode is MtlsMode.STRICT for f in found) else None


def _ingress_calls(mesh: Mesh) -> Iterator[Call]:
    """Backends of an Ingress whose controller is not Istio."""
    for ingress in mesh.of_kind("Ingress"):
        name = ingress.spec.get("ingressClassName").text or ingress.annotations.get(
            "kubernetes.io/ingress.class", ""
        )
        if (
            not name
            or name == "istio"
            or ingress.annotations.get("nginx.ingress.kubernetes.io/service-upstream")
        ):
            continue
        for backend in _backends(ingress):
            service = backend.get("service")
            port = service.get("port")
            number = port.get("number").number if port.get("number").exists else port.get("name").text
            if service.get("name").text:
                yield Call(
                    ingress.ns,
                    service.get("name").text,
                    number or None,
                    service.get("name"),
                    f"Ingress '{ingress.name}'",
                )


def _backends(ingress: Resource) -> Iterator[Node]:
    yield ingress.spec.get("defaultBackend")
    for entry in ingress.spec.get("rules").items():
        for path in entry.at("http", "paths").items():
            yield path.get("backend")


def _workload_calls(mesh: Mesh) -> Iterator[Call]:
    """Hosts of services in the environment and arguments of workloads that have no proxy."""
    names = _services(mesh)
    for workload in mesh.workloads:
        if mesh.mode(workload) is not Mode.NONE:
            continue
        for node in _texts(workload):
            for found in _HOST.finditer(node.text):
                service = names.get((workload.resource.ns, found.group(1)))
                if service is not None and (found.group(2) or "." in found.group(1)):
                    port = int(found.group(2)) if found.group(2) else None
                    who = f"'{workload.resource.name}'"
                    yield Call(service.resource.ns, service.resource.name, port, node, who)


def _services(mesh: Mesh) -> _Names:
    return mesh.memo(("services by written name",), lambda: _Names(mesh))


class _Names:
    """Services by the names that programs use for them."""

    def __init__(self, mesh: Mesh) -> None:
        self._services = {(s.resource.ns, s.resource.name): s for s in mesh.services}
        self._domain = mesh.cluster_domain

    def get(self, key: tuple[str, str]) -> Service | None:
        """The Service that a name means in a namespace: `name`, `name.ns`, `name.ns.svc[.domain]`."""
        namespace, written = key
        name, _, rest = written.removesuffix(f".{self._domain}").removesuffix(".svc").partition(".")
        return self._services.get((rest or namespace, name))


def _texts(workload: Workload) -> Iterator[Node]:
    for container in workload.containers():
        for variable in container.get("env").items():
            yield variable.get("value")
        yield from container.get("args").items()
        yield from container.get("command").items()


def _webhook_calls(mesh: Mesh) -> Iterator[Call]:
    """Services that the API server calls, which has no identity of the mesh."""
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        for resource in mesh.of_kind(kind):
            for webhook in resource.root.get("webhooks").items():
                yield from _api_server_call(webhook.at("clientConfig", "service"), 443)
    for resource in mesh.of_kind("APIService"):
        yield from _api_server_call(resource.spec.get("service"), 443)


def _api_server_call(service: Node, default: int) -> Iterator[Call]:
    name, namespace = service.get("name").text, service.get("namespace").text
    if name and namespace:
        yield Call(
            namespace, name, service.get("port").number or default, service.get("name"), "the API server"
        )


@rule(severity=Severity.WARNING, confidence=Confidence.MEDIUM, needs=["Service", "workloads"])
def strict_mtls_behind_external_traffic(mesh: Mesh) -> Iterator[Violation]:
    """A Service takes traffic from outside the cluster, and STRICT mTLS refuses it."""
    for service in mesh.services:
        exposed = service.type in _OPEN_TYPES or service.resource.spec.get("externalIPs").sequence
        if not exposed or service.selector is None or not service.selector.labels:
            continue
        found = mesh.select(service.selector, service.resource.ns)
        if not isinstance(found, tuple) or not found:
            continue
        strict = [s for port in service.ports if (s := _refused(mesh, found, port)) is not None]
        if (
            strict
            and len(strict) == len(service.ports)
            and strict[0].policy is not None
            and strict[0].at is not None
        ):
            kind = service.resource.spec.get("type")
            yield Violation(
                f"callers from outside have no certificate of the mesh, and the workloads of "
                f"'{service.resource.name}' accept nothing else",
                at=kind if kind.exists else service.resource.spec.get("externalIPs").key_place,
                notes=(Note(f"STRICT is set by {strict[0].policy.resource}", strict[0].at),),
            )


def _refused(mesh: Mesh, workloads: tuple[Workload, ...], port: ServicePort) -> ServerMtls | None:
    """What makes a port STRICT on every workload, all of which are known to enforce it."""
    found: list[ServerMtls] = []
    for workload in workloads:
        number = (
            port.target
            if isinstance(port.target, int)
            else next((p.number for p in workload.ports() if p.name == port.target), None)
        )
        excluded = workload.annotations.get("traffic.sidecar.istio.io/excludeInboundPorts", "").split(",")
        if mesh.mode(workload) not in (Mode.SIDECAR, Mode.AMBIENT) or str(number) in (
            e.strip() for e in excluded
        ):
            return None
        found.append(server_mtls(mesh, workload, number))
    return found[0] if all(f.mode is MtlsMode.STRICT for f in found) else None
