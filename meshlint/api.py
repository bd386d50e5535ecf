"""The whole program in order: read, make meshes, run rules, silence, report. Start reading here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from meshlint import __version__
from meshlint.config import Config
from meshlint.engine.fingerprint import fingerprinted
from meshlint.engine.info import rule_info
from meshlint.engine.registry import Registry
from meshlint.engine.run import run
from meshlint.engine.select import enabled_rules
from meshlint.engine.suppress import all_comments, suppress
from meshlint.errors import InputError
from meshlint.finding import Counts, Report, Skipped
from meshlint.mesh import Mesh
from meshlint.mesh.assemble import meshes_of
from meshlint.mesh.settings import Settings
from meshlint.rule import Rule
from meshlint.rules import BUILTIN
from meshlint.source import LoadOptions, load
from meshlint.source.document import Node, SourceFile


def lint(
    paths: Sequence[str],
    config: Config | None = None,
    *,
    rules: Sequence[Rule] = BUILTIN,
    stdin_filename: str | None = None,
    jobs: int = 1,
) -> Report:
    """Judge the files under some paths (`-` is standard input) by some rules, parsing in `jobs` processes.

    Raises ConfigError for a configuration that names what does not exist, InputError for a path that
    cannot be read.
    """
    config = config or Config()
    settings = config.settings
    registry = Registry(rules)
    enabled = enabled_rules(registry, config, settings.istio_version)
    given = load(paths, LoadOptions(config.exclude, "/", stdin_filename, jobs))
    files = {**given.sources, **_mesh_files(settings)}
    meshes = meshes_of(given, settings)
    outcome = run(enabled, meshes)
    comments = all_comments(given.sources.values(), meshes)
    shown = suppress(outcome, comments, registry=registry, enabled=enabled, meshes=meshes)
    findings = tuple(fingerprinted(sorted(shown, key=lambda finding: finding.sort_key)))
    return Report(
        findings=findings,
        rules=tuple(rule_info(each.rule) for each in enabled),
        counts=Counts(given.files, given.documents, _objects(meshes)),
        skipped=tuple(Skipped(*skipped) for skipped in given.skipped),
        istio_version=config.istio_version,
        texts={path: file.text for path, file in files.items()},
        version=__version__,
        crashes=tuple(outcome.crashes.values()),
        absolute={path: str(file.absolute) for path, file in files.items() if file.absolute},
    )


def _mesh_files(settings: Settings) -> dict[str, SourceFile]:
    """The files of mesh configuration that the user named."""
    nodes = (settings.mesh_config and settings.mesh_config.node, settings.mesh_networks)
    return {node.document.file.path: node.document.file for node in nodes if isinstance(node, Node)}


def _objects(meshes: Iterable[Mesh]) -> int:
    """How many objects there are; those that several meshes share count once."""
    return len({id(resource.document) for mesh in meshes for resource in mesh.resources})


def load_mesh(paths: Sequence[str], config: Config | None = None) -> Mesh:
    """The mesh that the files under some paths describe.

    Raises InputError when they describe several, as the overlays of a kustomization do.
    """
    config = config or Config()
    meshes = meshes_of(load(paths, LoadOptions(config.exclude, "/")), config.settings)
    if len(meshes) > 1:
        msg = f"{', '.join(paths)} holds {len(meshes)} meshes; name the kustomization of one of them"
        raise InputError(msg)
    return meshes[0]
