"""Real shells on a console: each on a terminal of its own, with its own way to edit and echo a line."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator

import pytest

from consolesvc.config.linespec import CommandSpec
from consolesvc.console.console import Console
from consolesvc.lines.command import CommandOpener
from tests.lines.devices import eventually

PROMPT = b"host:~# "
SHELLS = {
    "bash": "bash --norc --noprofile -i",
    "dash": "dash -i",
    "busybox": "busybox sh -i",
}
"""readline wraps by a space and CR; dash leaves it all to the kernel; busybox by a character and a backspace."""


def shells() -> list[object]:
    """A parameter for each, skipped where it is not installed."""
    return [
        pytest.param(name, marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"no {name} here"))
        for name in SHELLS
    ]


@contextlib.asynccontextmanager
async def shell(name: str) -> AsyncIterator[Console]:
    """A console with that shell, which has its prompt."""
    text = f"stty sane cols 80; unset PROMPT_COMMAND ENV HISTFILE; export TERM=vt100 PS1='{PROMPT.decode()}'; exec "
    console = Console(name, CommandOpener(CommandSpec(shell=text + SHELLS[name]), name), ring=1024 * 1024, replay=1024)
    await console.start()
    try:
        await eventually(lambda: PROMPT in console.ring.read(0, 1000), patience=20)
        yield console
    finally:
        await console.close()
