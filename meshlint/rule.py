"""What a rule is: a pure function of the mesh that yields violations, and the data that describes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from types import ModuleType
from typing import Any, NamedTuple

from meshlint.mesh import Mesh
from meshlint.source.document import Node, Place


class Severity(Enum):
    """How bad a finding is; the values are the words that users read and write."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """0 for info, 1 for warning, 2 for error."""
        return _RANK[self]


_RANK = {Severity.INFO: 0, Severity.WARNING: 1, Severity.ERROR: 2}


class Tier(Enum):
    """When a rule runs: `default` always, `pedantic` only when asked for."""

    DEFAULT = "default"
    PEDANTIC = "pedantic"


class Confidence(Enum):
    """How sure a finding is: from the files alone, under a stated assumption, or by a heuristic."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Note(NamedTuple):
    """Another place that matters to a violation, and what to see there."""

    message: str
    at: Node | Place


class Edit(NamedTuple):
    """Replaces the text of one place; an empty `text` deletes it."""

    at: Place
    text: str


class Fix(NamedTuple):
    """Edits that cure one violation together. `safe` when they cannot change what the mesh does."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool = False


@dataclass(frozen=True, slots=True)
class Violation:
    """One defect, as a rule reports it: one sentence, the exact place, and the other places that matter.

    A node given as a place stands for its value; pass `node.key_place` or `node.head` for the key.
    """

    message: str
    at: Node | Place
    notes: tuple[Note, ...] = ()
    fix: Fix | None = None
    pedantic: bool = False


Check = Callable[..., Iterator[Violation]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A named check and everything the rest of the program knows about it.

    `needs` names the kinds without which the rule cannot tell; `like` the codes of istioctl analyze
    (IST…) and Kiali (KIA…) for the same defect; `security` a score from 0.1 to 10; `options` the
    default options, an instance of a frozen dataclass that is passed to the check as its second
    argument; `severity_before` a release and the severity for targets older than it. A rule without
    `check` is raised by the engine.
    """

    name: str
    summary: str
    severity: Severity
    since: str
    check: Check | None = None
    family: str = ""
    tier: Tier = Tier.DEFAULT
    confidence: Confidence = Confidence.HIGH
    security: float | None = None
    needs: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    fix: str | None = None
    options: Any = None
    severity_before: tuple[str, Severity] | None = None
    help: str = field(default="", compare=False)

    def run(self, mesh: Mesh, options: object | None = None) -> Iterator[Violation]:
        """The violations of this rule in a mesh; `options` replaces the default options."""
        if self.check is None:
            return iter(())
        if self.options is None:
            return self.check(mesh)
        return self.check(mesh, options if options is not None else self.options)


def rule(
    *,
    severity: Severity,
    since: str = "0.1",
    tier: Tier = Tier.DEFAULT,
    confidence: Confidence = Confidence.HIGH,
    security: float | None = None,
    needs: Iterable[str] = (),
    like: Iterable[str] = (),
    fix: str | None = None,
    options: object | None = None,
    severity_before: tuple[str, Severity] | None = None,
) -> Callable[[Check], Rule]:
    """Make a rule of a function: its name (in kebab-case) and docstring become name and summary,
    the package it is defined in becomes the family."""

    def decorate(check: Check) -> Rule:
        return Rule(
            name=check.__name__.replace("_", "-"),
            summary=(check.__doc__ or "").strip().splitlines()[0],
            severity=severity,
            since=since,
            check=check,
            family=_family(check.__module__),
            tier=tier,
            confidence=confidence,
            security=security,
            needs=tuple(needs),
            like=tuple(like),
            fix=fix,
            options=options,
            severity_before=severity_before,
        )

    return decorate


def _family(module: str) -> str:
    """`meshlint.rules.gateway_api.hostnames` belongs to the family `gateway-api`."""
    parts = module.split(".")
    return parts[-2].replace("_", "-") if len(parts) > 1 else parts[0].replace("_", "-")


def rules_in(module: ModuleType) -> tuple[Rule, ...]:
    """The rules defined in a module, in source order."""
    return tuple(value for value in vars(module).values() if isinstance(value, Rule))
