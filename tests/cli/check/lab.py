"""What is checked, and how."""

from __future__ import annotations

import argparse
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from consolesvc.cli import check

LAB = Path(__file__).parents[3] / "config" / "lab.yaml"
FTDI = {"idVendor": "0403", "idProduct": "6001", "manufacturer": "FTDI", "product": "FT232R USB UART", "serial": "A1"}
FAKE = "{type: emulated, guest: echo}"
Checked = Callable[..., tuple[int, list[str], list[str]]]


def arguments(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    check.add_arguments(parser)
    return parser.parse_args(argv)


def limited(monkeypatch: pytest.MonkeyPatch, hard: int) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _what: (min(hard, 256), hard))


def servers(*lines: str) -> str:
    return "servers:\n" + "".join(f"- {{name: node{n}, line: {line}}}\n" for n, line in enumerate(lines))


def serial(device: str | Path, more: str = "") -> str:
    return f"{{type: serial, device: {device}{more}}}"
