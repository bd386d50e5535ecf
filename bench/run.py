"""Measures meshlint against what it cannot do without: `python bench/run.py [--quick]`.

Every number is a ratio of two things measured in this run on this machine, or a difference of two of them,
so that runs on different machines compare. Of several attempts the fastest counts: noise only adds. With
`--quick` the largest mesh has 10,000 documents in place of 50,000.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

from generate import generate

# Reads and composes every file as a parser without any linter would, and prints the seconds that took.
COMPOSE = """
import sys, time, pathlib, yaml
start = time.perf_counter()
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.yaml")):
    for node in yaml.compose_all(path.read_bytes(), Loader=yaml.CSafeLoader):
        pass
print(time.perf_counter() - start)
"""
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
    largest = 10_000 if "--quick" in sys.argv[1:] else 50_000
    with TemporaryDirectory() as directory:
        os.chdir(directory)
        sizes = {count: generate(Path(str(count)), count).size for count in (1_000, 10_000, largest)}
        _small_tree(Path("20"))
        print(f"{'':<62} {'measured':>11} {'at most':>11}")
        for row in (*_against_parser(sizes[10_000]), _growth(largest), *_starting()):
            print(row, flush=True)


def _against_parser(size: int) -> Sequence[Row]:
    composed = min(float(run(sys.executable, "-c", COMPOSE, "10000").output) for _ in range(3))
    runs = {"": fastest(*check("10000"))}
    if "--jobs" in run(*MESHLINT, "check", "--help").output:
        runs[", one process"] = fastest(*check("10000"), "--jobs", "1")
    times = [
        Row(f"10,000 documents{how}: whole run / composing them", found.seconds / composed, 3.0, "x")
        for how, found in runs.items()
    ]
    memory = max(found.memory for found in runs.values())
    return (*times, Row("10,000 documents: peak memory / size of the input", memory / size, 25.0, "x"))


def _growth(largest: int) -> Row:
    """What one more document costs in a large mesh, compared with a small one."""
    small, middle, large = (fastest(*check(str(count))).seconds for count in (1_000, 5_000, largest))
    early = (middle - small) / 4_000
    late = (large - middle) / (largest - 5_000)
    return Row(f"cost of a document, to {largest:,} / to 5,000", late / early, 1.15, "x")


def _starting() -> Sequence[Row]:
    bare = fastest(sys.executable, "-c", "pass", attempts=15).seconds
    version = fastest(*MESHLINT, "--version", attempts=15).seconds
    imports = fastest(sys.executable, "-c", "import yaml, click", attempts=15).seconds
    small = fastest(*check("20"), attempts=15).seconds
    return (
        Row("--version, over starting Python", (version - bare) * 1000, 80.0, "ms"),
        Row("20 documents: whole run / importing yaml and click", small / imports, 5.0, "x"),
    )


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
