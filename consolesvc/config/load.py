"""The whole configuration: a file, what it includes and the command line's overrides, read in one go.

text -> nodes (yaml_nodes) -> overrides applied -> values (reading, with the parsers of each section)
     -> included servers -> what must hold between values -> Config, or every problem at once
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from consolesvc.config.access import Address, IdentityNone
from consolesvc.config.addresses import is_loopback, is_wildcard
from consolesvc.config.document import DOCUMENT
from consolesvc.config.events import event_names
from consolesvc.config.include import included
from consolesvc.config.model import Config
from consolesvc.config.operators import AUDIT_FILE, AUTO
from consolesvc.config.overrides import overridden
from consolesvc.config.reading import OVERRIDE, Reading, Unreadable, Value
from consolesvc.config.servers import Found, refuse_twins, servers
from consolesvc.config.webhooks import refuse_unknown_events
from consolesvc.config.yaml_nodes import compose, describe, read_text
from consolesvc.errors import ConfigurationError, Problem

DEMO_FILE = "demo.yaml"


def load(path: Path, overrides: Sequence[str] = ()) -> Config:
    """Read a configuration file.

    Args:
        path: The main file; relative paths in it start at its folder.
        overrides: `key.path=value` texts, as `--set` takes them.

    Raises:
        ConfigurationError: with every problem found, in the order of files and lines.
    """
    return _load(read_text(path), str(path), path, overrides)


def load_demo(overrides: Sequence[str] = ()) -> Config:
    """Read the embedded demo; relative paths, which only `overrides` can have, start at the working directory."""
    return _load(demo_text(), DEMO_FILE, None, overrides)


def demo_text() -> str:
    """The demo's YAML: in the package once it is built into a wheel, in `config/` in a checkout."""
    package = Path(__file__).parent.parent
    installed = package / DEMO_FILE
    return read_text(installed if installed.is_file() else package.parent / "config" / DEMO_FILE)


def _load(text: str, name: str, path: Path | None, overrides: Sequence[str]) -> Config:
    reading = Reading(Path(os.path.abspath(path.parent if path is not None else ".")))  # noqa: PTH100 - resolve() would follow links
    root = overridden(compose(text, name), overrides, reading.problems)
    config = _read(Value(root, "", root.start_mark, reading), path)
    if reading.problems:
        raise ConfigurationError(_in_order(reading.problems, name))
    return config


def _read(document: Value, path: Path | None) -> Config:
    given: dict[str, Any] = {}
    with suppress(Unreadable):
        given = DOCUMENT(document)
    found: list[Found] = []
    if "servers" in given:
        with suppress(Unreadable):
            found += servers(given.pop("servers"))
    if "include" in given:
        with suppress(Unreadable):
            found += included(given.pop("include"), path)
    refuse_twins(found)
    config = Config(**given, path=path)
    _check_addresses(config, document.reading)
    _check_one_tls(config, document.reading)
    entries = (server.config(config.defaults) for server in found)
    config = replace(config, servers=tuple(entry for entry in entries if entry is not None))
    if config.webhooks:
        refuse_unknown_events(document.reading.places, event_names(config))
    _check_audit(config, document.reading)
    return config


def _check_addresses(config: Config, reading: Reading) -> None:
    api, proxy = config.api.listen, config.proxy.listen
    at = reading.places.get("api.listen")
    open_to_all = isinstance(config.identity, IdentityNone) and not config.identity.allow_remote
    if at is not None and open_to_all and not is_loopback(api.host):
        at.note(
            f"{api} can be reached from other hosts, and with identity none every caller is admin; "
            "listen on 127.0.0.1, or say `identity: {type: none, allow_remote: true}`"
        )
    at = reading.places.get("proxy.listen") or at
    if at is not None and _collide(api, proxy):
        at.note(f"{proxy} and api.listen, {api}, share a port; give them two ports, or the same text for one port")
    _check_metrics(config, reading)


def _check_metrics(config: Config, reading: Reading) -> None:
    listen, at = config.metrics.listen, reading.places.get("metrics.listen")
    if at is None or listen is None:
        return
    for key, other in (("api.listen", config.api.listen), ("proxy.listen", config.proxy.listen)):
        if _collide(listen, other) or (listen == other and listen.port):
            at.note(f"{listen} and {key}, {other}, share a port; leave it out to have metrics on the API's port")
            return


def _check_audit(config: Config, reading: Reading) -> None:
    """Refuse an audit file that is a console's log as well."""
    file, at = config.audit.file, reading.places.get("audit.file")
    if at is None or file is None or not config.log.enabled:
        return
    taken = {f"{server.name}.log": server.name for server in config.servers if server.log}
    here = file == AUTO or Path(file).parent == config.log.directory
    name = taken.get(AUDIT_FILE if file == AUTO else Path(file).name) if here else None
    if name is not None:
        at.note(f"{describe(at.node)} is the file of the log of {name}; expected another path")


def _check_one_tls(config: Config, reading: Reading) -> None:
    at = reading.places.get("proxy.tls") or reading.places.get("api.tls")
    if at is not None and config.shared and config.tls_of(config.api) != config.tls_of(config.proxy):
        at.note(f"{config.api.listen} is one port for both, and speaks TLS for both or none; say it in one place")


def _collide(api: Address, proxy: Address) -> bool:
    """Whether the second of two different listen addresses cannot be bound once the first is."""
    if api == proxy or api.port != proxy.port or api.port == 0:
        return False
    if is_wildcard(api.host) or is_wildcard(proxy.host):
        return True
    return "localhost" in (api.host.lower(), proxy.host.lower()) and is_loopback(api.host) and is_loopback(proxy.host)


def _in_order(problems: list[Problem], main: str) -> list[Problem]:
    """The main file's first, by line; then the included ones'; the overrides' last."""

    def place(problem: Problem) -> tuple[bool, bool, str, int]:
        return problem.file != main, problem.file == OVERRIDE, problem.file, problem.line

    return sorted(problems, key=place)
