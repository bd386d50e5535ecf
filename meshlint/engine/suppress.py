"""Labels the findings that a comment silences, and judges the comments themselves.

`# meshlint: ignore[rule, …] reason` silences findings that begin on its line or, when it stands alone,
on the line below. Nothing is dropped: a silenced finding keeps its place in the report.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from meshlint.engine.comments import Comment, Word, comments_in
from meshlint.engine.registry import Registry
from meshlint.engine.run import Outcome, Raised, finding_of
from meshlint.engine.select import Enabled
from meshlint.finding import Finding, Suppression
from meshlint.mesh import Mesh
from meshlint.rule import Edit, Fix, Rule, Violation
from meshlint.rules.manifests.suppressions import (
    suppression_without_reason,
    unknown_rule_in_suppression,
    unused_suppression,
)
from meshlint.source.document import Document, Extent, Offsets, Place, SourceFile

_ABOUT_COMMENTS = frozenset(
    rule.name for rule in (unused_suppression, suppression_without_reason, unknown_rule_in_suppression)
)


def all_comments(files: Iterable[SourceFile], meshes: Iterable[Mesh]) -> tuple[Comment, ...]:
    """Every suppression comment of the input, file by file."""
    documents: dict[str, dict[int, Document]] = defaultdict(dict)
    for mesh in meshes:
        for resource in mesh.resources:
            documents[resource.document.file.path][id(resource.document)] = resource.document
    return tuple(
        comment for file in files for comment in comments_in(file, tuple(documents[file.path].values()))
    )


def suppress(
    outcome: Outcome,
    comments: Sequence[Comment],
    *,
    registry: Registry,
    enabled: Iterable[Enabled],
    meshes: Sequence[Mesh],
) -> list[Finding]:
    """The findings that are shown, those that a comment silences labelled, together with what there is to
    say about the comments. Pedantic sub-cases that nobody asked for end here.
    """
    silencer = _Silencer(comments, registry)
    judge = _Judge(comments, registry, {each.rule.name: each for each in enabled}, meshes)
    findings = silencer.label(outcome.raised)
    findings += silencer.label(judge.unclear())
    findings += silencer.label(judge.unused(silencer.used, outcome.crashes.keys()))
    return findings


class _Silencer:
    """Matches findings and comments, and remembers which words of which comment silenced something."""

    def __init__(self, comments: Iterable[Comment], registry: Registry) -> None:
        self.used: set[tuple[str, Word]] = set()
        self._by_line: dict[tuple[str, int], list[tuple[Comment, Word, frozenset[str]]]] = defaultdict(list)
        for comment in comments:
            for word in comment.words:
                rules = frozenset(rule.name for rule in registry.named(word.text))
                for line in {comment.line, comment.file.lines.position(comment.start).line}:
                    self._by_line[comment.file.path, line].append((comment, word, rules))

    def label(self, raised: Iterable[Raised]) -> list[Finding]:
        """The findings that are not hidden, with the first comment that silences each."""
        labelled = [(each, self._suppression(each.finding)) for each in raised]
        return [replace(each.finding, suppression=found) for each, found in labelled if not each.hidden]

    def _suppression(self, finding: Finding) -> Suppression | None:
        first: Comment | None = None
        for comment, word, rules in self._by_line.get((finding.path, finding.span.start.line), ()):
            if finding.rule in rules:
                self.used.add((comment.file.path, word))
                first = first or comment
        if first is None:
            return None
        span = first.file.lines.span(first.start, first.end)
        return Suppression("inSource", first.reason, first.file.path, span)


class _Judge:
    """Raises the rules about the comments themselves, as far as they are enabled."""

    def __init__(
        self,
        comments: Sequence[Comment],
        registry: Registry,
        enabled: Mapping[str, Enabled],
        meshes: Sequence[Mesh],
    ) -> None:
        self._comments = comments
        self._registry = registry
        self._enabled = enabled
        self._meshes = meshes

    def unclear(self) -> Iterator[Raised]:
        """Comments that name unknown rules, no rule, or no reason."""
        for comment in self._comments:
            if not comment.words:
                message = "the suppression names no rule, so it silences nothing"
                yield from self._raise(
                    unknown_rule_in_suppression, comment, Violation(message, at=_place(comment))
                )
            elif not comment.reason:
                message = "the suppression gives no reason"
                yield from self._raise(
                    suppression_without_reason, comment, Violation(message, at=_place(comment))
                )
            for word in comment.words:
                if not self._registry.knows(word.text):
                    yield from self._raise(unknown_rule_in_suppression, comment, self._unknown(comment, word))

    def _unknown(self, comment: Comment, word: Word) -> Violation:
        message = f"no rule, family or code is called '{word.text}', so nothing is silenced"
        place = _place(comment, (word.start, word.end))
        near = self._registry.closest(word.text)
        if near is None:
            return Violation(message, at=place)
        fix = Fix(f"silence '{near}' instead", (Edit(place, near),))
        return Violation(f"{message}; did you mean '{near}'?", at=place, fix=fix)

    def unused(self, used: Collection[tuple[str, Word]], crashed: Collection[str]) -> Iterator[Raised]:
        """Comments whose rules ran, could tell, and found nothing there to silence."""
        for comment in self._comments:
            idle = [
                word
                for word in comment.words
                if (comment.file.path, word) not in used and self._had_nothing_to_say(comment, word, crashed)
            ]
            if idle:
                yield from self._raise(unused_suppression, comment, _unused(comment, idle))

    def _had_nothing_to_say(self, comment: Comment, word: Word, crashed: Collection[str]) -> bool:
        rules = self._registry.named(word.text)
        about_mesh = any(rule.name not in _ABOUT_COMMENTS for rule in rules)
        return about_mesh and all(
            rule.name in self._enabled and rule.name not in crashed and self._can_tell(rule, comment)
            for rule in rules
        )

    def _can_tell(self, rule: Rule, comment: Comment) -> bool:
        """Whether some mesh holds what the rule needs to judge; a part of a tree may not."""
        return not rule.needs or any(
            mesh.settings.closed or all(_has(mesh, need, comment) for need in rule.needs)
            for mesh in self._meshes
        )

    def _raise(self, rule: Rule, comment: Comment, violation: Violation) -> Iterator[Raised]:
        enabled = self._enabled.get(rule.name)
        if enabled is not None:
            home = next(
                (m for m in self._meshes if comment.document and m.resource_of(comment.document)), None
            )
            yield Raised(finding_of(violation, rule.name, enabled.severity, home))


def _has(mesh: Mesh, need: str, comment: Comment) -> bool:
    """Whether a mesh holds one of the kinds of a need such as `Service|ServiceEntry@ns`; `@ns` asks for one
    in the namespace of the object that the comment stands in."""
    kinds, _, scope = need.partition("@")
    namespaces = mesh.memo(("namespaces that hold", kinds), lambda: _namespaces(mesh, kinds.split("|")))
    resource = mesh.resource_of(comment.document) if comment.document is not None else None
    return resource is not None and resource.ns in namespaces if scope else bool(namespaces)


def _namespaces(mesh: Mesh, kinds: Iterable[str]) -> frozenset[str]:
    """The namespaces with an object of one of some kinds; `workloads` are all kinds with a pod template."""
    return frozenset(
        resource.ns
        for kind in kinds
        for resource in (
            mesh.of_kind(kind) if kind != "workloads" else (workload.resource for workload in mesh.workloads)
        )
    )


def _unused(comment: Comment, idle: Sequence[Word]) -> Violation:
    names = ", ".join(f"'{word.text}'" for word in idle)
    message = f"the suppression of {names} silences nothing"
    kept = ", ".join(word.text for word in comment.words if word not in idle)
    if kept:
        edit = Edit(_place(comment, comment.list), kept)
        fix = Fix(f"no longer silence {names}", (edit,), safe=True)
        return Violation(message, at=_place(comment, (idle[0].start, idle[0].end)), fix=fix)
    fix = Fix("delete the comment", (Edit(_place(comment, _with_space(comment)), ""),), safe=True)
    return Violation(message, at=_place(comment), fix=fix)


def _with_space(comment: Comment) -> Extent:
    """The comment with the blanks before it, and with its line break when it stands alone."""
    text = comment.file.text
    line = text.rfind("\n", 0, comment.start) + 1
    start = line + len(text[line : comment.start].rstrip(" \t"))
    end = text.find("\n", comment.end)
    return (start, end + 1) if comment.alone and end >= 0 else (start, comment.end)


def _place(comment: Comment, extent: Extent | None = None) -> Place:
    document = comment.document or Document(comment.file, 0, None, Offsets(None, array("I", (0, 0))))
    return Place(document, *(extent or (comment.start, comment.end)))
