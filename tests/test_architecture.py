"""The layers: what may import what, and how long things may get."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "meshlint"
LAYERS = (
    "errors", "data", "source", "schema", "model", "mesh", "traffic", "rule", "rules", "finding", "config",
    "engine", "report", "api", "testing", "cli", "__main__",
)  # fmt: skip
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "_data" not in path.parts)
ONLY_IMPORTER = {"networkx": "meshlint/mesh/graph.py", "sarif_om": "meshlint/report/sarif.py"}


def layer(parts: tuple[str, ...]) -> int:
    return LAYERS.index(parts[0]) if parts and parts[0] in LAYERS else -1


def imports(tree: ast.AST) -> list[str]:
    """Absolute imports that run, leaving out those below `if TYPE_CHECKING`."""
    found: list[str] = []
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
        stack.extend(ast.iter_child_nodes(node))
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    relative = path.relative_to(PACKAGE).with_suffix("").parts
    own = layer(relative)
    for name in imports(ast.parse(path.read_text())):
        parts = tuple(name.split("."))
        if parts[0] in ONLY_IMPORTER:
            assert str(path.relative_to(ROOT)) == ONLY_IMPORTER[parts[0]], f"{path} imports {name}"
        if parts[0] == "meshlint" and relative != ("__init__",):
            assert layer(parts[1:]) <= own, f"{path} imports {name}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "report").glob("*.py")), ids=lambda path: path.name)
def test_reports_see_findings_only(path: Path) -> None:
    allowed = ("meshlint.finding", "meshlint.errors", "meshlint.report", "meshlint.source.span")
    for name in imports(ast.parse(path.read_text())):
        assert not name.startswith("meshlint.") or name.startswith(allowed), f"{path} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_functions_stay_readable(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
            assert node.end_lineno - node.lineno < 60, f"{path}: {node.name}"
