"""What meshlint checks: every built-in rule, listed by the module that defines it."""

from __future__ import annotations

from meshlint.rule import rules_in
from meshlint.rules.authorization import overbroad, reach
from meshlint.rules.manifests import suppressions

BUILTIN = (
    *rules_in(overbroad),
    *rules_in(reach),
    *rules_in(suppressions),
)  # fmt: skip
