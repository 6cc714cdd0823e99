"""What is said about bad `servers`. The messages are the product: each stands here in full."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.wrong import KINDS, NAME, SERVER, said

SERVERS = [
    ("{name: no, LINE}", '.name: no is true or false to YAML, expected NAME; quote it: "no"'),
    ("{name: 101, LINE}", '.name: 101 is a number to YAML, expected NAME; quote it: "101"'),
    ("{name: 1.5, LINE}", '.name: 1.5 is a number to YAML, expected NAME; quote it: "1.5"'),
    ("{name: 2024-01-01, LINE}", '.name: 2024-01-01 is no text to YAML, expected NAME; quote it: "2024-01-01"'),
    ("{name: ~, LINE}", ".name: has no value, expected NAME"),
    ("{name: [a], LINE}", ".name: found a list, expected NAME"),
    ("{name: -a, LINE}", ".name: found '-a', expected NAME"),
    ("{name: a/b, LINE}", ".name: found 'a/b', expected NAME"),
    (f"{{name: {'a' * 101}, LINE}}", f".name: found '{'a' * 60}…', expected NAME"),
    ('{name: "a\\0", LINE}', ".name: 'a\\x00' holds a control character"),
    ('{name: "\\ud800", LINE}', ".name: '\\ud800' holds a control character"),
    ("{LINE}", f": `name` is missing, expected {SERVER}"),
    ("{name: a}", f": `line` is missing, expected {SERVER}"),
    ("", f": has no value, expected {SERVER}"),
    ("a", f": found 'a', expected {SERVER}"),
    ("{nam: b, name: a, LINE}", ": unknown key `nam`; did you mean `name`?"),
    ("{name: a, device: /dev/x, LINE}", ": unknown key `device`; it belongs under `line`"),
    (
        "{name: a, id: 12345678901234567890123456789012, LINE}",
        (
            ".id: 12345678901234567890123456789012 is a number to YAML, expected a uuid: 32 hex digits, "
            'with or without dashes; quote it: "12345678901234567890123456789012"'
        ),
    ),
    ("{name: a, id: x, LINE}", ".id: found 'x', expected a uuid: 32 hex digits, with or without dashes"),
    ("{name: a, ring: 2 GiB, LINE}", ".ring: found '2 GiB', expected 4 KiB to 1 GiB"),
    ("{name: a, line: {}}", ".line: `type` is missing, expected one of KINDS"),
    ("{name: a, line: /dev/x}", ".line: found '/dev/x', expected a line such as {type: serial, device: /dev/ttyUSB0}"),
    (
        "{name: a, line: {type: seriel, device: x}}",
        ".line.type: found 'seriel', expected one of KINDS; did you mean serial?",
    ),
    ("{name: a, line: {type: serial}}", ".line: `device` is missing: a line of type serial needs it"),
    ("{name: a, line: {type: emulated}}", ".line: `guest` is missing: a line of type emulated needs it"),
    (
        "{name: a, line: {type: serial, device: 0}}",
        '.line.device: 0 is a number to YAML, expected a path; quote it: "0"',
    ),
    ("{name: a, line: {DEV, baud: 9600}}", ".line: unknown key `baud`; did you mean `settings: 9600n8`?"),
    ("{name: a, line: {DEV, speed: fast}}", ".line: unknown key `speed`; did you mean `settings: 9600n8`?"),
    (
        "{name: a, line: {DEV, parity: none}}",
        ".line: unknown key `parity`; did you mean `settings: 9600n8`? speed, parity and bits are one key",
    ),
    (
        "{name: a, line: {DEV, settings: 9600}}",
        (
            ".line.settings: '9600' is no line setting; "
            "expected one like 115200n8, 115200n81 or 9600,8n1; did you mean 9600n8?"
        ),
    ),
    (
        "{name: a, line: {DEV, settings: 0n8}}",
        ".line.settings: '0n8' is no line setting; expected one like 115200n8, 115200n81 or 9600,8n1",
    ),
    (
        "{name: a, line: {DEV, settings: 9600,8n1}}",
        '.line.settings: inside braces YAML cuts this at the comma; quote it: settings: "9600,8n1"',
    ),
    ("{name: a, line: {DEV, flow: on}}", ".line.flow: found on, expected one of none, rtscts, xonxoff"),
    (
        "{name: a, line: {DEV, flow: rtsct}}",
        ".line.flow: found 'rtsct', expected one of none, rtscts, xonxoff; did you mean rtscts?",
    ),
    (
        "{name: a, line: {type: emulated, guest: lunix}}",
        ".line.guest: found 'lunix', expected one of linux, uboot, switch, replay, chatter, echo; did you mean linux?",
    ),
    (
        "{name: a, line: {type: emulated, guest: echo, rate: 1}}",
        ".line.rate: only the guest chatter has this key, not echo; remove it",
    ),
    (
        "{name: a, line: {type: emulated, guest: chatter, rate: .inf}}",
        ".line.rate: found .inf, expected a number, 0 or more",
    ),
    (
        "{name: a, line: {type: emulated, guest: replay}}",
        ".line: `file` is missing: the guest replay needs the recording it plays",
    ),
    ("{name: a, line: {type: tcp, port: 1}}", ".line: `host` is missing: a line of type tcp needs it"),
    ("{name: a, line: {type: telnet, host: h}}", ".line: `port` is missing: a line of type telnet needs it"),
    ("{name: a, line: {type: unix}}", ".line: `path` is missing: a line of type unix needs it"),
    ("{name: a, line: {type: tcp, host: h, port: 0}}", ".line.port: found 0, expected a port, 1 to 65535"),
    ("{name: a, line: {type: tcp, host: h, port: 70000}}", ".line.port: found 70000, expected a port, 1 to 65535"),
    (
        "{name: a, line: {type: tcp, host: 'h:1', port: 1}}",
        ".line.host: found 'h:1', expected a host name alone: h",
    ),
    ("{name: a, line: {type: tcp, host: h, port: 1, listen: 5}}", ".line.listen: found 5, expected true or false"),
    (
        "{name: a, line: {type: telnet, host: h, port: 1, baud: 9600}}",
        ".line: unknown key `baud`; known here: host, pace, port, type",
    ),
    (
        "{name: a, line: {type: rfc2217, host: h, port: 1, baud: 9600}}",
        ".line: unknown key `baud`; did you mean `settings: 9600n8`?",
    ),
    ("{name: a, line: {DEV, port: /dev/x}}", ".line: unknown key `port`; did you mean `device`?"),
    ("{name: a, line: {DEV, pace: 9}}", ".line.pace: found 9, expected a pace such as 200 c/s or 20 lines/s"),
    ("{name: a, line: {DEV, pace: 0 c/s}}", ".line.pace: found '0 c/s', expected a pace such as 200 c/s or 20 lines/s"),
    (
        "{name: a, line: {type: command}}",
        ".line: `argv` is missing: a line of type command needs it, such as [ipmitool, -H, bmc8, sol, activate]",
    ),
    (
        "{name: a, line: {type: command, argv: [a], shell: b}}",
        ".line.shell: a command is either `argv`, run as it is, or `shell`, a text for /bin/sh; keep one",
    ),
    (
        "{name: a, line: {type: command, argv: ipmitool sol}}",
        (
            ".line.argv: found 'ipmitool sol', expected a program and its arguments, "
            "such as [ipmitool, -H, bmc8, sol, activate]"
        ),
    ),
    (
        "{name: a, line: {type: command, argv: []}}",
        ".line.argv: found a list, expected a program and its arguments, such as [ipmitool, -H, bmc8, sol, activate]",
    ),
    (
        "{name: a, line: {type: command, argv: [a], before: [b]}}",
        ".line.before[0]: found 'b', expected a program and its arguments, such as [ipmitool, -H, bmc8, sol, activate]",
    ),
    (
        "{name: a, line: {type: command, argv: [a], password: x}}",
        (
            ".line: unknown key `password`; did you mean `env_file`? "
            "secrets stand in a file of KEY=VALUE lines, never on a command line"
        ),
    ),
    ("{name: a, line: {type: command, argv: [a], env_file: nix}}", ".line.env_file: 'nix' is no file"),
    ("{name: a, line: {type: emulated, guest: replay, file: nix}}", ".line.file: 'nix' is no file"),
]


@pytest.mark.parametrize(("entry", "expected"), SERVERS)
def test_a_wrong_server(tmp_path: Path, entry: str, expected: str) -> None:
    """Everything that can be wrong with one server, and nothing beside it, is one sentence."""
    entry = entry.replace("LINE", "line: {type: emulated, guest: echo}").replace("DEV", "type: serial, device: /dev/x")
    assert said(tmp_path, f"servers:\n- {entry}\n") == [
        f"lab.yaml:2: servers[0]{expected.replace('NAME', NAME).replace('KINDS', KINDS)}"
    ]


def test_a_name_like_a_rotated_log(tmp_path: Path) -> None:
    """Its log would be taken for another console's."""
    name = "node-0000000000000000-20260101T000000Z"
    text = f"servers: [{{name: {name}, line: {{type: emulated, guest: echo}}}}]"
    assert said(tmp_path, text) == [
        f"lab.yaml:1: servers[0].name: {name} ends as the name of a rotated log does; expected another name"
    ]


