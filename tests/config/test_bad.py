"""What is said about a bad configuration. The messages are the product: each stands here in full."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from consolesvc.config.load import load, load_demo
from consolesvc.errors import ConfigurationError
from tests.config.wrong import ADDRESS, NAME, SERVER, STORE, TOP, problems, said

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
    *(
        (
            f"servers: [{{name: a, line: {{type: consolesvc, url: 'http://h', name: b, {keys}}}}}]",
            f"servers[0].{expected}",
        )
        for keys, expected in (
            (
                "auth_url: 'http://h', username: u, password_file: /bin/sh",
                "line: `project_name` is missing: a line with auth_url needs username, password_file, project_name",
            ),
            (
                "auth_url: 'http://h', username: u, password_file: /bin/sh, project_name: p, token_file: /bin/sh",
                "line.token_file: a token is either in `token_file` or comes from `auth_url`; keep one",
            ),
            ("username: u", "line.username: this is of a login at a Keystone, whose `auth_url` is missing"),
            ("key: /bin/sh", "line.key: this is a certificate's, whose `cert` is missing"),
            ("cacert: /no/ca.pem", "line.cacert: '/no/ca.pem' is no file"),
        )
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
