"""ser2net's YAML: taken by the real one, and read by us, to the same ports and settings."""

from __future__ import annotations

import os
import re
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from consolesvc.moving.moved import Moved, Nonsense
from consolesvc.moving.ser2net.connections import read_ser2net
from tests.lines.peers import free_port
from tests.moving.ser2net.real import Set, needs_ser2net, running_ser2net, set_by_a_connection

HEAD = "%YAML 1.1\n---\n"
EVERYTHING = (
    HEAD
    + r"""
define: &banner \r\nport \d [\B]\r\n
define: &usb "/dev/serial/by-id"
define: &adapter "*(usb)/usb-FTDI_A1"
default:
  name: speed
  value: 19200e71
  class: serialdev
default:
  name: local
  value: true
connection: &node1
  accepter: telnet(rfc2217),tcp,2001
  timeout: 0
  connector: serialdev,*(adapter)-if00-port0
  options:
    banner: *banner
    max-connections: 3
    kickolduser: true
connection: &node2
  accepter: tcp,127.0.0.1,2002
  enable: on
  connector: serialdev,
             /dev/ttyS1,
             9600n81,local
  options:
    trace-read: '/var/log/\o'
    openstr: "hi"
connection: &node3
  accepter: tcp,ipv6,::1,2003
  timeout: 300
  connector: serialdev(nouucplock=true),/dev/ttyS2,115200n82 local rtscts=true nobreak
connection: &node4
  accepter: tcp,2004
  connector: telnet(rfc2217=true),tcp,ts1.lab,7004
connection: &node5
  accepter: tcp,2005
  connector: telnet,tcp,ipv4,10.0.0.5,7005
connection: &node6
  accepter: telnet,tcp,2006
  connector: tcp,ts1.lab,7006
connection: &node7
  accepter: tcp,2007
  connector: unix,/run/qemu/node7
connection: &node8
  accepter: tcp,2008
  connector: pty,ssh -t 'gate way' console\ node8
connection: &node9
  accepter: dummy
  connector: serialdev,/dev/ttyS9,4800
  enable: off
rotator: &rot1
  accepter: tcp,2020
  connections: [ *node1, *node2 ]
admin:
  accepter: tcp,localhost,2000
delete_default:
  name: speed
  class: serialdev
connection: &node10
  accepter: tcp,2010
  connector: serialdev,/dev/ttyS10
"""
)


def gone(accepter: str, line: str) -> str:
    """What is said of a port on which nobody listens any more."""
    begin = (
        f"left out: {accepter}: nobody listens there any more: get the console by `consolesvc attach`, or by its URL"
    )
    return f"{begin}; or keep the port, leave the device to ser2net, and have line: {{type: {line}}} here"


def moved_from(tmp_path: Path, text: str, name: str = "ser2net.yaml") -> Moved:
    (tmp_path / name).write_text(text)
    return read_ser2net(tmp_path / name)


def lines(moved: Moved) -> dict[str, dict[str, object]]:
    return {entry.name: entry.line for entry in moved.entries}


def notes(moved: Moved) -> list[str]:
    return [re.sub(r"^\S*/", "", str(note)) for note in moved.notes]


