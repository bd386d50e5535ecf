"""What can stop a run: errors that a user can cure, each with the exit code it leads to."""

from __future__ import annotations


class MeshlintError(Exception):
    """A run cannot go on; the text is one line that names the place and the cure."""

    exit_code = 2


class UsageError(MeshlintError):
    """The command line asks for something that is not there."""


class ConfigError(MeshlintError):
    """A configuration file is unreadable or says something that meshlint does not know."""


class InputError(MeshlintError):
    """A path that the user named cannot be read."""
