"""Lint Istio meshes from files: no cluster, no network.

The decorator that makes a rule of a function is `meshlint.rule.rule`: a module of that name stands here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meshlint.api import lint, load_mesh
    from meshlint.config import Config
    from meshlint.finding import Finding, Report
    from meshlint.mesh import Mesh
    from meshlint.rule import Edit, Fix, Note, Rule, Severity, Violation
    from meshlint.traffic.client_tls import ClientTls, client_tls
    from meshlint.traffic.mtls import ServerMtls, server_mtls

__version__ = "0.1.0"

__all__ = [
    "ClientTls",
    "Config",
    "Edit",
    "Finding",
    "Fix",
    "Mesh",
    "Note",
    "Report",
    "Rule",
    "ServerMtls",
    "Severity",
    "Violation",
    "client_tls",
    "lint",
    "load_mesh",
    "server_mtls",
]

_HOME = {
    "ClientTls": "meshlint.traffic.client_tls",
    "ServerMtls": "meshlint.traffic.mtls",
    "client_tls": "meshlint.traffic.client_tls",
    "server_mtls": "meshlint.traffic.mtls",
    "Config": "meshlint.config",
    "Finding": "meshlint.finding",
    "Mesh": "meshlint.mesh",
    "Report": "meshlint.finding",
    "lint": "meshlint.api",
    "load_mesh": "meshlint.api",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: `meshlint --version` needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module 'meshlint' has no attribute '{name}'")
    return getattr(import_module(_HOME.get(name, "meshlint.rule")), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
