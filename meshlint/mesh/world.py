"""Found, missing, unknown: what the input can and cannot tell about a thing that it does not hold.

Things are named by kind ("services", "workloads", "gateways", "virtual_services", "destination_rules",
"namespaces", "service_accounts", "secrets") and namespace. The input *owns* a kind in a namespace when
it defines such things there itself; only then does absence mean something.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from enum import Enum

from meshlint.mesh.settings import Settings
from meshlint.model.kubernetes import secret_name
from meshlint.model.resource import Resource


class Absence(Enum):
    """Why a lookup found nothing: it is not there, or the input cannot tell."""

    MISSING = "missing"
    UNKNOWN = "unknown"


MISSING = Absence.MISSING
UNKNOWN = Absence.UNKNOWN

_OWNED_AS = {
    "Service": "services",
    "ServiceEntry": "services",
    "VirtualService": "virtual_services",
    "DestinationRule": "destination_rules",
    "Gateway": "gateways",
    "ServiceAccount": "service_accounts",
}
_CONTROL_PLANE_NAMES = ("istiod", "istio-pilot")


class World:
    """Answers whether something that is not in the input is missing or unknown.

    `tainted` names the namespaces that hold something unreadable, such as an unrendered template;
    None among them stands for the whole tree.
    """

    def __init__(
        self,
        resources: Iterable[Resource],
        workloads: Iterable[Resource],
        settings: Settings,
        root_namespace: str,
        tainted: frozenset[str | None],
    ) -> None:
        self._settings = settings
        self._root = root_namespace
        self._tainted = tainted
        self._owned: dict[str, set[str]] = defaultdict(set)
        self._soft: dict[str, set[str]] = defaultdict(set)
        self.soft_namespaces: set[str] = set()
        self.has_control_plane = False
        self.has_namespaces = False
        for resource in resources:
            self._note(resource)
        for resource in workloads:
            self._own("workloads", resource)

    def _note(self, resource: Resource) -> None:
        kind = _OWNED_AS.get(resource.kind)
        if kind is not None:
            self._own(kind, resource)
        elif resource.kind == "Namespace" and resource.group == "":
            self.has_namespaces = True
        elif resource.kind == "Deployment" and resource.name.startswith(_CONTROL_PLANE_NAMES):
            self.has_control_plane = True
        elif secret_name(resource) is not None:
            self._own("secrets", resource)
        if resource.soft:
            self.soft_namespaces.add(resource.ns)

    def _own(self, kind: str, resource: Resource) -> None:
        if resource.soft:
            self._soft[kind].add(resource.name)
            if not self._settings.closed:
                return
        self._owned[kind].add(resource.ns)

    def owns(self, kind: str, namespace: str) -> bool:
        """Whether the input itself defines things of that kind in that namespace."""
        return namespace in self._owned[kind]

    def owns_any(self, kind: str) -> bool:
        """Whether the input defines things of that kind anywhere."""
        return bool(self._owned[kind])

    def is_tainted(self, namespace: str) -> bool:
        """Whether something unreadable may stand in the namespace."""
        return None in self._tainted or namespace in self._tainted

    def absence(self, kind: str, namespace: str, name: str = "", *, elsewhere: bool = False) -> Absence:
        """What to say of a thing that the input does not hold and `external:` does not declare.

        `elsewhere` tells that another namespace holds a thing of that name, which counts when the
        namespaces of objects were defaulted and may be others in truth.
        """
        if self.is_tainted(namespace):
            return UNKNOWN
        if self._settings.closed:
            return MISSING
        if self._is_built_in(namespace, kind, name):
            return UNKNOWN
        if name in self._soft[kind] or (elsewhere and namespace in self.soft_namespaces):
            return UNKNOWN
        if kind == "namespaces":
            return MISSING if self.has_namespaces else UNKNOWN
        return MISSING if self.owns(kind, namespace) else UNKNOWN

    def _is_built_in(self, namespace: str, kind: str, name: str) -> bool:
        """Things that every cluster has, or that the installation of Istio brings."""
        if namespace == "kube-system" or (
            kind == "services" and namespace == "default" and name == "kubernetes"
        ):
            return True
        return namespace == self._root and not self.has_control_plane
