"""Where the rule pages and schemas are at run time; the only module that knows."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_INSTALLED = _PACKAGE / "_data"


def data_path(*parts: str) -> Path:
    """The path of a file below `rules/` or `schemas/`, in a wheel or in a checkout."""
    root = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent
    return root.joinpath(*parts)
