"""The configuration that `serve` was told to run with: read here, or apart, in a process of its own.

A file of hundreds of servers is half a second of Python. In a thread that would be half a second in which the loop has
to ask for its turn again after each call of the system, and a console's bytes come late (measured: 0.1 s and more); and
what reading leaves behind would stay in the memory of a service that runs for months.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from consolesvc.config.fakes import with_fakes
from consolesvc.config.load import load, load_demo
from consolesvc.config.model import Config
from consolesvc.errors import ClientError, ConfigurationError

PATIENCE = 60.0
"""Seconds after which a reader is given up."""
NICE = 5
"""How much others come before it."""

_READER = """
import pickle, sys
path, given = pickle.load(sys.stdin.buffer)
sys.path[:] = path
from consolesvc.cli.configured import answer
answer(given)
"""


class Configured(NamedTuple):
    """What `serve` was told.

    Attributes:
        file: The main file; None for the demo.
        overrides: As `--set` takes them.
        fakes: As `--fake` takes them: a guest, and how many.
    """

    file: Path | None
    overrides: Sequence[str] = ()
    fakes: Sequence[tuple[str, int]] = ()

    def read(self) -> Config:
        """Read it; raises ConfigurationError, and ClientError where fakes cannot be added."""
        config = load_demo(self.overrides) if self.file is None else load(self.file, self.overrides)
        return with_fakes(config, self.fakes)

    def read_apart(self) -> Config:
        """The same in a process of its own; where there can be none, here. Blocks; to be called in a thread."""
        given = pickle.dumps((sys.path, (str(self.file) if self.file else None, self.overrides, self.fakes)))
        try:
            # No descriptor of ours is inherited anyhow; closing thousands of them would hold everything up.
            words = [sys.executable, "-c", _READER]
            reader = subprocess.run(  # noqa: S603 - ourselves
                words, input=given, capture_output=True, timeout=PATIENCE, check=True, close_fds=False
            )
            found = pickle.loads(reader.stdout)  # noqa: S301 - of our own process
        except (OSError, subprocess.SubprocessError, pickle.UnpicklingError, EOFError):
            return self.read()
        if isinstance(found, Config):
            return found
        if isinstance(found, str):
            raise ClientError(found, 2)
        raise ConfigurationError(found)


def answer(given: tuple[str | None, Sequence[str], Sequence[tuple[str, int]]]) -> None:
    """The reader's work: to stdout goes a Config, the problems that it has, or another refusal's words."""
    os.nice(NICE)
    file, overrides, fakes = given
    found: object
    try:
        found = Configured(None if file is None else Path(file), overrides, fakes).read()
    except ConfigurationError as error:
        found = error.problems
    except ClientError as error:
        found = str(error)
    sys.stdout.buffer.write(pickle.dumps(found))
