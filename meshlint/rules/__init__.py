"""What meshlint checks: every built-in rule, listed by the module that defines it."""

from __future__ import annotations

from meshlint.rule import rules_in
from meshlint.rules.authorization import overbroad, reach, split
from meshlint.rules.destinations import hosts as destination_hosts
from meshlint.rules.destinations import subset_workloads, subsets
from meshlint.rules.egress import imports
from meshlint.rules.gateway_api import hostnames
from meshlint.rules.gateways import conflicts as gateway_conflicts
from meshlint.rules.manifests import files, kinds, locality_weights, metadata, names, status, suppressions
from meshlint.rules.mtls import callers, clients, servers
from meshlint.rules.routing import conflicts, matches, weights
from meshlint.rules.routing import destinations as route_destinations
from meshlint.rules.routing import gateways as route_gateways

BUILTIN = (
    *rules_in(overbroad),
    *rules_in(reach),
    *rules_in(split),
    *rules_in(files),
    *rules_in(kinds),
    *rules_in(locality_weights),
    *rules_in(metadata),
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
    *rules_in(destination_hosts),
    *rules_in(subsets),
    *rules_in(subset_workloads),
    *rules_in(gateway_conflicts),
    *rules_in(imports),
    *rules_in(hostnames),
)  # fmt: skip
