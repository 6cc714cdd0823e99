"""What is said about a bad configuration. The messages are the product: each stands here in full."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from consolesvc.config.load import load, load_demo
from consolesvc.errors import ConfigurationError

STORE = "memory, or a URL such as redis://redis.lab:6379/0, rediss://… or unix:///run/redis.sock"
ADDRESS = "host:port, such as 127.0.0.1:8774"
NAME = "a name of letters, digits, '.', '_' and '-', beginning with a letter or digit, at most 100"
SERVER = "a server such as {name: node3, line: {type: serial, device: /dev/ttyUSB0}}"
KINDS = "serial, tcp, unix, telnet, rfc2217, command, consolesvc, emulated"
TOP = (
    "known here: api, audit, defaults, emulator, identity, include, limits, log, metrics, power, proxy, servers, "
    "service, tls, tokens, trusted_proxies, webhooks"
)


def problems(path: Path, *overrides: str) -> list[str]:
    """What `load` says, a problem a line; the file's folder is left out."""
    with pytest.raises(ConfigurationError) as caught:
        load(path, overrides)
    return str(caught.value).replace(f"{path.parent}/", "").split("\n")


def said(folder: Path, text: str, *overrides: str) -> list[str]:
    path = folder / "lab.yaml"
    path.write_text(text)
    return problems(path, *overrides)


