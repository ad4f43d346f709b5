"""The command line: ``asyncsm``, with the extra ``asyncsm[cli]``.

`application` assembles the commands, of which each group has a module. `common` has the
shared options and the event loop, `exit_codes` the exit codes, `output` the forms of data.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

EXTRA: Final = {"libcst": "migrate"} | dict.fromkeys(("typer", "rich", "jmespath", "yaml"), "cli")
"""The extras that modules come with which not everybody has."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `exit_codes` has the list.

    Args:
        argv: the arguments, without the program's name; those of the process if absent.
    """
    try:
        from asyncsm.cli.application import run

        return run(argv)
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name not in EXTRA:
            raise
        sys.stderr.write(f"asyncsm: this needs {name}: pip install 'asyncsm[{EXTRA[name]}]'\n")
        return 1
