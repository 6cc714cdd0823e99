"""A scrape, read back as Prometheus reads it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping

import pytest

from tests.proxy.world import World
from tests.scenarios.process import needs

needs_promtool = needs("promtool", "apt install --no-install-recommends prometheus")

_SAMPLE = re.compile(r"(?P<name>[a-z_:][a-z0-9_:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)")
_LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\.)*)"(?:,|$)')
_ESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}

Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def read(text: str) -> Samples:
    """Each sample's value by its name and labels; fails for a line that is none, and for one said twice."""
    found: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith(("# HELP ", "# TYPE ")):
            continue
        match = _SAMPLE.fullmatch(line)
        assert match, line
        labels = frozenset((name, unescaped(value)) for name, value in _LABEL.findall(match["labels"] or ""))
        assert (match["name"], labels) not in found, line
        found[match["name"], labels] = float(match["value"])
    return found


def unescaped(value: str) -> str:
    """A label's value as it was."""
    return re.sub(r"\\.", lambda match: _ESCAPED[match[0]], value)


def value(samples: Samples, name: str, **labels: str) -> float | None:
    """The one sample of a name that has these labels among its own; None for none."""
    wanted = set(labels.items())
    found = [each for (found_name, own), each in samples.items() if found_name == name and wanted <= own]
    assert len(found) <= 1, (name, labels, found)
    return found[0] if found else None


def names(samples: Samples) -> set[str]:
    """The names of all metrics that have a sample."""
    return {name for name, _ in samples}


def promtool(*words: str, text: str = "") -> str:
    """What promtool says; fails where it says that something is wrong."""
    program = shutil.which("promtool")
    if program is None:
        pytest.fail("promtool is not installed: apt install --no-install-recommends prometheus")
    done = subprocess.run([program, *words], input=text, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


async def text(lab: World, headers: Mapping[str, str] | None = None) -> str:
    """A scrape of the API's port."""
    async with lab.http.get(f"{lab.api}/metrics", headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return await answer.text()


async def samples(lab: World) -> Samples:
    """Likewise, read."""
    return read(await text(lab))