SECTIONS = [
    ("quux: 1", f"unknown key `quux`; {TOP}"),
    ("server: []", "unknown key `server`; did you mean `servers`?"),
    ("listen: x", "unknown key `listen`; did you mean `listen` under `api` or `proxy`?"),
    ('"a\\u0007": 1', f"unknown key 'a\\x07'; {TOP}"),
    ("? [a]\n: b", "a key is a word; this one is a list"),
    ("- a", "found a list, expected keys and values"),
    ("text", "found 'text', expected keys and values"),
    ("api: yes", "api: found yes, expected keys and values"),
    ("api: {}\napi: {}", "2: `api` is given twice, first in lab.yaml:1; keep one"),
    ("api: {port: 1}", "api: unknown key `port`; an address and a port are one key: `listen: 127.0.0.1:8774`"),
    ("api: {listen: 8774}", f"api.listen: found 8774, expected {ADDRESS}"),
    ("api: {listen: 10:20}", f"api.listen: found 10:20, expected {ADDRESS}"),
    ("api: {listen: }", f"api.listen: has no value, expected {ADDRESS}"),
    ("api: {listen: {a: 1}}", f"api.listen: found a mapping, expected {ADDRESS}"),
    (
        "api: {listen: ':8774'}",
        (
            "api.listen: found ':8774', expected an address before the port;"
            ' "0.0.0.0:8774" and "[::]:8774" are every address'
        ),
    ),
    (
        "api: {listen: '::1:8774'}",
        "api.listen: found '::1:8774', expected an IPv6 address in brackets, quoted: \"[::1]:8774\"",
    ),
    ("api: {listen: '[foo]:1'}", "api.listen: found '[foo]:1', expected an IPv6 address between the brackets"),
    ("api: {listen: 'a_b-:1'}", f"api.listen: found 'a_b-:1', expected {ADDRESS}"),
    ("api: {listen: 127.0.0.1:65536}", "api.listen: found '127.0.0.1:65536', expected a port of at most 65535"),
    (
        "api: {listen: 0.0.0.0:1}",
        (
            "api.listen: 0.0.0.0:1 can be reached from other hosts, and with identity none every caller is admin; "
            "listen on 127.0.0.1, or say `identity: {type: none, allow_remote: true}`"
        ),
    ),
    (
        "proxy: {listen: 0.0.0.0:8774}",
        (
            "proxy.listen: 0.0.0.0:8774 and api.listen, 127.0.0.1:8774, share a port; "
            "give them two ports, or the same text for one port"
        ),
    ),
    (
        "api: {allowed_hosts: console.lab}",
        "api.allowed_hosts: found 'console.lab', expected a list of host names, such as [console.lab]",
    ),
    (
        "api: {allowed_hosts: ['https://console.lab:80/']}",
        "api.allowed_hosts[0]: found 'https://console.lab:80/', expected a host name alone: console.lab",
    ),
    (
        "proxy: {allowed_origins: ['*']}",
        "proxy.allowed_origins[0]: found '*', expected a host name, such as console.lab",
    ),
    (
        "proxy: {base_url: http://console.lab/}",
        "proxy.base_url: found 'http://console.lab/', expected ws:// instead of http://",
    ),
    (
        "proxy: {base_url: 'ws://:1/'}",
        "proxy.base_url: found 'ws://:1/', expected a URL such as ws://console.lab:6083/",
    ),
    (
        "proxy: {base_url: 'ws://a:99999'}",
        "proxy.base_url: found 'ws://a:99999', expected a URL such as ws://console.lab:6083/",
    ),
    (
        "proxy: {base_url: 'ws://a/?b'}",
        "proxy.base_url: found 'ws://a/?b', expected a URL without query and fragment: the token is added to it",
    ),
    ("ssl: true", "unknown key `ssl`; did you mean `tls: {cert: console.pem, key: console.key}`?"),
    (
        "api: {trusted_proxies: []}",
        "api: unknown key `trusted_proxies`; it stands at the top level, for both ports",
    ),
    ("api: {prefix: consoles}", "api.prefix: found 'consoles', expected a path such as /consoles"),
    ("api: {prefix: //x}", "api.prefix: found '//x', expected a path such as /consoles"),
    (
        "api: {prefix: /console/}",
        "api.prefix: found '/console/', expected a path such as /consoles: this one is a path of the API's own",
    ),
    (
        "trusted_proxies: 10.0.0.1",
        (
            "trusted_proxies: found '10.0.0.1', "
            "expected a list of addresses and networks, such as [10.0.0.0/8, 127.0.0.1]"
        ),
    ),
    (
        "trusted_proxies: [10.0.0.1/8]",
        "trusted_proxies[0]: found '10.0.0.1/8', expected 10.0.0.0/8: a network ends in zeros",
    ),
    (
        "trusted_proxies: [nginx.lab]",
        ("trusted_proxies[0]: found 'nginx.lab', expected an address or a network, such as 127.0.0.1 or 10.0.0.0/8"),
    ),
    ("proxy: {notices: maybe}", "proxy.notices: found 'maybe', expected true or false"),
    ("proxy: {notices: 1}", "proxy.notices: found 1, expected true or false"),
    ("tokens: {ttl: 1d}", "tokens.ttl: found '1d', expected seconds, or a number with s, m or h"),
    ("tokens: {ttl: -1}", "tokens.ttl: found -1, expected seconds, or a number with s, m or h, 0 or more"),
    (
        "log: {segment_size: -1 MiB}",
        "log.segment_size: found '-1 MiB', expected bytes, or a number with KiB, MiB or GiB, 0 or more",
    ),
    (
        "tokens: {ttl: off}",
        "tokens.ttl: found off, expected a time such as 30, 10m or 12h; 0 switches it off",
    ),
    (
        "tokens: {store: disk}",
        f"tokens.store: found 'disk', expected {STORE}",
    ),
    (
        "tokens: {store: 'redis://user:s3cret@[h/0'}",
        f"tokens.store: expected {STORE}",
    ),
    *(
        (
            f"tokens: {{store: '{url}'}}",
            "tokens.store: holds a password (which is not shown), expected `password_file` beside it",
        )
        for url in ("redis://:s3cret@h/0", "rediss://user:s3cret@h", "unix:///run/r?password=s3cret")
    ),
    (
        "tokens: {store: 'redis://h/tokens'}",
        "tokens.store: expected the number of a database, or nothing, behind the host",
    ),
    ("identity: none", "identity: found 'none', expected a mapping such as {type: none}"),
    (
        "identity: {type: nome}",
        "identity.type: found 'nome', expected one of none, static, builtin, keystone; did you mean none?",
    ),
    (
        "limits: {sessions: 017}",
        "limits.sessions: found 017, expected a whole number, 0 or more; a leading zero makes it octal to YAML",
    ),
    ("limits: {sessions: '5'}", "limits.sessions: found '5', expected a whole number, 0 or more"),
    ("limits: {sessions: 1e9}", "limits.sessions: found '1e9', expected a whole number, 0 or more"),
    ("limits: {sessions: 99999999999}", "limits.sessions: found 99999999999, expected at most 1000000000"),
    (
        "limits: {body: 1 MB}",
        "limits.body: found '1 MB', expected bytes, or a number with KiB, MiB or GiB; did you mean 1 MiB?",
    ),
    ("limits: {headers: 100}", "limits.headers: found 100, expected 1 KiB to 1 MiB"),
    ("emulator: {max: -1}", "emulator.max: found -1, expected a whole number, 0 or more"),
    ("emulator: {allow_create: 1}", "emulator.allow_create: found 1, expected true or false"),
    ("proxy: {drop_first_cr: x}", "proxy.drop_first_cr: found 'x', expected true or false"),
    ("limits: {body: 0.5}", "limits.body: found 0.5, expected a whole number of bytes"),
    ("limits: {body: 9999 GiB}", "limits.body: found '9999 GiB', expected at most 1024 GiB"),
    ("defaults: {ring: 0}", "defaults.ring: found 0, expected 4 KiB to 1 GiB"),
    (
        "defaults: {project_id: 12345678901234567890123456789012}",
        (
            "defaults.project_id: 12345678901234567890123456789012 is a number to YAML, "
            'expected a uuid: 32 hex digits, with or without dashes; quote it: "12345678901234567890123456789012"'
        ),
    ),
    ("defaults: {settings: 9600n8}", "defaults: unknown key `settings`; it belongs under `line`"),
    (
        "defaults: {line: {settings: 9600,8n1}}",
        ('defaults.line.settings: inside braces YAML cuts this at the comma; quote it: settings: "9600,8n1"'),
    ),
    (
        "include: 1",
        'include: 1 is a number to YAML, expected a glob or a list of globs, such as conf.d/*.yaml; quote it: "1"',
    ),
    (
        "service: {log_format: jsonl}",
        "service.log_format: found 'jsonl', expected one of text, json; did you mean json?",
    ),
    (
        "metrics: {listen: 127.0.0.1:8774}",
        (
            "metrics.listen: 127.0.0.1:8774 and api.listen, 127.0.0.1:8774, share a port; "
            "leave it out to have metrics on the API's port"
        ),
    ),
    (
        "metrics: {listen: 0.0.0.0:6083}",
        (
            "metrics.listen: 0.0.0.0:6083 and proxy.listen, 127.0.0.1:6083, share a port; "
            "leave it out to have metrics on the API's port"
        ),
    ),
    ("audit: {file: off}", 'audit.file: off is true or false to YAML, expected a path, or auto; quote it: "off"'),
    ("audit: {keys: some}", "audit.keys: found 'some', expected true or false"),
    (
        "audit: {file: auto}\nservers: [{name: audit, line: {type: emulated, guest: echo}}]",
        "audit.file: 'auto' is the file of the log of audit; expected another path",
    ),
    (
        "audit: {file: l/n.log}\nlog: {directory: l}\nservers: [{name: n, line: {type: emulated, guest: echo}}]",
        "audit.file: 'l/n.log' is the file of the log of n; expected another path",
    ),
]


