"""The layers: what may import what, and how long things may get."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "meshlint"

# From left to right: a module may import from its own layer and from those before it.
LAYERS = (
    "errors", "data", "source", "schema", "model", "mesh", "traffic", "rule", "rules", "finding", "config",
    "engine", "report", "api", "testing", "cli", "__main__",
)  # fmt: skip
REPORTS_SEE = ("errors", "finding", "report")
ONLY_IMPORTER = {
    "networkx": "meshlint/mesh/graph.py",
    "sarif_om": "meshlint/report/sarif.py",
    "click": "meshlint/cli/",
}
LONGEST_FILE, LONGEST_FUNCTION = 350, 60
LONGER = {"meshlint/mesh/__init__.py": 700}  # every question that a rule may ask, most in three lines
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base", "mixin"}

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "_data" not in path.parts)
each_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def layer(module: str) -> str | None:
    """`meshlint.report.text` is in the layer `report`; the package itself and other packages are in none."""
    parts = module.split(".")
    return parts[1] if parts[0] == "meshlint" and len(parts) > 1 else None


def layer_of(path: Path) -> str | None:
    return layer(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))


def imports(node: ast.AST) -> Iterator[str]:
    """Every module that some code imports when it runs, wherever the import stands."""
    inner: Sequence[ast.AST]
    match node:
        case ast.If(test=ast.Name("TYPE_CHECKING"), orelse=inner):
            pass
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
            return
        case ast.ImportFrom(module=module, names=names, level=level):
            yield from ("." * level + f"{module or ''}.{alias.name}" for alias in names)
            return
        case _:
            inner = [*ast.iter_child_nodes(node)]
    for each in inner:
        yield from imports(each)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import a.b", ["a.b"]),
        ("from a import b, c", ["a.b", "a.c"]),
        ("def f():\n    from a import b", ["a.b"]),
        ("if TYPE_CHECKING:\n    import a\nelse:\n    import b", ["b"]),
        ("from . import a", ["..a"]),
    ],
)
def test_what_code_imports(code: str, found: list[str]) -> None:
    assert [*imports(ast.parse(code))] == found


def test_every_module_has_a_layer() -> None:
    layers = {layer_of(path) for path in MODULES} - {None}
    assert layers <= set(LAYERS)


@each_module
def test_imports_point_one_way(path: Path) -> None:
    own = layer_of(path)
    if own is None:
        return  # the package itself: it imports a stage when somebody asks for a name of it
    allowed = LAYERS[: LAYERS.index(own) + 1]
    wrong = [
        name for name in imports(parsed(path)) if (found := layer(name)) in LAYERS and found not in allowed
    ]
    assert not wrong, f"{own} may import {', '.join(allowed)}"


@each_module
def test_imports_are_absolute(path: Path) -> None:
    assert not [name for name in imports(parsed(path)) if name.startswith(".")]


@each_module
def test_slow_packages_stay_in_one_place(path: Path) -> None:
    for name in imports(parsed(path)):
        place = ONLY_IMPORTER.get(name.partition(".")[0])
        assert place is None or relative(path).startswith(place), f"only {place} imports {name}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "report").glob("*.py")), ids=lambda path: path.name)
def test_reports_see_findings_alone(path: Path) -> None:
    wrong = [
        name
        for name in imports(parsed(path))
        if layer(name) in LAYERS
        and layer(name) not in REPORTS_SEE
        and not name.startswith("meshlint.source.span.")
    ]
    assert not wrong


@each_module
def test_names_say_something(path: Path) -> None:
    assert not VAGUE & set(path.relative_to(ROOT).with_suffix("").parts)


@each_module
def test_length(path: Path) -> None:
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= LONGER.get(relative(path), LONGEST_FILE)
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
            assert node.end_lineno - node.lineno < LONGEST_FUNCTION, f"{node.name} is too long"


def test_no_licence_to_grow_is_left_over() -> None:
    for name in LONGER:
        assert len((ROOT / name).read_text("utf-8").splitlines()) > LONGEST_FILE


@each_module
def test_only_the_edges_catch_everything(path: Path) -> None:
    """A rule that raises and a defect of the program are told to the user; nothing else may be hidden."""
    if relative(path) in {"meshlint/engine/run.py", "meshlint/cli/__init__.py"}:
        return
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ExceptHandler):
            caught = {name.id for name in ast.walk(node.type or node) if isinstance(name, ast.Name)}
            assert node.type is not None, f"line {node.lineno} catches everything"
            assert not caught & {"Exception", "BaseException"}, f"line {node.lineno} catches everything"
