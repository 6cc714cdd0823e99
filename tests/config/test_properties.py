"""Whatever a file holds, reading it gives a configuration or a ConfigurationError; what is written is what is read."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from consolesvc.config.document import DOCUMENT
from consolesvc.config.line import KINDS
from consolesvc.config.linespec import GUEST_NAMES, EmulatedSpec, SerialSpec
from consolesvc.config.load import load, load_demo
from consolesvc.config.model import Config
from consolesvc.config.servers import SERVER, default_id
from consolesvc.errors import ConfigurationError, Problem

WORDS = (
    "name",
    "id",
    "line",
    "type",
    "serial",
    "device",
    "none",
    "listen",
    "127.0.0.1:0",
    "[::1]:1",
    "x",
    *DOCUMENT.keys,
)
KEYS = st.sampled_from(WORDS) | st.text(max_size=8)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=20)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4))
"""Any JSON value, with a liking for words that mean something."""

LINES = st.one_of(
    *(
        st.fixed_dictionaries(
            {"type": st.just(kind)}, optional={key: VALUES for key in rows.section.keys if key != "type"}
        )
        for kind, rows in KINDS.items()
    )
)
ENTRIES = st.fixed_dictionaries({}, optional={key: LINES | VALUES if key == "line" else VALUES for key in SERVER.keys})
DOCUMENTS = st.fixed_dictionaries(
    {}, optional={key: st.lists(ENTRIES, max_size=3) if key == "servers" else VALUES for key in DOCUMENT.keys}
)


def read(data: bytes, overrides: Sequence[str] = ()) -> Config | ConfigurationError:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lab.yaml"
        path.write_bytes(data)
        try:
            return load(path, overrides)
        except ConfigurationError as error:
            refused = error
    assert refused.problems
    assert all(problem.text and "\n" not in str(problem) for problem in refused.problems)
    return refused


@given(VALUES | DOCUMENTS)
def test_any_json_is_read_or_refused(value: Any) -> None:
    """Nothing but ConfigurationError comes out, whatever the shape."""
    read(json.dumps(value).encode())


@given(VALUES | DOCUMENTS)
def test_any_yaml_is_read_or_refused(value: Any) -> None:
    """The same for what a YAML writer makes of it, with aliases for what stands there twice."""
    read(yaml.safe_dump([value, value] if isinstance(value, list) else value).encode("utf-8", "replace"))


@given(st.text() | st.text("[]{}:,-&*!|>'\"%@`?# \n\tabn0~\\<=."))
@example("&a [*a]")
@example("servers: &s [*s]")
@example("servers: [&s {name: a, line: *s}]")
@example("api: {<<: {listen: 1}}")
@example("a: !!python/object:os.system x")
@example("servers: !!str x")
@example("%YAML 9" + "9" * 5000 + "\n--- a")
@example('"\\U00110000"')
def test_any_text_is_read_or_refused(text: str) -> None:
    """The same for text that may be no YAML at all."""
    read(text.encode("utf-8", "replace"))


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """The same for bytes that may be no text at all."""
    read(data)


@given(st.text() | st.builds("{}={}".format, st.text("aps.io0rev1"), st.text()))
@example("servers.0.line=\ud800")
@example("api.listen=\udcff")
def test_any_override_is_taken_or_refused(override: str) -> None:
    """The same for what stands behind `--set`, which may hold undecodable bytes of a command line."""
    problems: list[Problem] = []
    try:
        load_demo([override])
    except ConfigurationError as error:
        problems = error.problems
    assert {problem.file for problem in problems} <= {"--set", "demo.yaml"}


NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", fullmatch=True)
SETTINGS = st.builds("{}{}{}".format, st.integers(1, 4_000_000), st.sampled_from("neoms"), st.integers(5, 8))
SERIAL_LINES = st.fixed_dictionaries(
    {"type": st.just("serial"), "device": st.uuids().map("/nowhere/{}".format)},
    optional={
        "settings": SETTINGS,
        "flow": st.sampled_from(("none", "rtscts", "xonxoff")),
        "allow_host_console": st.booleans(),
    },
)
EMULATED_LINES = st.fixed_dictionaries(
    {"type": st.just("emulated"), "guest": st.sampled_from([name for name in GUEST_NAMES if name != "replay"])},
    optional={"speed": st.sampled_from(("line", "max")), "settings": SETTINGS},
)
GOOD_SERVERS = st.lists(
    st.fixed_dictionaries(
        {"name": NAMES, "line": SERIAL_LINES | EMULATED_LINES},
        optional={"id": st.uuids().map(str), "ring": st.integers(4096, 1024**3), "replay": st.integers(0, 2**30)},
    ),
    max_size=5,
    unique_by=lambda server: server["name"],
)
PORTS = st.integers(0, 65535)


@given(GOOD_SERVERS, PORTS, st.integers(0, 10**6), st.booleans(), st.booleans())
def test_what_is_written_is_read(
    servers: list[dict[str, Any]], port: int, ttl: int, notices: bool, as_json: bool
) -> None:
    """A good configuration, written as JSON or YAML by a program, loads and says what was written."""
    written = {
        "api": {"listen": f"127.0.0.2:{port}"},
        "tokens": {"ttl": ttl},
        "proxy": {"notices": notices},
        "servers": servers,
    }
    config = read((json.dumps(written) if as_json else yaml.safe_dump(written)).encode())
    assert isinstance(config, Config), config
    assert (config.api.listen.port, config.tokens.ttl, config.proxy.notices) == (port, ttl, notices)
    assert len(config.servers) == len(servers)
    for got, server in zip(config.servers, servers, strict=True):
        line = server["line"]
        assert (got.name, got.id) == (server["name"], server.get("id", default_id(server["name"])))
        assert (got.ring, got.replay) == (server.get("ring", 1024**2), server.get("replay", 32 * 1024))
        assert isinstance(got.line, SerialSpec | EmulatedSpec)
        assert str(got.line) == line.get("device", line.get("guest"))
        assert str(got.line.settings) == line.get("settings", "115200n8")
