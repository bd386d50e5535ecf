"""Measures meshlint against what it cannot do without, and prints a table: `python bench/run.py`.

Every number is a ratio of two things measured in this run on this machine, or a difference of two of them,
so that runs on different machines compare. Of several attempts the fastest counts: noise only adds.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

from generate import Generated, generate

# Reads and composes every file as a parser without any linter would, and prints the seconds that took.
COMPOSE = """
import sys, time, pathlib, yaml
start = time.perf_counter()
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.yaml")):
    for node in yaml.compose_all(path.read_bytes(), Loader=yaml.CSafeLoader):
        pass
print(time.perf_counter() - start)
"""
SIZES = (1_000, 10_000, 50_000)
MESHLINT = (sys.executable, "-m", "meshlint")


class Run(NamedTuple):
    """One process: its wall time in seconds, its peak memory in bytes, what it printed."""

    seconds: float
    memory: int
    output: str


class Row(NamedTuple):
    """A line of the table."""

    what: str
    value: float
    limit: float
    unit: str

    def __str__(self) -> str:
        verdict = "ok" if self.value <= self.limit else "OVER"
        return f"{self.what:<62} {self.value:8.2f}{self.unit:<3} {self.limit:8.2f}{self.unit:<3}  {verdict}"


def main() -> None:
    """Make the meshes, measure, print the table."""
    with TemporaryDirectory() as directory:
        os.chdir(directory)
        meshes = {count: generate(Path(str(count)), count) for count in SIZES}
        _small_tree(Path("20"))
        print(f"{'':<62} {'measured':>11} {'at most':>11}")
        for row in _rows(meshes):
            print(row, flush=True)


def _rows(meshes: Mapping[int, Generated]) -> Iterator[Row]:
    yield from _against_parser(meshes[10_000].size)
    yield _growth(meshes)
    yield from _starting()


def _against_parser(size: int) -> Iterator[Row]:
    """Time and memory of a run, beside the time of the parser alone and the size of what it reads."""
    composed = min(float(run(sys.executable, "-c", COMPOSE, "10000").output) for _ in range(3))
    runs = {"": fastest(*check("10000"))}
    if "--jobs" in run(*MESHLINT, "check", "--help").output:
        runs[", one process"] = fastest(*check("10000"), "--jobs", "1")
    for how, found in runs.items():
        yield Row(f"10,000 documents{how}: whole run / composing them", found.seconds / composed, 3.0, "x")
    memory = max(found.memory for found in runs.values())
    yield Row("10,000 documents: peak memory / size of the input", memory / size, 25.0, "x")


def _growth(meshes: Mapping[int, Generated]) -> Row:
    """What one more document costs in a large mesh, compared with a small one."""
    small, middle, large = ((meshes[count].documents, fastest(*check(str(count))).seconds) for count in SIZES)
    ratio = _slope(middle, large) / _slope(small, middle)
    return Row("one document more: up to 50,000 / up to 10,000", ratio, 1.15, "x")


def _slope(first: tuple[int, float], second: tuple[int, float]) -> float:
    return (second[1] - first[1]) / (second[0] - first[0])


def _starting() -> Iterator[Row]:
    bare = fastest(sys.executable, "-c", "pass", attempts=15).seconds
    version = fastest(*MESHLINT, "--version", attempts=15).seconds
    imports = fastest(sys.executable, "-c", "import yaml, click", attempts=15).seconds
    small = fastest(*check("20"), attempts=15).seconds
    yield Row("--version, over starting Python", (version - bare) * 1000, 80.0, "ms")
    yield Row("20 documents: whole run / importing yaml and click", small / imports, 5.0, "x")


def _small_tree(directory: Path) -> None:
    """The first 20 documents of the generated mesh: one namespace and what is called by no other."""
    directory.mkdir()
    namespace = Path("1000/team-00")
    names = ("namespace.yaml", "app-000.yaml", "app-001.yaml")
    texts = [(namespace / name).read_text("utf-8") for name in names]
    for name, text in zip(names, texts, strict=True):
        (directory / name).write_text(text, encoding="utf-8")


def check(path: str) -> tuple[str, ...]:
    """The command that lints a directory and finds nothing there."""
    return (*MESHLINT, "check", path, "--no-config")


def fastest(*command: str, attempts: int = 3) -> Run:
    """The fastest of several runs of a command, which must succeed."""
    return min(run(*command) for _ in range(attempts))


def run(*command: str) -> Run:
    """Run a command to its end and measure it. Raises CalledProcessError when it fails."""
    start = perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(seconds, usage.ru_maxrss * unit, output)


if __name__ == "__main__":
    main()
