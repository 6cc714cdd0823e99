"""`config/lab.yaml` shows every key with its default: held here to the model, field by field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from consolesvc.config.access import IdentityBuiltin, IdentityKeystone, IdentityStatic, Tls
from consolesvc.config.document import DOCUMENT
from consolesvc.config.identity import KINDS as IDENTITIES
from consolesvc.config.line import KINDS
from consolesvc.config.linespec import GUEST_NAMES, LineSpec
from consolesvc.config.load import load
from consolesvc.config.model import Config
from consolesvc.config.server import PowerCommands, ServerConfig
from consolesvc.config.servers import SERVER
from consolesvc.config.telling import Webhook
from consolesvc.config.tls import SECTION as TLS
from tests.certificates import Authority

SPECS = get_args(LineSpec)
LAB = Path(__file__).parent.parent.parent / "config" / "lab.yaml"
SECTIONS = tuple(name for name in DOCUMENT.keys if name not in ("include", "servers"))

MODEL = tuple(f"consolesvc.config.{name}" for name in ("access", "model", "operators", "server", "telling"))
"""Where the configuration's dataclasses are."""


def paths(thing: Any, prefix: str = "") -> Iterator[str]:
    """The dotted path of every leaf of a dataclass of dataclasses, or of a mapping of mappings."""
    if isinstance(thing, dict) and thing:
        pairs = list(thing.items())
    elif is_dataclass(thing) and type(thing).__module__ in MODEL and type(thing).__name__ != "Address":
        pairs = [(field.name, getattr(thing, field.name)) for field in fields(thing)]
    else:
        yield prefix
        return
    for name, value in pairs:
        yield from paths(value, f"{prefix}.{name}" if prefix else name)


def uncommented(text: str) -> str:
    """lab.yaml with its examples switched on: commented lines that are one entry or one key."""
    return re.sub(r"(?m)^( +)# (- \{|base_url:|password_file:|directory:|listen:|file:|tls:)", r"\1\2", text)


@pytest.fixture
def all_of_lab(tmp_path: Path) -> Path:
    path = tmp_path / "lab.yaml"
    path.write_text(uncommented(LAB.read_text()))
    (tmp_path / "boot.cast").write_text('{"version": 2}\n')
    (tmp_path / "bmc9.env").touch()
    (tmp_path / "redis.password").touch()
    (tmp_path / "bmc11.env").touch()
    (tmp_path / "host2.token").touch()
    return path


def test_it_says_the_defaults() -> None:
    """Loading it is the same as saying nothing."""
    config = load(LAB)
    assert replace(config, servers=()) == Config()


def test_it_shows_every_key(all_of_lab: Path) -> None:
    """Every field of the model is a key in it, and the parser knows exactly these."""
    document = yaml.safe_load(all_of_lab.read_text())
    shown = {path for path in paths(document) if path.partition(".")[0] in SECTIONS} | {"tls"}
    model = Config()
    assert shown == {path for name in SECTIONS for path in paths(getattr(model, name), name)}
    assert set(document) == set(DOCUMENT.keys) - {"tls"}
    assert set(SECTIONS) == {field.name for field in fields(Config)} - {"servers", "path"}


def test_it_shows_every_key_of_a_server(all_of_lab: Path) -> None:
    """Its examples, once uncommented, load, and have between them every key that a server and each kind of line has."""
    document = yaml.safe_load(all_of_lab.read_text())
    assert {key for server in document["servers"] for key in server} == set(SERVER.keys)
    assert set(SERVER.keys) == {field.name for field in fields(ServerConfig)}
    assert {spec.kind for spec in SPECS} == set(KINDS)
    for spec in SPECS:
        kind = spec.kind
        lines = [server["line"] for server in document["servers"] if server["line"]["type"] == kind]
        assert {key for line in lines for key in line} == set(KINDS[kind].section.keys)
        assert set(KINDS[kind].section.keys) == {"type"} | {field.name for field in fields(spec)}
    assert len(load(all_of_lab).servers) == len(document["servers"]) == 14


