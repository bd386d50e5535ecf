"""Which DestinationRules a client meets for a host (pilot/pkg/model/push_context.go destinationRule)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from meshlint.model.mesh_config import MeshConfig
from meshlint.model.names import covers, is_wildcard, most_specific
from meshlint.model.networking import DestinationRule


class DestinationRuleIndex:
    """DestinationRules by namespace and resolved host."""

    def __init__(
        self,
        rules: Iterable[DestinationRule],
        fqdn: Callable[[str, str], str],
        root_namespace: str,
        config: MeshConfig,
    ) -> None:
        self._root = root_namespace
        self._default = config.destination_rule_export_to
        self._by_namespace: dict[str, dict[str, list[DestinationRule]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self._wildcards_of: dict[str, set[str]] = defaultdict(set)
        self._exact: dict[str, list[DestinationRule]] = defaultdict(list)
        self._wildcards: dict[str, list[DestinationRule]] = defaultdict(list)
        for rule in rules:
            host = fqdn(rule.host.text, rule.resource.ns)
            if not host:
                continue
            self._by_namespace[rule.resource.ns][host].append(rule)
            if is_wildcard(host):
                self._wildcards_of[rule.resource.ns].add(host)
            (self._wildcards if is_wildcard(host) else self._exact)[host].append(rule)

    def naming(self, host: str) -> tuple[DestinationRule, ...]:
        """Every rule, in any namespace, whose host is or covers `host`."""
        found = list(self._exact.get(host, ())) if not is_wildcard(host) else []
        for wildcard, rules in self._wildcards.items():
            if covers(wildcard, host):
                found.extend(rules)
        return tuple(found)

    def lookup(self, host: str, client: str, owners: Iterable[str]) -> tuple[DestinationRule, ...]:
        """The rules that clients of a namespace meet: those of the client's namespace, else of the
        service's (`owners`), else of the root namespace; of the most specific host only."""
        if client != self._root:
            found = self._own(host, client)
            if found:
                return found
        for namespace in owners:
            found = self._exported(host, namespace, client)
            if found:
                return found
        return self._exported(host, self._root, client)

    def _own(self, host: str, client: str) -> tuple[DestinationRule, ...]:
        return self._nearest(host, client, self._visible_at_home)

    def _exported(self, host: str, namespace: str, client: str) -> tuple[DestinationRule, ...]:
        found = self._nearest(host, namespace, lambda rule: self._offered(rule, client))
        return tuple(rule for rule in found if self._exported_to(rule, client))

    def _nearest(
        self, host: str, namespace: str, counts: Callable[[DestinationRule], bool]
    ) -> tuple[DestinationRule, ...]:
        """The rules of a namespace that count, of the most specific host that is or covers `host`."""
        by_host = self._by_namespace.get(namespace, {})
        exact = tuple(rule for rule in by_host.get(host, ()) if counts(rule))
        if exact:
            return exact
        wildcards = {
            name: kept
            for name in self._wildcards_of.get(namespace, ())
            if (kept := tuple(rule for rule in by_host[name] if counts(rule)))
        }
        best = most_specific(host, wildcards)
        return wildcards[best] if best is not None else ()

    def _visible_at_home(self, rule: DestinationRule) -> bool:
        export_to = rule.export_to.strings
        return not export_to or not {"*", ".", rule.resource.ns}.isdisjoint(export_to)

    def _offered(self, rule: DestinationRule, client: str) -> bool:
        """Whether a rule can be exported; clients of the root namespace see its private rules only."""
        return self._is_private(rule) == (client == self._root == rule.resource.ns)

    def _is_private(self, rule: DestinationRule) -> bool:
        if rule.workload_selector is not None:
            return True
        export_to = rule.export_to.strings
        if not export_to:
            return "." in self._default
        return len(export_to) == 1 and export_to[0] in (".", rule.resource.ns)

    def _exported_to(self, rule: DestinationRule, client: str) -> bool:
        export_to = rule.export_to.strings
        return (
            not export_to
            or "*" in export_to
            or client in export_to
            or client == self._root == rule.resource.ns
        )