def test_everything(tmp_path: Path) -> None:
    """Each connection's line in full; defaults count from where they stand."""
    moved = moved_from(tmp_path, EVERYTHING)
    serial = {"type": "serial"}
    assert lines(moved) == {
        "node1": {**serial, "device": "/dev/serial/by-id/usb-FTDI_A1-if00-port0", "settings": "19200e7"},
        "node2": {**serial, "device": "/dev/ttyS1", "settings": "9600n8"},
        "node3": {**serial, "device": "/dev/ttyS2", "settings": "115200n82", "flow": "rtscts"},
        "node4": {"type": "rfc2217", "host": "ts1.lab", "port": 7004},
        "node5": {"type": "telnet", "host": "10.0.0.5", "port": 7005},
        "node6": {"type": "tcp", "host": "ts1.lab", "port": 7006},
        "node7": {"type": "unix", "path": "/run/qemu/node7"},
        "node8": {"type": "command", "argv": ["ssh", "-t", "gate way", "console node8"]},
        "node10": {**serial, "device": "/dev/ttyS10", "settings": "9600n8"},
    }
    told = notes(moved)
    for line, text in (
        (15, gone("node1: accepter telnet(rfc2217),tcp,2001", "rfc2217, host: 127.0.0.1, port: 2001")),
        (19, "left out: node1: banner: nothing is sent to a machine, or to who attaches, by itself"),
        (23, gone("node2: accepter tcp,127.0.0.1,2002", "tcp, host: 127.0.0.1, port: 2002")),
        (29, "left out: node2: trace-read: output is in the log of the console: consolesvc log NAME"),
        (30, "left out: node2: openstr: nothing is sent to a machine, or to who attaches, by itself"),
        (32, gone("node3: accepter tcp,ipv6,::1,2003", "tcp, host: '::1', port: 2003")),
        (33, "left out: node3: timeout: nobody is sent away for silence"),
        (37, "note: node4: connector rfc2217: the port is set to 115200n8 unless its line has `settings`"),
        (52, "left out: node9: is not enabled; a server that is here is always on"),
        (54, "left out: rotator rot1: a console has a URL of its own; there is none for the first that is free"),
        (57, "left out: admin: `consolesvc list`, `down` and `up` take its place"),
    ):  # fmt: skip
        assert f"ser2net.yaml:{line}: {text}" in told, told
    assert len(told) == 11 + 6  # the accepters of nodes 4 to 8 and 10


@needs_ser2net
def test_the_real_one_takes_it(tmp_path: Path) -> None:
    """Without a complaint; its ports are free ones here, and only loopback's; it wants to find each host."""
    port = iter(free_port() for _ in range(12))
    text = re.sub(r"(accepter: \S*)tcp,(?:\S+,)?20[0-9]{2}", lambda m: f"{m[1]}tcp,127.0.0.1,{next(port)}", EVERYTHING)
    text = text.replace("ts1.lab", "127.0.0.1")
    (tmp_path / "real.yaml").write_text(text)
    with running_ser2net(tmp_path / "real.yaml") as complaints:
        assert complaints == []


SPELLINGS = [
    "9600n81",
    "19200",
    "115200N82,local",
    "2400n81 local xonxoff",
    "57600n81,rtscts,nobreak=true",
    "speed=9600n82 xonxoff=false rtscts=true",
    "9600 2STOPBITS NONE 8DATABITS XONXOFF LOCAL",
    "9600n82 1STOPBIT -XONXOFF RTSCTS NOBREAK hangup-when-done=false",
    "RTSCTS -RTSCTS XONXOFF 4800n81",
    "1200N8 NONE local=true",
]


@pytest.fixture
def ptys(tmp_path: Path) -> Iterator[list[Path]]:
    """A PTY for each spelling, by a lasting name."""
    pairs = [os.openpty() for _ in SPELLINGS]
    for number, (_, slave) in enumerate(pairs):
        tty.setraw(slave)
        (tmp_path / f"tty{number}").symlink_to(os.ttyname(slave))
    yield [tmp_path / f"tty{number}" for number in range(len(pairs))]
    for pair in pairs:
        for fd in pair:
            os.close(fd)


@needs_ser2net
@pytest.mark.parametrize("default", ["", "default:\n  name: speed\n  value: 2400n82\n"])
def test_settings_are_what_the_real_one_sets(tmp_path: Path, ptys: list[Path], default: str) -> None:
    """In every spelling: it opens a PTY as it says, and the PTY is set to what we read."""
    ports = [free_port() for _ in SPELLINGS]
    text = HEAD + default
    for number, (spelling, device, port) in enumerate(zip(SPELLINGS, ptys, ports, strict=True)):
        text += (
            f"connection: &c{number}\n  accepter: tcp,127.0.0.1,{port}\n  connector: serialdev,{device},{spelling}\n"
        )
    moved = moved_from(tmp_path, text)
    with running_ser2net(tmp_path / "ser2net.yaml") as complaints:
        assert complaints == []
        for entry, device, port in zip(moved.entries, ptys, ports, strict=True):
            match = re.fullmatch(r"([0-9]+)n8(2?)", str(entry.line["settings"]))
            assert match
            flow = entry.line.get("flow")
            ours = Set(int(match[1]), int(match[2] or 1), flow == "xonxoff", flow == "rtscts")
            assert set_by_a_connection(port, device) == ours, entry


