"""Holds SARIF files against Microsoft's validator: `python tests/validate_sarif.py FILE...`.

Installs the validator from npm into a cache directory when it is not there yet (Node.js is needed).
Exits with 1 when it reports an error or a warning about any of the files, or cannot tell.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

VERSION = "5.7.0"
PACKAGE = "@microsoft/sarif-multitool"


def main(files: list[str]) -> int:
    """Print what the validator says about the files; 0 when that is nothing."""
    if not files:
        sys.stderr.write(__doc__ or "")
        return 2
    problems = [*validate([Path(file) for file in files])]
    sys.stdout.write(("\n".join(problems) or f"{len(files)} SARIF files: no error, no warning") + "\n")
    return 1 if problems else 0


def validate(files: list[Path]) -> Iterator[str]:
    """One line for each error or warning."""
    with tempfile.TemporaryDirectory() as directory:
        output = Path(directory, "validation.sarif")
        command = [str(validator()), "validate", *(str(file.resolve(strict=True)) for file in files)]
        command += ["--rule-kind", "Sarif;Ghas", "--level", "Error;Warning", "--output", str(output)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if not output.exists() or run.returncode not in (0, 1):
            yield f"the validator failed with {run.returncode}: {run.stdout}{run.stderr}"
            return
        yield from problems_of(json.loads(output.read_text("utf-8-sig")), len(files))


def problems_of(log: dict[str, Any], expected: int) -> Iterator[str]:
    """The problems in the validator's own SARIF log, and whether it looked at every file."""
    for run in log["runs"]:
        for result in run.get("results", ()):
            place = result["locations"][0]["physicalLocation"]
            line = place.get("region", {}).get("startLine", 1)
            label = f"{result.get('level', 'warning')} {result['ruleId']}"
            yield f"{artifact(run, place)}:{line}: {label} {message_of(run, result)}"
        for invocation in run.get("invocations", ()):
            if not invocation["executionSuccessful"]:
                yield f"the validator could not finish: {json.dumps(invocation)}"
    if not log["runs"]:
        yield f"the validator looked at none of {expected} files"


def message_of(run: dict[str, Any], result: dict[str, Any]) -> str:
    """The text of a result, which may be given as a template of its rule and arguments."""
    message = result["message"]
    if "text" in message:
        return str(message["text"])
    text = str(run["tool"]["driver"]["rules"][result["ruleIndex"]]["messageStrings"][message["id"]]["text"])
    for number, argument in enumerate(message.get("arguments", ())):
        text = text.replace(f"{{{number}}}", argument)
    return text


def artifact(run: dict[str, Any], place: dict[str, Any]) -> str:
    """The URI of a physical location, which may be given by number."""
    location = place["artifactLocation"]
    if "uri" not in location:
        location = run["artifacts"][location["index"]]["location"]
    return str(location["uri"])


def validator() -> Path:
    """The validator's program, installed if need be. Its own wrapper passes arguments through a shell
    unquoted, which cuts `Sarif;Ghas` at the semicolon, so the program is called directly."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = cache / "meshlint" / f"sarif-multitool-{VERSION}"
    if not (home / "node_modules" / PACKAGE).is_dir():
        home.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--prefix", str(home), "--no-audit", "--no-fund", f"{PACKAGE}@{VERSION}"]
        subprocess.run(install, check=True, stdout=sys.stderr)
    find = ["node", "--print", f"require('{PACKAGE}')"]
    found = subprocess.run(find, cwd=home, check=True, capture_output=True, text=True)
    program = Path(found.stdout.strip())
    program.chmod(program.stat().st_mode | 0o100)
    return program


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