def test_it_shows_every_key_of_a_switch(all_of_lab: Path) -> None:
    """The one example of `power` has all of them, and the default where there is one."""
    [shown] = [server["power"] for server in yaml.safe_load(all_of_lab.read_text())["servers"] if "power" in server]
    # YAML takes `on` and `off` for true and false, also where they are keys; our reader does not.
    keys = {{True: "on", False: "off"}.get(key, key) for key in shown}
    assert keys == {field.name for field in fields(PowerCommands)}
    [read] = [server.power for server in load(all_of_lab).servers if server.power is not None]
    assert read.timeout == PowerCommands().timeout
    assert read.off[-1] == "off"


def test_it_shows_every_kind_of_identity(tmp_path: Path) -> None:
    """Each commented `identity:` loads in the place of the first, and names every key that its type has."""
    (tmp_path / "tokens.yaml").write_text("tokens: []")
    (tmp_path / "users.yaml").write_text("users: []")
    (tmp_path / "keystone.password").touch()
    shown = re.findall(r"(?m)^# (identity: .*)$", LAB.read_text())
    made = []
    for text in shown:
        (tmp_path / "lab.yaml").write_text(text)
        made.append(load(tmp_path / "lab.yaml").identity)
        assert set(yaml.safe_load(text)["identity"]) == {field.name for field in fields(made[-1])}
    assert [type(identity) for identity in made] == [IdentityStatic, IdentityBuiltin, IdentityKeystone]
    for kind, identity in zip(("static", "builtin", "keystone"), made, strict=True):
        assert set(IDENTITIES[kind].section.keys) == {field.name for field in fields(identity)}
    password = str(tmp_path / "keystone.password")
    assert made[-1] == IdentityKeystone("http://keystone.lab:5000/v3", "consolesvc", password, "service")


def test_it_shows_every_key_of_a_webhook(tmp_path: Path) -> None:
    """The commented `webhooks:` loads in the place of the empty one, and names every key."""
    (tmp_path / "hook.secret").write_text("secret\n")
    (shown,) = re.findall(r"(?m)^# (webhooks: .*)$", LAB.read_text())
    (tmp_path / "lab.yaml").write_text(shown)
    (hook,) = load(tmp_path / "lab.yaml").webhooks
    assert set(yaml.safe_load(shown)["webhooks"][0]) == {field.name for field in fields(hook)}
    assert hook == Webhook(
        "https://alerts.lab/consoles",
        ("panic", "reset-loop", "silence"),
        ("node*",),
        str(tmp_path / "hook.secret"),
    )


def test_it_shows_all_of_tls(tmp_path: Path) -> None:
    """Its commented `tls:` loads once the files are there, names every key, and says each default."""
    authority = Authority(tmp_path)
    authority.issue("console", cert="console.pem", key="console.key")
    (tmp_path / "clients-ca.pem").write_bytes(authority.cert.read_bytes())
    [text] = re.findall(r"(?m)^# (tls: .*)$", LAB.read_text())
    (tmp_path / "lab.yaml").write_text(text)
    found = load(tmp_path / "lab.yaml").tls
    assert found == Tls(tmp_path / "console.pem", tmp_path / "console.key", client_ca=tmp_path / "clients-ca.pem")
    assert set(yaml.safe_load(text)["tls"]) == set(TLS.keys) == {field.name for field in fields(Tls)}


def test_every_default_of_a_line_is_said(all_of_lab: Path) -> None:
    """Where a key of a line or a server has a default, an example or a comment shows that value."""
    text = all_of_lab.read_text()
    for spec in SPECS:
        for field in fields(spec):
            if field.default is MISSING or field.default in (None, ()):
                continue
            value = str(field.default).lower()
            assert re.search(rf"`?{field.name}`?: (?:\S+ )?{re.escape(value)}\b", text), field.name
    assert f"`guest`: {', '.join(GUEST_NAMES)}" in text


def test_each_key_has_a_comment() -> None:
    """No key stands without a word on the same line, but for the limits whose names say it."""
    plain = [line for line in LAB.read_text().splitlines() if re.match(r" *[a-z_]+:", line) and "#" not in line]
    named = ("limits:", "sessions_per_console:", "sessions_per_token:", "line:", "servers:")
    assert all(line.strip().startswith(named) for line in plain), plain
