"""What meshlint checks: every built-in rule, listed by the module that defines it."""

from __future__ import annotations

from meshlint.rule import rules_in
from meshlint.rules.authorization import overbroad, reach
from meshlint.rules.manifests import files, kinds, names, status, suppressions
from meshlint.rules.mtls import callers, clients, servers
from meshlint.rules.routing import conflicts, matches, weights
from meshlint.rules.routing import destinations as route_destinations
from meshlint.rules.routing import gateways as route_gateways

BUILTIN = (
    *rules_in(overbroad),
    *rules_in(reach),
    *rules_in(files),
    *rules_in(kinds),
    *rules_in(names),
    *rules_in(status),
    *rules_in(suppressions),
    *rules_in(route_destinations),
    *rules_in(route_gateways),
    *rules_in(conflicts),
    *rules_in(matches),
    *rules_in(weights),
    *rules_in(servers),
    *rules_in(callers),
    *rules_in(clients),
)  # fmt: skip