@needs_ser2net
@pytest.mark.parametrize(
    "connection",
    [
        "connector: serialdev,/dev/x,bogus",
        "connector: serialdev,/dev/x,9600q81",
        "connector: nonsense,/dev/x",
        "connector: serialdev(x=1,/dev/x",
    ],
)
def test_what_the_real_one_refuses_is_left_out(tmp_path: Path, connection: str) -> None:
    """With a place of its own."""
    moved = moved_from(tmp_path, f"{HEAD}connection: &a\n  accepter: tcp,127.0.0.1,{free_port()}\n  {connection}\n")
    assert moved.entries == []
    assert [note.partition(": left out: a: connector: ")[0] for note in notes(moved)] == ["ser2net.yaml:5"]
    with running_ser2net(tmp_path / "ser2net.yaml") as complaints:
        assert complaints


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("connection:\n  accepter: x\n", "3: left out: connection: has no name, such as &node3;"),
        ("connection: &a text\n", "3: left out: connection a: expected keys such as accepter and connector; ser2net"),
        ("connection: &a\n  accepter: tcp,1\n", "3: left out: a: has no connector; ser2net refuses it, too"),
        ("connection: &a\n  connector: echo\n", "4: left out: a: connector: there is no line of type echo"),
        ("connection: &a\n  connector: ssl,tcp,h,1\n", "4: left out: a: connector: a line speaks no ssl; a"),
        ("connection: &a\n  connector: tcp,1\n", "4: left out: a: connector: expected a host and a port after tcp"),
        ("connection: &a\n  connector: serialdev\n", "4: left out: a: connector: serialdev has no device"),
        ("connection: &a\n  connector: pty,\n", "4: left out: a: connector: pty has no program"),
        ("connection: &a\n  connector: serialdev,/dev/x,9600 rs485=1:2\n", "4: left out: a: rs485: RS-485 is not"),
        ("connection: &a\n  connector: serialdev,/dev/x,xonxoff rtscts\n", "4: left out: a: xonxoff: rtscts is asked"),
        ("connection: &a\n  connector: keepopen,ratelimit(a=1),tcp,h,1\n", "4: left out: a: connector ratelimit: "),
        ("connection: &a\n  colour: red\n  connector: tcp,h,1\n", "4: left out: a: colour: is no key of a connection"),
        ("connection: &a\n  connector: tcp,h,1\n  options:\n    zork: 1\n", "6: left out: a: zork: is no option of a"),
        ("connection: &a\n  connector: serialdev,*(nix)\n", "4: left out: a: connector: nothing before it defines nix"),
        ("define: x\n", "3: left out: define: has no name, such as &banner"),
        ("default:\n  name: zork\n  value: 1\n", "3: left out: default zork: is nothing that a line has here"),
        ("led: &led1\n  driver: sysfs\n", "3: left out: led led1: no LED is lit"),
        ("define: &a x\nquux: 1\n", "4: left out: quux: expected one of define, default, delete_default, connection"),
        ("include: nix/*.yaml\n", "3: left out: include nix/*.yaml: there is no such file"),
    ],
)  # fmt: skip
def test_what_has_no_place(tmp_path: Path, text: str, told: str) -> None:
    """Told, with the line and what there is instead."""
    moved = moved_from(tmp_path, HEAD + text)
    assert any(note.startswith(f"ser2net.yaml:{told}") for note in notes(moved)), notes(moved)


