from __future__ import annotations

import dataclasses
import json
import uuid
from pathlib import Path

import pytest

from consolesvc.config.access import Address, IdentityNone
from consolesvc.config.fakes import with_fakes
from consolesvc.config.linespec import EmulatedSpec, LineSettings, SerialSpec
from consolesvc.config.load import demo_text, load, load_demo
from consolesvc.config.model import Config
from consolesvc.config.server import ServerConfig
from consolesvc.config.servers import default_id

CHECKOUT = Path(__file__).parent.parent.parent


def loaded(folder: Path, text: str, *overrides: str) -> Config:
    path = folder / "lab.yaml"
    path.write_text(text)
    return load(path, overrides)


@pytest.mark.parametrize("text", ["", "# nothing\n", "api:\nproxy:\nservers:\ninclude:\ndefaults: {line: }", "{}"])
def test_nothing_is_the_defaults(tmp_path: Path, text: str) -> None:
    """An empty file, and sections whose every key is commented out, are a configuration: the default one."""
    assert loaded(tmp_path, text) == Config()


def test_every_key(tmp_path: Path) -> None:
    """Each key ends up in the field of its name, in bytes, seconds and canonical ids."""
    config = loaded(
        tmp_path,
        """
api: {listen: "[::1]:0", allowed_hosts: [Console.LAB, 10.0.0.1, "[FE80::1]"]}
proxy: {listen: localhost:6083, base_url: wss://console.lab, allowed_origins: [horizon.lab], notices: off}
tokens: {ttl: 1.5h, single_use: yes, enforce_session_timeout: true, store: memory}
limits: {sessions: 0, sessions_per_console: 1, sessions_per_token: 2, handshakes: 3, body: 1.5 KiB}
defaults:
  ring: 8KiB
  replay: 0
  input: exclusive
  lease_idle: 0
  project_id: 0C5E1AB0-0000-0000-0000-000000000002
  line: {settings: 9600n8}
servers:
  - {name: a, id: 1B671A6440D5491E99B0DA01FF1F3341, line: {type: serial, device: /dev/x}}
  - name: b.c-d_0
    project_id: 0c5e1ab0000000000000000000000003
    ring: 1 MiB
    replay: 2 KiB
    input: lease
    lease_idle: 90s
    line: {type: serial, device: x/y, settings: "19200,7e2", flow: off, allow_host_console: true}
  - {name: c, line: {type: emulated, guest: chatter, speed: max, rate: 0.5, settings: 115200N81}}
""",
    )
    assert config.api.listen == Address("::1", 0)
    assert config.api.allowed_hosts == ("console.lab", "10.0.0.1", "fe80::1")
    assert config.proxy.listen == Address("localhost", 6083)
    assert config.proxy.base_url == "wss://console.lab/"
    assert (config.proxy.allowed_origins, config.proxy.notices) == (("horizon.lab",), False)
    assert (config.tokens.ttl, config.tokens.single_use, config.tokens.enforce_session_timeout) == (5400, True, True)
    limits = config.limits
    assert (limits.sessions, limits.sessions_per_console, limits.sessions_per_token) == (0, 1, 2)
    assert (limits.handshakes, limits.body) == (3, 1536)
    slow = LineSettings(9600)
    first, second, third = config.servers
    project = "0c5e1ab0000000000000000000000002"
    a_id = "1b671a64-40d5-491e-99b0-da01ff1f3341"
    assert first == ServerConfig(a_id, "a", project, SerialSpec("/dev/x", slow), 8192, 0, "exclusive", 0)
    assert second.id == str(uuid.uuid5(uuid.NAMESPACE_URL, "consolesvc:server:b.c-d_0"))
    assert second.project_id == "0c5e1ab0000000000000000000000003"
    assert (second.ring, second.replay, second.input, second.lease_idle) == (1024**2, 2048, "lease", 90)
    device = str(tmp_path / "x" / "y")
    assert second.line == SerialSpec(device, LineSettings(19200, 7, "e", 2), allow_host_console=True)
    assert third.line == EmulatedSpec("chatter", "max", LineSettings(), 0.5)


def test_a_recording_starts_at_the_main_files_folder(tmp_path: Path) -> None:
    """Relative paths do not depend on the working directory."""
    (tmp_path / "boot.rec").touch()
    config = loaded(tmp_path, "servers: [{name: a, line: {type: emulated, guest: replay, file: boot.rec}}]")
    assert config.servers[0].line == EmulatedSpec("replay", file=str(tmp_path / "boot.rec"))


@pytest.mark.parametrize("value", ["off", "no", "false", "none", '"none"'])
def test_flow_off_is_none(tmp_path: Path, value: str) -> None:
    """YAML's false, which `flow: off` is, means none."""
    config = loaded(tmp_path, f"servers: [{{name: a, line: {{type: serial, device: /dev/x, flow: {value}}}}}]")
    assert config.servers[0].line == SerialSpec("/dev/x")