def test_twins_are_refused(tmp_path: Path) -> None:
    """Names, ids (in any spelling) and devices (also through links) are each server's own; the first is named."""
    (tmp_path / "link").symlink_to("/dev/null")
    text = """
servers:
  - {name: a, line: {type: serial, device: /dev/null}}
  - {name: b, line: {type: serial, device: link}}
  - {name: c, line: {type: serial, device: /dev/null}}
  - {name: a, line: {type: emulated, guest: echo}}
  - {name: e, id: 1b671a64-40d5-491e-99b0-da01ff1f3341, line: {type: emulated, guest: echo}}
  - {name: f, id: 1B671A6440D5491E99B0DA01FF1F3341, line: {type: emulated, guest: echo}}
  - {name: fake2, id: 9b9727ef-339e-5fbc-9bf8-fc80f1f46cb6, line: {type: emulated, guest: echo}}
  - {name: fake1, line: {type: emulated, guest: echo}}
"""
    device = "is already the device of a in lab.yaml:3"
    assert said(tmp_path, text) == [
        f"lab.yaml:4: servers[1].line.device: 'link' {device}, which calls it '/dev/null'; a device has one server",
        f"lab.yaml:5: servers[2].line.device: '/dev/null' {device}; a device has one server",
        "lab.yaml:6: servers[3].name: 'a' is already the name of the server in lab.yaml:3",
        "lab.yaml:8: servers[5].id: 1b671a64-40d5-491e-99b0-da01ff1f3341 is already the id of e in lab.yaml:7",
        "lab.yaml:10: servers[7]: 9b9727ef-339e-5fbc-9bf8-fc80f1f46cb6 is already the id of fake2 in lab.yaml:9",
    ]


