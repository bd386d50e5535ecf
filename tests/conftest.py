"""What all tests share: `--update`, and an environment that does not leak in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

_LEAKS = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update", action="store_true", help="rewrite generated files instead of comparing them"
    )


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _LEAKS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def generated(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Asserts that a generated file is up to date, or writes it with `--update`."""

    def check(path: Path, text: str) -> None:
        if request.config.getoption("--update"):
            path.write_text(text, encoding="utf-8")
        written = path.read_text(encoding="utf-8") if path.exists() else ""
        assert written == text, f"{path} is out of date: run pytest --update"

    return check
