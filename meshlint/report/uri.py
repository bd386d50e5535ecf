"""File paths as URI references: relative to the root of the sources where they lie below it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from urllib.parse import quote

_NOT_A_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")


def path_uri(path: str) -> str:
    """A path with `/` between its parts, percent-encoded; an absolute one gets the scheme `file`.

    Bytes of a file name that are not UTF-8 arrive as U+DC80 to U+DCFF and become bytes again.
    """
    data = _NOT_A_BYTE.sub("\ufffd", path).encode("utf-8", "surrogateescape")
    encoded = quote(data, safe="/~!$&'()*+,;=@")
    return f"file://{encoded}" if path.startswith("/") else encoded


class Uris:
    """The URI of each file of a report.

    `absolute` gives the real place of a file, links resolved, and `root` the directory that URIs start
    from; without either, a path is taken as it is shown.
    """

    def __init__(self, absolute: Mapping[str, str], root: str | None) -> None:
        self._absolute = absolute
        self._root = root

    def __call__(self, path: str) -> str:
        """The URI of the file that a report calls `path`."""
        real = self._absolute.get(path)
        if real is None or self._root is None:
            return path_uri(path.removeprefix("./"))
        place = PurePath(real)
        below = place.is_relative_to(self._root)
        return path_uri((place.relative_to(self._root) if below else place).as_posix())