def test_twins_on_the_network_are_refused(tmp_path: Path) -> None:
    """An address is one server's whatever it is spoken to, and a socket is, also through links."""
    (tmp_path / "link").symlink_to(tmp_path / "sock")
    text = """
servers:
  - {name: a, line: {type: tcp, host: TS1, port: 7001}}
  - {name: b, line: {type: telnet, host: ts1, port: 7001}}
  - {name: c, line: {type: telnet, host: ts1, port: 7002}}
  - {name: d, line: {type: unix, path: sock}}
  - {name: e, line: {type: unix, path: link, listen: true}}
  - {name: f, line: {type: command, argv: [cat]}}
  - {name: g, line: {type: command, argv: [cat]}}
"""
    assert said(tmp_path, text) == [
        (
            "lab.yaml:4: servers[1].line.port: ts1:7001 is already the address of a in lab.yaml:3; "
            "an address has one server"
        ),
        (
            "lab.yaml:7: servers[4].line.path: 'link' is already the path of d in lab.yaml:6, which calls it 'sock'; "
            "a path has one server"
        ),
    ]


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.cast", b"boot\n", "a.cast:1: not JSON (Expecting value: line 1 column 1 (char 0)); expected an asciicast"),
        ("a.cast", b'{"version": 1}\n', "a.cast:1: version is 1; expected an asciicast header of version 2 or 3"),
        ("a.cast", b'{"version": 2}\n[-1, "o", ""]\n', "a.cast:2: time is -1; expected seconds, 0 or more"),
        ("a.cast", b"", "a.cast:1: not JSON (Expecting value: line 1 column 1 (char 0)); expected an asciicast"),
    ],
)
def test_what_is_no_recording(tmp_path: Path, name: str, data: bytes, text: str) -> None:
    """Read when the configuration is, not when its fake server starts; both files and both lines are named."""
    (tmp_path / name).write_bytes(data)
    [problem] = said(tmp_path, f"servers:\n- {{name: a, line: {{type: emulated, guest: replay, file: {name}}}}}\n")
    assert problem.startswith(f"lab.yaml:2: servers[0].line.file: {text}")
