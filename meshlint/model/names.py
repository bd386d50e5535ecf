"""Names: hosts and wildcards, references to gateways, `exportTo` lists, principals.

Hosts are compared as text, as Istio does (istio/pkg/config/host/name.go), not label by label.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import NamedTuple


def is_wildcard(host: str) -> bool:
    """A host is a wildcard when its first character is `*`."""
    return host.startswith("*")


def is_ip(host: str) -> bool:
    """Whether the text is an IPv4 or IPv6 address."""
    if not host or not (host[0].isdigit() or ":" in host):
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def fqdn(host: str, namespace: str, cluster_domain: str) -> str:
    """A short name becomes `<host>.<namespace>.svc.<cluster domain>`; anything with a dot, a leading `*`
    or an IP address stays as it is (pilot/pkg/model/config.go ResolveShortnameToFQDN)."""
    if not host or "." in host or host.startswith("*") or is_ip(host):
        return host
    return f"{host}.{namespace}.svc.{cluster_domain}"


def overlaps(a: str, b: str) -> bool:
    """Whether some name is covered by both hosts (host.Name.Matches)."""
    if is_wildcard(a):
        if is_wildcard(b):
            return a[1:].endswith(b[1:]) or b[1:].endswith(a[1:])
        return b.endswith(a[1:])
    if is_wildcard(b):
        return a.endswith(b[1:])
    return a == b


def covers(outer: str, inner: str) -> bool:
    """Whether every name that `inner` stands for is one that `outer` stands for (host.Name.SubsetOf)."""
    if is_wildcard(outer):
        if is_wildcard(inner):
            return len(inner) >= len(outer) and inner[1:].endswith(outer[1:])
        return inner.endswith(outer[1:])
    return outer == inner


def most_specific(needle: str, candidates: Iterable[str]) -> str | None:
    """The candidate that Istio would pick for `needle`: itself, else the longest wildcard that covers it
    (pilot/pkg/model/config.go MostSpecificHostMatch)."""
    best: str | None = None
    for candidate in candidates:
        if candidate == needle:
            return candidate
        if (
            is_wildcard(candidate)
            and covers(candidate, needle)
            and (best is None or len(candidate) > len(best))
        ):
            best = candidate
    return best


class GatewayRef(NamedTuple):
    """A gateway that a VirtualService names; `mesh` has no namespace."""

    namespace: str
    name: str

    @property
    def is_mesh(self) -> bool:
        """Whether this is the reserved name of all sidecars."""
        return not self.namespace and self.name == "mesh"


MESH_GATEWAY = GatewayRef("", "mesh")


def gateway_ref(text: str, namespace: str) -> GatewayRef:
    """`mesh`, `name`, `./name`, `ns/name` and the legacy `name.ns[.svc…]`, as seen from `namespace`
    (pilot/pkg/model/config.go resolveGatewayName)."""
    if text == "mesh":
        return MESH_GATEWAY
    if "/" in text:
        owner, _, name = text.partition("/")
        return GatewayRef(namespace if owner == "." else owner, name)
    name, dot, rest = text.partition(".")
    return GatewayRef(rest.split(".", 1)[0], name) if dot else GatewayRef(namespace, text)


class ServerHost(NamedTuple):
    """A host of a Gateway server or of a Sidecar's egress list: which namespaces it admits, and the host.

    `namespace` is `*` for any; `excluded` marks the `~ns/host` form of a Sidecar.
    """

    namespace: str
    host: str
    excluded: bool = False

    def admits(self, namespace: str) -> bool:
        """Whether an object of `namespace` may claim the host."""
        return self.namespace in ("*", namespace)


def server_host(text: str, namespace: str) -> ServerHost:
    """Split `ns/host`; without a namespace part any namespace is meant, `.` is the object's own."""
    owner, slash, host = text.partition("/")
    if not slash:
        return ServerHost("*", text)
    excluded = owner.startswith("~")
    owner = owner[1:] if excluded else owner
    if owner == ".":
        owner = namespace
    return ServerHost(owner or "*", host, excluded)


class Visibility(NamedTuple):
    """Who sees an object: everyone, or the namespaces named (none for `~`)."""

    public: bool
    namespaces: frozenset[str]

    def reaches(self, namespace: str) -> bool:
        """Whether objects and proxies of `namespace` see it."""
        return self.public or namespace in self.namespaces

    def overlaps(self, other: Visibility) -> bool:
        """Whether some namespace sees both."""
        if self.public:
            return other.public or bool(other.namespaces)
        if other.public:
            return bool(self.namespaces)
        return not self.namespaces.isdisjoint(other.namespaces)


PUBLIC = Visibility(True, frozenset())  # noqa: FBT003 - the field is named one line up


def visibility(entries: Sequence[str], namespace: str, default: Sequence[str] = ("*",)) -> Visibility:
    """Evaluate an `exportTo` list of a Service, ServiceEntry or VirtualService of `namespace`
    (pilot/pkg/model/push_context.go initServiceRegistry): `*` wins, then `~`."""
    entries = entries or default
    if "*" in entries:
        return PUBLIC
    if "~" in entries:
        return Visibility(public=False, namespaces=frozenset())
    return Visibility(
        public=False, namespaces=frozenset(namespace if entry == "." else entry for entry in entries)
    )


class Principal(NamedTuple):
    """A workload identity `<trust domain>/ns/<namespace>/sa/<service account>`."""

    trust_domain: str
    namespace: str
    service_account: str

    def __str__(self) -> str:
        return f"{self.trust_domain}/ns/{self.namespace}/sa/{self.service_account}"


def principal(text: str) -> Principal | None:
    """Read a principal as policies write it; None when it has not the five parts."""
    parts = text.split("/")
    if len(parts) != 5 or parts[1] != "ns" or parts[3] != "sa":
        return None
    return Principal(parts[0], parts[2], parts[4])


def string_matches(pattern: str, value: str) -> bool:
    """A string value of an AuthorizationPolicy: exact, `prefix*`, `*suffix`, or `*` for presence."""
    if pattern == "*":
        return bool(value)
    if pattern.startswith("*"):
        return value.endswith(pattern[1:])
    if pattern.endswith("*"):
        return value.startswith(pattern[:-1])
    return pattern == value
