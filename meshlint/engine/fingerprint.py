"""Gives each finding a name that survives moves, reformatting and rewording."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from meshlint.engine.locate import field_path
from meshlint.finding import Finding
from meshlint.source.document import Place


def field_identity(place: Place) -> str:
    """The field of a place and the text that is flagged there: what is left when lines and list
    positions do not count.
    """
    return f"{field_path(place)}\n{place.document.file.text[place.start : place.end]}"


def fingerprinted(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Turn field identities into fingerprints: a digest of rule, object and field identity, numbered
    where all three are equal.
    """
    seen: Counter[str] = Counter()
    for finding in findings:
        about = (
            finding.path if finding.resource is None else f"{finding.resource.api_version} {finding.resource}"
        )
        identity = f"{finding.rule}\n{about}\n{finding.fingerprint}"
        digest = hashlib.sha256(f"{identity}\n{seen[identity]}".encode("utf-8", "surrogatepass"))
        seen[identity] += 1
        yield replace(finding, fingerprint=digest.hexdigest()[:32])