@pytest.mark.parametrize(("text", "expected"), SECTIONS)
def test_a_wrong_section(tmp_path: Path, text: str, expected: str) -> None:
    """Everything outside `servers` that can be wrong is one sentence with its place and its cure."""
    place = "lab.yaml:" if expected.startswith("2: ") else "lab.yaml:1: "
    assert said(tmp_path, text) == [place + expected]


SYNTAX = [
    (
        "proxy: {listen: [::]:6083}",
        "1: is not YAML: expected the node content, but found ':'; quote an address in brackets: \"[::]:6083\"",
    ),
    (
        "a: 1\nlisten: [fe80::1]:6083",
        (
            "2: is not YAML: expected <block end>, but found '<scalar>'; "
            'quote an address in brackets: "[fe80::1]:6083"'
        ),
    ),
    ("a:\n\tb: 1", "2: is not YAML: found character '\\t' that cannot start any token; indent with spaces"),
    (
        "include: *.yaml",
        "1: is not YAML: expected alphabetic or numeric character, but found '.'; quote a pattern that starts with *",
    ),
    (
        "name: a: b",
        "1: is not YAML: mapping values are not allowed here; quote a value that holds a colon and a space",
    ),
    (
        "a: 1\n---\nb: 2\n",
        ("2: is not YAML: but found another document; a configuration is one document: remove the `---` between them"),
    ),
    ("a: [1", "1: is not YAML: expected ',' or ']', but got '<stream end>'"),
    ("a: 1\nb: \0", "2: holds a character that YAML does not allow: U+0000"),
    ("[" * 5000, " is nested too deep"),
    ('a: "\\UFFFFFFFF"', " is not YAML: Python int too large to convert to C int"),
]


@pytest.mark.parametrize(("text", "expected"), SYNTAX)
def test_what_is_not_yaml(tmp_path: Path, text: str, expected: str) -> None:
    """A syntax error names its line, and the cure where it is one of YAML's traps."""
    assert said(tmp_path, text) == [f"lab.yaml:{expected}"]


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


