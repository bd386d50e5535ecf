"""What is published: the source distribution builds a wheel that works on its own, far from the checkout.

The wheel is installed without its dependencies, which are found where this test finds them: nothing is
downloaded.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import meshlint

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
MANIFEST = """\
apiVersion: v1
kind: Service
metadata: {name: reviews, namespace: shop}
spec:
  selector: {app: reviews}
  ports: [{name: http, port: 80}]
---
apiVersion: rbac.istio.io/v1alpha1
kind: ServiceRole
metadata: {name: viewer, namespace: shop}
"""

Program = Callable[..., "subprocess.CompletedProcess[str]"]


def run(
    *command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, command)], cwd=cwd, env=env, text=True, capture_output=True, check=False)


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a source distribution, and the wheel that was built from it."""
    if not (ROOT / "pyproject.toml").exists():
        pytest.skip("not a checkout")
    target = tmp_path_factory.mktemp("dist")
    built = run(sys.executable, "-m", "build", "--no-isolation", "--outdir", target, ROOT)
    assert built.returncode == 0, built.stdout + built.stderr
    return target


@pytest.fixture(scope="module")
def wheel(distributions: Path) -> Path:
    (found,) = distributions.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Runs the installed `meshlint` in a directory."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, symlinks=True)
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    pip = (sys.executable, "-m", "pip", "--python", scripts / "python", "--disable-pip-version-check")
    done = run(*pip, "install", "--no-deps", "--no-index", wheel)
    assert done.returncode == 0, done.stderr
    environment = {**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")}

    def program(*arguments: str | Path, directory: Path) -> subprocess.CompletedProcess[str]:
        return run(scripts / "meshlint", *arguments, cwd=directory, env=environment)

    where = run(
        scripts / "python", "-c", "import meshlint; print(meshlint.__file__)", cwd=home, env=environment
    )
    assert Path(where.stdout.strip()).is_relative_to(home), where
    return program


def test_source_distribution_is_the_checkout(distributions: Path) -> None:
    (archive,) = distributions.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        names = {name.partition("/")[2] for name in file.getnames()}
    for wanted in (
        "LICENSE",
        "Makefile",
        "README.md",
        "tests/test_packaging.py",
        "fixtures/README.md",
        "bench/run.py",
    ):
        assert wanted in names
    assert not [
        name for name in names if name.startswith((".venv", ".git/", "dist/")) or "__pycache__" in name
    ]


def test_wheel_holds_the_program_and_its_data(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())
    assert {name.partition("/")[0] for name in names} == {
        "meshlint",
        f"meshlint-{meshlint.__version__}.dist-info",
    }
    assert "meshlint/py.typed" in names
    for data in ("rules", "schemas"):
        wanted = {path.relative_to(ROOT).as_posix() for path in (ROOT / data).rglob("*") if path.is_file()}
        assert {f"meshlint/_data/{path}" for path in wanted} <= names


def test_version(installed: Program, tmp_path: Path) -> None:
    assert installed("--version", directory=tmp_path).stdout == f"meshlint {meshlint.__version__}\n"


def test_every_rule_is_explained(installed: Program, tmp_path: Path) -> None:
    listed = installed("rules", "--format", "json", directory=tmp_path)
    rules = [rule["name"] for rule in json.loads(listed.stdout)["rules"]]
    assert "removed-kind" in rules
    explained = installed("explain", "removed-kind", directory=tmp_path)
    assert explained.returncode == 0, explained.stderr
    assert explained.stdout.startswith("# removed-kind\n")


@pytest.mark.parametrize("format_", ["text", "json", "sarif", "github"])
def test_check(installed: Program, tmp_path: Path, format_: str) -> None:
    (tmp_path / "mesh.yaml").write_text(MANIFEST, "utf-8")
    done = installed("check", ".", "--format", format_, directory=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "removed-kind" in done.stdout


def test_configuration_file(installed: Program, tmp_path: Path) -> None:
    (tmp_path / "mesh.yaml").write_text(MANIFEST, "utf-8")
    (tmp_path / ".meshlint.yaml").write_text("ignore: [removed-kind]\n", "utf-8")
    done = installed("mesh.yaml", directory=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