def test_serial_over_lan(tmp_path: Path) -> None:
    """ipmitool takes its place; what only OpenIPMI has is told; a password goes into the environment."""
    sol = "lan -U root -P hush -p 9001 -Ra x bmc1,115200"
    moved = moved_from(tmp_path, f"{HEAD}connection: &a\n  accepter: dummy\n  connector: ipmisol,{sol}\n")
    session = ["ipmitool", "-I", "lanplus", "-H", "bmc1", "-U", "root", "-p", "9001", "-E"]
    assert moved.entries[0].line["argv"] == [*session, "sol", "activate"]
    assert moved.entries[0].secrets == {"IPMI_PASSWORD": "hush"}
    assert notes(moved) == ["ser2net.yaml:5: left out: a: connector -Ra: ipmitool has no such option"]
    sol = "'ipmisol,lan -U root -P *{/etc/pw} bmc1'"
    moved = moved_from(tmp_path, f"{HEAD}connection: &a\n  accepter: dummy\n  connector: {sol}\n")
    assert moved.entries[0].secrets == {}
    assert "-E" in moved.entries[0].line["argv"]
    assert notes(moved) == [
        (
            "ser2net.yaml:5: left out: a: connector -P: its password is in /etc/pw: "
            "IPMI_PASSWORD=… goes into an env_file of its line"
        )
    ]


def test_included_files(tmp_path: Path) -> None:
    """In their place: what is defined before counts in them, and what they define counts after."""
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "a.yaml").write_text(
        f'{HEAD}define: &dev "*(top)/ttyA"\nconnection: &a\n  accepter: dummy\n  connector: "serialdev,*(dev)"\n'
    )
    (tmp_path / "conf.d" / "b.yaml").write_text("- no mapping\n")
    text = 'connection: &b\n  accepter: dummy\n  connector: "serialdev,*(dev)B"\n'
    moved = moved_from(tmp_path, f"{HEAD}define: &top /dev\ninclude: conf.d/*.yaml\n{text}")
    assert {name: line["device"] for name, line in lines(moved).items()} == {"a": "/dev/ttyA", "b": "/dev/ttyAB"}
    assert len(moved.notes) == 1
    assert "conf.d/b.yaml:1: is no configuration of ser2net" in notes(moved)[0]


def test_a_file_that_includes_itself(tmp_path: Path) -> None:
    """Ends."""
    moved = moved_from(tmp_path, f"{HEAD}include: ser2net.yaml\ninclude: ser2net.yaml\n")
    assert any("read 10 deep, and 1000 in all" in note for note in notes(moved))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "ser2net.yaml: holds nothing"),
        ("connection: [", "ser2net.yaml:1: is not YAML: "),
        ("a: &x\n  b: *y\n c", "ser2net.yaml:3: is not YAML: "),
        ("- a\n", "ser2net.yaml:1: is no configuration of ser2net; expected keys such as `connection`"),
        ("servers: []\n", "ser2net.yaml:1: is no configuration of ser2net; expected keys such as `connection`"),
        ("[" * 200, "ser2net.yaml: is not YAML: nested too deep"),
    ],
)
def test_nonsense(tmp_path: Path, text: str, why: str) -> None:
    """No YAML, or none of ser2net's."""
    with pytest.raises(Nonsense) as caught:
        moved_from(tmp_path, text)
    assert str(caught.value).replace(f"{tmp_path}/", "").startswith(why)


def test_the_kind_of_file_is_seen(tmp_path: Path) -> None:
    """By its name, by its first line, or by its lines."""
    old = "2001:raw:0:/dev/ttyS1:9600\n"
    yaml = "connection: &a\n  accepter: dummy\n  connector: tcp,h,1\n"
    assert list(lines(moved_from(tmp_path, HEAD + yaml, "ser2net.conf"))) == ["a"]
    assert list(lines(moved_from(tmp_path, yaml, "ser2net.conf"))) == ["a"]
    assert list(lines(moved_from(tmp_path, old, "ser2net.conf"))) == ["ttyS1"]
    with pytest.raises(Nonsense):
        moved_from(tmp_path, old, "ser2net.yaml")