def test_everything_is_told_at_once(tmp_path: Path) -> None:
    """One reading finds what is wrong in the main file, the included ones and the overrides, in this order."""
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "b.yaml").write_text("servers:\n  - {name: b}\n")
    (tmp_path / "conf.d" / "a.yaml").write_text("api: {}\npower: 1\ntls: 1\n")
    (tmp_path / "conf.d" / "c.yaml").write_text("servers: {\n")
    text = "servers:\n  - {name: no}\ninclude: [conf.d/*.yaml, nix.yaml]\nlimits: {sessions: x}\n"
    assert said(tmp_path, text, "tokens.ttl=x", "quux=1") == [
        f"lab.yaml:2: servers[0]: `line` is missing, expected {SERVER}",
        f'lab.yaml:2: servers[0].name: no is true or false to YAML, expected {NAME}; quote it: "no"',
        f"lab.yaml:3: include[1]: 'nix.yaml' is no file in {tmp_path}",
        "lab.yaml:4: limits.sessions: found 'x', expected a whole number, 0 or more",
        "conf.d/a.yaml:1: an included file holds only `servers`; move `api` to lab.yaml",
        "conf.d/a.yaml:2: an included file holds only `servers`; move `power` to lab.yaml",
        "conf.d/a.yaml:3: an included file holds only `servers`; move `tls` to lab.yaml",
        f"conf.d/b.yaml:2: servers[0]: `line` is missing, expected {SERVER}",
        "conf.d/c.yaml:2: is not YAML: expected the node content, but found '<stream end>'",
        "--set: tokens.ttl: found 'x', expected seconds, or a number with s, m or h",
        f"--set: unknown key `quux`; {TOP}",
    ]


def test_a_file_does_not_include_itself(tmp_path: Path) -> None:
    """A glob that catches the main file is told as that."""
    expected = "lab.yaml:1: include: '*.yaml' includes this file itself; give the others a folder of their own"
    assert said(tmp_path, 'include: "*.yaml"') == [expected]


OVERRIDES = [
    ("foo", "'foo' is no override, expected KEY.PATH=VALUE"),
    ("=1", "'=1' is no override, expected KEY.PATH=VALUE"),
    ("api..listen=1", "'api..listen=1' is no override, expected KEY.PATH=VALUE"),
    ("api.listen.x=1", "api.listen.x: there is '127.0.0.1:8774' where 'x' would be, expected a mapping"),
    ("servers.x.name=1", "servers.x.name: 'x' is no place in a list of 3, expected 0 to 3"),
    ("servers.4.name=1", "servers.4.name: '4' is no place in a list of 3, expected 0 to 3"),
    ("servers.0.name=", f"servers[0].name: has no value, expected {NAME}"),
    ("servers.0.nam=x", "servers[0]: unknown key `nam`; did you mean `name`?"),
    (
        "api.listen=[::1]:80",
        (
            "api.listen: is not YAML: expected the node content, but found ':'; "
            'quote an address in brackets: "[::1]:80"'
        ),
    ),
]


@pytest.mark.parametrize(("override", "expected"), OVERRIDES)
def test_a_wrong_override(override: str, expected: str) -> None:
    """A problem of an override names `--set` in the place of a file."""
    with pytest.raises(ConfigurationError) as caught:
        load_demo([override])
    assert str(caught.value) == f"--set: {expected}"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file, a directory and other encodings are one clear problem each."""
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"servers: []\n# caf\xe9\n")
    assert problems(tmp_path / "nix.yaml") == ["nix.yaml: cannot be read: No such file or directory"]
    assert problems(tmp_path / "\0") == ["\0: cannot be read: embedded null byte"]
    with pytest.raises(ConfigurationError, match="is a directory, expected a YAML file"):
        load(tmp_path)
    assert problems(latin) == ["latin.yaml:2: is not UTF-8: byte 0xe9; save the file as UTF-8"]


def test_json_has_lines_too(tmp_path: Path) -> None:
    """A configuration written by a program as JSON is read like any other."""
    text = json.dumps({"servers": [{"name": "a", "line": {"type": "serial", "baud": 9600}}]}, indent=1)
    assert said(tmp_path, text) == [
        "lab.yaml:5: servers[0].line: `device` is missing: a line of type serial needs it",
        "lab.yaml:7: servers[0].line: unknown key `baud`; did you mean `settings: 9600n8`?",
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
