"""Start-up time and memory of the demo, beside a bare aiohttp server in the same run, taking turns.

By hand: `.venv/bin/python -m tests.scenarios.measure [ROUNDS]`. Nothing is asserted: a busy machine is no failure.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.scenarios.process import CONSOLESVC, environment

BARE = """
import asyncio
from aiohttp import web

async def main():
    runners = []
    for _ in range(2):
        app = web.Application()
        app.router.add_get("/", lambda request: web.Response())
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        runners.append(runner)
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
"""What is compared with: two listening aiohttp applications that can do nothing."""

DEMO = ("serve", "--ephemeral", "--set", "api.listen=127.0.0.1:0", "--set", "proxy.listen=127.0.0.1:0")
SETTLED = 3.0
"""Seconds after which memory is looked at: by then the fake servers have booted, and their output is in the rings."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one start: seconds from exec to `ready`; MiB resident, and MiB by proportional share."""

    start: float
    rss: float
    pss: float


def measure(command: list[str]) -> Figures:
    """Start it, wait for the line `ready`, look, and end it."""
    environ = environment()
    environ.pop("PYTHONWARNINGS")
    begun = time.monotonic()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environ, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line == "ready\n":
                break
        seconds = time.monotonic() - begun
        time.sleep(SETTLED)
        rows = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()[1:]
        sizes = {key: int(value) / 1024 for key, value in (row.split()[:2] for row in rows)}
        process.terminate()
    return Figures(seconds, sizes["Rss:"], sizes["Pss:"])


def main(rounds: int) -> None:
    """Print the medians and their ratios."""
    found: dict[str, list[Figures]] = {"consolesvc": [], "aiohttp": []}
    for _ in range(rounds):
        found["consolesvc"].append(measure([str(CONSOLESVC), *DEMO]))
        found["aiohttp"].append(measure([sys.executable, "-c", BARE]))
    ours, bare = (
        Figures(*(statistics.median(getattr(each, name) for each in figures) for name in ("start", "rss", "pss")))
        for figures in found.values()
    )
    sys.stdout.write(
        f"median of {rounds:<4}      consolesvc     bare aiohttp    ratio\n"
        + row("exec to ready", "s", ours.start, bare.start)
        + row("RSS", "MiB", ours.rss, bare.rss)
        + row("PSS", "MiB", ours.pss, bare.pss)
    )


def row(what: str, unit: str, ours: float, bare: float) -> str:
    """One line of the table."""
    return f"{what:14}{ours:12.2f} {unit:3} {bare:12.2f} {unit:3} {ours / bare:8.2f}\n"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
