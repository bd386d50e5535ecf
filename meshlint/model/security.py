"""Views of `security.istio.io`: PeerAuthentication, RequestAuthentication, AuthorizationPolicy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from meshlint.model.resource import Resource, Selector, selector
from meshlint.source.document import Node


class TargetRef(NamedTuple):
    """An object that a policy attaches to."""

    node: Node
    group: str
    kind: str
    name: str


def target_refs(spec: Node) -> tuple[TargetRef, ...]:
    """The `targetRefs` of a policy; the singular `targetRef` counts only when the list is empty
    (pilot/pkg/model/policyattachment.go GetTargetRefs)."""
    nodes = tuple(spec.get("targetRefs").items())
    if not nodes and type(spec.get("targetRef").value) is dict:
        nodes = (spec.get("targetRef"),)
    return tuple(
        TargetRef(node, node.get("group").text, node.get("kind").text, node.get("name").text)
        for node in nodes
    )


class PeerAuthentication(NamedTuple):
    """A PeerAuthentication. `mode` is `mtls.mode` as written, maybe absent; `ports` the entries of
    `portLevelMtls` by workload port."""

    resource: Resource
    selector: Selector | None
    mode: Node
    ports: dict[int, Node]

    @property
    def has_selector(self) -> bool:
        """Whether it picks workloads; an empty selector does not."""
        return self.selector is not None and bool(self.selector.labels)


def peer_authentication(resource: Resource) -> PeerAuthentication:
    """Read a PeerAuthentication."""
    spec = resource.spec
    ports = {
        int(key): node.get("mode")
        for key, node in spec.get("portLevelMtls").entries()
        if key.isascii() and key.isdigit()
    }
    return PeerAuthentication(
        resource, selector(spec.at("selector", "matchLabels")), spec.at("mtls", "mode"), ports
    )


class RequestAuthentication(NamedTuple):
    """A RequestAuthentication; `rules` are the entries of `jwtRules`."""

    resource: Resource
    selector: Selector | None
    targets: tuple[TargetRef, ...]
    rules: tuple[Node, ...]


def request_authentication(resource: Resource) -> RequestAuthentication:
    """Read a RequestAuthentication."""
    spec = resource.spec
    return RequestAuthentication(
        resource,
        selector(spec.at("selector", "matchLabels")),
        target_refs(spec),
        tuple(spec.get("jwtRules").items()),
    )


class PolicyRule(NamedTuple):
    """One rule of an AuthorizationPolicy.

    `sources` and `operations` are the mappings inside `from[].source` and `to[].operation`; an entry
    without that mapping is an absent node. `conditions` are the entries of `when`.
    """

    node: Node
    sources: tuple[Node, ...]
    operations: tuple[Node, ...]
    conditions: tuple[Node, ...]

    @property
    def matches_all(self) -> bool:
        """Whether the rule is empty, as in `rules: [{}]`."""
        return not (self.sources or self.operations or self.conditions)


class AuthorizationPolicy(NamedTuple):
    """An AuthorizationPolicy. `action` is upper case with its default; `rules` is empty both for
    `rules: []` and for no rules at all (ALLOW then allows nothing)."""

    resource: Resource
    action: str
    selector: Selector | None
    targets: tuple[TargetRef, ...]
    rules: tuple[PolicyRule, ...]

    @property
    def dry_run(self) -> bool:
        """Whether the policy is only logged."""
        return self.resource.annotations.get("istio.io/dry-run", "").lower() in ("true", "1", "t")

    def values(self, *fields: str) -> Iterator[tuple[PolicyRule, Node, Node]]:
        """Every value of the named source and operation fields: rule, source or operation, value."""
        for rule in self.rules:
            for item in (*rule.sources, *rule.operations):
                for field in fields:
                    for value in item.get(field).items():
                        yield rule, item, value


def authorization_policy(resource: Resource) -> AuthorizationPolicy:
    """Read an AuthorizationPolicy."""
    spec = resource.spec
    rules = tuple(
        PolicyRule(
            node,
            tuple(item.get("source") for item in node.get("from").items()),
            tuple(item.get("operation") for item in node.get("to").items()),
            tuple(node.get("when").items()),
        )
        for node in spec.get("rules").items()
    )
    return AuthorizationPolicy(
        resource,
        spec.get("action").text or "ALLOW",
        selector(spec.at("selector", "matchLabels")),
        target_refs(spec),
        rules,
    )