def test_remote_callers_have_to_be_allowed(tmp_path: Path) -> None:
    """With identity none, an API that others can reach takes a word of consent."""
    config = loaded(tmp_path, 'api: {listen: "[::0]:8774"}\nidentity: {type: none, allow_remote: true}')
    assert (config.api.listen, config.identity) == (Address("::", 8774), IdentityNone("none", allow_remote=True))


@pytest.mark.parametrize(
    ("api", "proxy"),
    [("127.0.0.1:0", "127.0.0.1:0"), ("127.0.0.1:80", "127.0.0.1:80"), ("127.0.0.1:80", "127.0.0.2:80")],
)
def test_one_port_number_twice(tmp_path: Path, api: str, proxy: str) -> None:
    """The same text is one port for both; two addresses that can both be bound are two ports."""
    config = loaded(tmp_path, f"api: {{listen: {api}}}\nproxy: {{listen: {proxy}}}")
    assert (str(config.api.listen), str(config.proxy.listen)) == (api, proxy)


def test_included_servers_follow_in_order(tmp_path: Path) -> None:
    """Included servers come after the main file's, by pattern and name; a file in two patterns is read once."""
    folder = tmp_path / "conf.d"
    folder.mkdir()
    for name in ("b", "a", "c"):
        entry = {"name": name, "line": {"type": "serial", "device": name}}
        (folder / f"{name}.yaml").write_text(json.dumps({"servers": [entry]}))
    (folder / "empty.yaml").touch()
    main = "servers: [{name: z, line: {type: emulated, guest: echo}}]\ndefaults: {ring: 4 KiB}\n"
    config = loaded(tmp_path, f'{main}include: [conf.d/c.yaml, "conf.d/*.yaml", "nothing/*.yaml"]')
    assert [server.name for server in config.servers] == ["z", "c", "a", "b"]
    assert {server.ring for server in config.servers} == {4096}
    assert config.servers[1].line == SerialSpec(str(tmp_path / "c")), "relative to the main file, not to its own"


def test_overrides(tmp_path: Path) -> None:
    """`--set` replaces, adds and appends; its values are YAML; the last one wins."""
    config = loaded(
        tmp_path,
        "servers: [{name: a, line: {type: emulated, guest: echo}}]",
        "api.listen=127.0.0.1:0",
        "api.listen=127.0.0.1:1",
        "proxy={notices: false}",
        "servers.0.name=b",
        "servers.1={name: c, line: {type: emulated, guest: linux}}",
        "defaults.line.settings=9600,8n1",
        'api.allowed_hosts=["x=y.lab", z]'.replace("x=y", "x"),
        " tokens.ttl = 5m",
    )
    assert config.api.listen == Address("127.0.0.1", 1)
    assert config.api.allowed_hosts == ("x.lab", "z")
    assert not config.proxy.notices
    assert [server.name for server in config.servers] == ["b", "c"]
    assert config.servers[0].line == EmulatedSpec("echo", settings=LineSettings(9600))
    assert config.tokens.ttl == 300


def test_an_override_leaves_aliases_alone(tmp_path: Path) -> None:
    """Where an alias makes one line stand in two servers, an override of one does not change the other."""
    config = loaded(
        tmp_path,
        "servers:\n- {name: a, line: &fake {type: emulated, guest: echo}}\n- {name: b, line: *fake}\n",
        "servers.1.line.guest=linux",
    )
    assert [server.line for server in config.servers] == [EmulatedSpec("echo"), EmulatedSpec("linux")]


def test_the_demo() -> None:
    """The embedded default is config/demo.yaml: three different guests, reached from this host alone."""
    assert demo_text() == (CHECKOUT / "config" / "demo.yaml").read_text()
    config = load_demo()
    assert config.path is None
    assert {server.name: str(server.line) for server in config.servers} == {
        "fake1": "linux",
        "fake2": "uboot",
        "fake3": "switch",
    }
    assert (config.api.listen.host, config.proxy.listen.host) == ("127.0.0.1", "127.0.0.1")
    assert load_demo(["proxy.listen=127.0.0.1:0"]).proxy.listen.port == 0


def test_the_path_is_kept_and_does_not_count(tmp_path: Path) -> None:
    """A reload compares configurations: two files of one content are equal."""
    config = loaded(tmp_path, "")
    assert config.path == tmp_path / "lab.yaml"
    assert config == Config()


def test_servers_that_no_file_names_have_the_defaults_too(tmp_path: Path) -> None:
    """Fakes of the command line are as a server is that says nothing of its own."""
    text = "defaults: {ring: 8 KiB, replay: 1 KiB, input: lease, lease_idle: 1m, line: {settings: 9600n8}}"
    text += "\nservers: [{name: echo1, line: {type: emulated, guest: echo}}]"
    config = with_fakes(loaded(tmp_path, text), [("echo", 1)])
    said, added = config.servers
    assert added == dataclasses.replace(said, id=default_id("echo2"), name="echo2")
    assert (added.ring, added.input, added.lease_idle) == (8192, "lease", 60)
