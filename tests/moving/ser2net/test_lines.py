"""ser2net.conf as of old: taken by the real one, and read by us."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from consolesvc.moving.moved import Moved, Nonsense
from consolesvc.moving.ser2net.connections import read_ser2net
from consolesvc.moving.ser2net.keywords import OPTIONS
from tests.lines.peers import free_port
from tests.moving.ser2net.real import needs_ser2net, running_ser2net
from tests.moving.ser2net.test_connections import gone

EVERYTHING = r"""
# A port a line, and texts with names.
CONTROLPORT:localhost,2000
BANNER:hello:\r\nser2net port \p device \d [\s] (Debian GNU/Linux)\r\n
OPENSTR:wake:\r\n
TRACEFILE:log1:/var/log/ser2net
DEVICE:node3:/dev/serial/by-path/pci-0:1.2-port0
DEFAULT:speed:19200
DEFAULT:chardelay-max:500
2001:telnet:600:/dev/ttyS1:9600 8DATABITS NONE 1STOPBIT hello
localhost,2002:raw:0:/dev/ttyS2:115200 EVEN 7DATABITS 2STOPBITS XONXOFF LOCAL -RTSCTS max-connections=3
2003:telnet:0:node3:remctl LOCAL wake tb=log1 \
  kickolduser chardelay
2004:rawlp:0:/dev/lp0
2005:off:0:/dev/ttyS5:9600
"""


def moved_from(tmp_path: Path, text: str) -> Moved:
    (tmp_path / "ser2net.conf").write_text(text)
    return read_ser2net(tmp_path / "ser2net.conf")


def notes(moved: Moved) -> list[str]:
    return [re.sub(r"^\S*/", "", str(note)) for note in moved.notes]


def test_everything(tmp_path: Path) -> None:
    """Devices by their names; a line is where it begins; what is named may stand behind."""
    moved = moved_from(tmp_path, EVERYTHING)
    serial = {"type": "serial"}
    assert {entry.name: entry.line for entry in moved.entries} == {
        "ttyS1": {**serial, "device": "/dev/ttyS1", "settings": "9600n8"},
        "ttyS2": {**serial, "device": "/dev/ttyS2", "settings": "115200e72", "flow": "xonxoff"},
        "node3": {**serial, "device": "/dev/serial/by-path/pci-0:1.2-port0", "settings": "19200n8"},
        "lp0": {**serial, "device": "/dev/lp0", "settings": "19200n8"},
    }
    told = notes(moved)
    assert told == [
        "ser2net.conf:3: left out: CONTROLPORT:localhost,2000: `consolesvc list`, `down` and `up` take its place",
        "ser2net.conf:10: left out: ttyS1: hello: nothing is sent to a machine, or to who attaches, by itself",
        "ser2net.conf:10: left out: ttyS1: timeout 600: nobody is sent away for silence",
        "ser2net.conf:10: " + gone("ttyS1: accepter 2001:telnet", "telnet, host: 127.0.0.1, port: 2001"),
        "ser2net.conf:11: " + gone("ttyS2: accepter localhost,2002:raw", "tcp, host: 127.0.0.1, port: 2002"),
        "ser2net.conf:12: left out: node3: wake: nothing is sent to a machine, or to who attaches, by itself",
        f"ser2net.conf:12: left out: node3: tb: {OPTIONS['tb']}",
        "ser2net.conf:12: " + gone("node3: accepter 2003:telnet", "rfc2217, host: 127.0.0.1, port: 2003"),
        "ser2net.conf:14: " + gone("lp0: accepter 2004:rawlp", "tcp, host: 127.0.0.1, port: 2004"),
        "ser2net.conf:15: left out: ttyS5: port 2005 is off; a server that is here is always on",
    ]  # fmt: skip


@needs_ser2net
def test_the_real_one_takes_it(tmp_path: Path) -> None:
    """Without a complaint, on free ports of loopback alone."""
    ports = iter(free_port() for _ in range(9))
    text = re.sub(
        r"(?m)^(CONTROLPORT:|)(?:localhost,)?20[0-9]{2}", lambda m: f"{m[1]}localhost,{next(ports)}", EVERYTHING
    )
    (tmp_path / "real.conf").write_text(text)
    with running_ser2net(tmp_path / "real.conf") as complaints:
        assert complaints == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("bogus", "2: left out: bogus: expected PORT:STATE:TIMEOUT:DEVICE:SETTINGS, as ser2net does"),
        ("2002:on:0:/dev/x", "2: left out: 2002:on:0:/dev/x: expected PORT:STATE:TIMEOUT:DEVICE:SETT"),
        ("2002:raw:0:/dev/x:9600 zork", "2: left out: x: zork: is no option of a port"),
        ("2002:raw:0:/dev/x:9600 HANGUP_WHEN_DONE", "2: left out: x: hangup-when-done: DTR stays up"),
        ("DEFAULT:zork:1", "2: left out: DEFAULT:zork: is nothing that a line has here"),
        ("ROTATOR:r:2001;2002", "2: left out: ROTATOR:r: a console has a URL of its own;"),
        ("2002:raw:0:sol.bmc1", "2: left out: sol.bmc1: connector: ipmisol is known here over lan alone"),
    ],
)  # fmt: skip
def test_what_has_no_place(tmp_path: Path, text: str, told: str) -> None:
    """Told, with the line."""
    moved = moved_from(tmp_path, f"2001:raw:0:/dev/ttyS1:9600\n{text}\n")
    assert any(note.startswith(f"ser2net.conf:{told}") for note in notes(moved)), notes(moved)


def test_nonsense(tmp_path: Path) -> None:
    """No line of it is one, and it is no YAML of ser2net's either."""
    for text in ("", "# nothing\n", "bogus\nlines\n", "a: b\n"):
        with pytest.raises(Nonsense):
            moved_from(tmp_path, text)
