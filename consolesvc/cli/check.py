"""`consolesvc check FILE`: what a configuration comes to, or everything that is wrong with it (DESIGN 5.1)."""

from __future__ import annotations

import argparse
import asyncio
import fnmatch
import os
import re
import stat
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from consolesvc.cli import descriptors, log_room
from consolesvc.cli.table import escape
from consolesvc.config.access import IdentityNone
from consolesvc.config.addresses import is_loopback, is_wildcard
from consolesvc.config.linespec import LineSpec, SerialSpec
from consolesvc.config.load import load
from consolesvc.config.model import Config
from consolesvc.config.tls_context import load_tls
from consolesvc.config.units import format_size
from consolesvc.errors import ConfigurationError
from consolesvc.lines.diagnosis import diagnose, obstacle
from consolesvc.lines.holders import holders, is_service
from consolesvc.lines.host import THIS_HOST, Host, device_number
from consolesvc.lines.kinds import probe
from consolesvc.lines.permission import may_open, permission_denied
from consolesvc.lines.ports import Port, find_ports

HELP = "check a configuration file"

SOON = 14 * 24 * 3600
"""Seconds before its end at which a certificate ought to have been renewed."""

OPEN_WAIT = 10.0
"""Seconds that a device has to open: a broken driver may never come back."""

_PTS = re.compile(r"/dev/pts/[0-9]+")
_ADAPTER = re.compile(r"/dev/tty(?:USB|ACM)[0-9]+")

Probe = Callable[[LineSpec], Awaitable[str | None]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `check` takes."""
    parser.add_argument("file", metavar="FILE", type=Path, help="the configuration to check")
    parser.add_argument("--open", action="store_true", help="also open each serial device once")
    parser.add_argument("-q", "--quiet", action="store_true", help="print no summary, only what is wrong or doubtful")
    parser.add_argument(
        "--set",
        dest="overrides",
        metavar="KEY.PATH=VALUE",
        action="append",
        default=[],
        help="override a key, as `serve` does",
    )


def run(args: argparse.Namespace, *, probe: Probe = probe, host: Host = THIS_HOST) -> int:
    """Print the summary, and what to know on stderr.

    Returns:
        0; 2 where the configuration is wrong, so that a reload can be made to depend on it (`ExecReload=`); 1 where
        `--open` found a device that is here and does not open.
    """
    try:
        config = load(args.file, args.overrides)
    except ConfigurationError as error:
        print(escape_lines(str(error)), file=sys.stderr)
        return 2
    if not args.quiet:
        print("\n".join(map(escape, summary(args.file, config))))
    for warning in warnings(config, host, opening=args.open):
        print(escape(f"warning: {warning}"), file=sys.stderr)
    if not args.open:
        return 0
    failures, notes = asyncio.run(_try_all(config, probe, host))
    for note in notes:
        print(escape(f"warning: {note}"), file=sys.stderr)
    for failure in failures:
        print(escape(f"error: {failure}"), file=sys.stderr)
    return 1 if failures else 0


def escape_lines(text: str) -> str:
    """Text that moves no cursor but to the next line."""
    return "\n".join(map(escape, text.split("\n")))


def summary(file: Path, config: Config) -> Iterator[str]:
    """What a configuration comes to, a fact a line."""
    kinds = Counter(server.line.kind for server in config.servers)
    each = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items(), reverse=True))
    yield f"{file} is good: {_count(len(config.servers), 'server')}{f' ({each})' if each else ''}"
    shared = config.shared
    yield f"API       {config.api.listen}{', and the consoles: one port serves both' if shared else ''}"
    yield f"consoles  {'' if shared else f'{config.proxy.listen}; '}clients are sent to {_client_url(config)}"
    if config.metrics.listen is not None:
        yield f"metrics   {config.metrics.listen}"
    if config.audit.file is not None:
        yield f"audit     {config.audit.file}{_audit_size(config)}"
    yield from _tls_summary(config)
    if (room := log_room.log_room(config)) is not None:
        yield f"logs      {log_room.told(room)}"
    rings = sum(server.ring for server in config.servers)
    yield f"memory    at most {format_size(rings)} of rings"
    limit = descriptors.allowed()
    total = "any number" if limit is None else limit
    yield f"files     {descriptors.needed(config)} descriptors for the consoles, of {total}"


def _tls_summary(config: Config) -> Iterator[str]:
    ports = {"API": config.tls_of(config.api), "consoles": config.tls_of(config.proxy)}
    for tls in dict.fromkeys(tls for tls in ports.values() if tls is not None):
        whose = " and ".join(name for name, found in ports.items() if found == tls)
        yield f"TLS       {whose}: {tls.cert}, {load_tls(tls).validity}"


def _audit_size(config: Config) -> str:
    size = config.audit.segment_size * (config.audit.keep + 1)
    return f", at most {format_size(size)}" if size and config.audit.keep else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _client_url(config: Config) -> str:
    if config.proxy.base_url is not None:
        return config.proxy.base_url
    listen = config.proxy.listen
    host = "THE-HOST-THEY-ASKED" if is_wildcard(listen.host) else str(listen).rpartition(":")[0]
    scheme = "ws" if config.tls_of(config.proxy) is None else "wss"
    return f"{scheme}://{host}:{listen.port or 'ITS-PORT'}/"


def warnings(config: Config, host: Host = THIS_HOST, *, opening: bool = False) -> Iterator[str]:
    """What is right in itself and may yet not be what was meant, a sentence each.

    Args:
        config: What was read.
        host: Where its devices are looked at; none is opened.
        opening: Whether devices are about to be opened, which says better what is wrong with those that are here.
    """
    if not config.servers:
        yield "there is no server in it"
    yield from _address_warnings(config)
    yield from _tls_warnings(config)
    yield from _size_warnings(config)
    yield from _webhook_warnings(config)
    if config.audit.file is None and (config.audit.keys or any(server.audit_keys for server in config.servers)):
        yield "keys are to be audited, and audit.file says nowhere: nothing is written"
    lines = [(server.name, server.line) for server in config.servers if isinstance(server.line, SerialSpec)]
    ports = find_ports(host) if lines else []
    for name, line in lines:
        if is_absent(line.device):
            yield f"{name}: {line}: no such device; the console waits for it"
        elif not opening and (problem := _in_the_way(line, host)) is not None:
            yield f"{name}: {line}: {problem}"
        for sentence in _name_warnings(line, ports):
            yield f"{name}: {line}: {sentence}"


def _address_warnings(config: Config) -> Iterator[str]:
    """The classic misconfiguration of nova: everybody may ask, and is sent to their own 127.0.0.1 (operator.md 4)."""
    if config.proxy.base_url is not None:
        target = urlsplit(config.proxy.base_url).hostname or ""
        cure = "set proxy.base_url to a name that they can reach"
    else:
        target = config.proxy.listen.host
        cure = "let proxy.listen be an address that they can reach, or set proxy.base_url"
    public = [
        f"{key} is {listen}"
        for key, listen in (("api.listen", config.api.listen), ("proxy.listen", config.proxy.listen))
        if not is_loopback(listen.host)
    ]
    open_to_all = isinstance(config.identity, IdentityNone) and not config.identity.allow_remote
    if config.shared and open_to_all and not public and not is_loopback(target):
        yield (
            f"clients are sent to {_client_url(config)}, which leads to the API as well, and with identity none every "
            "caller is admin; say in `identity` who may call"
        )
    if public and is_loopback(target):
        yield f"{' and '.join(public)}, but clients are sent to {_client_url(config)}, their own host; {cure}"


def _tls_warnings(config: Config) -> Iterator[str]:
    tls = config.tls_of(config.proxy)
    if tls is not None and (config.proxy.base_url or "").startswith("ws:"):
        yield f"the consoles' port speaks TLS, but clients are sent to {config.proxy.base_url}; let base_url say wss"
    for tls in dict.fromkeys(filter(None, (config.tls_of(config.api), config.tls_of(config.proxy)))):
        validity = load_tls(tls).validity
        if trouble := validity.trouble(time.time()):
            yield f"{tls.cert} {trouble}"
        elif validity.trouble(time.time() + SOON):
            yield f"{tls.cert} is {validity}; renew it soon, it is read again without a restart"
        key = tls.key or tls.cert
        if key.stat().st_mode & stat.S_IROTH:
            yield f"{key} holds a private key, and everybody on this host may read it; `chmod o-r {key}`"


def _size_warnings(config: Config) -> Iterator[str]:
    if (shortage := descriptors.shortage(config)) is not None:
        yield shortage
    rings = sum(server.ring for server in config.servers)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if rings > memory:
        yield f"the rings may take {format_size(rings)}, and this host has {format_size(memory)} of memory"
    if (room := log_room.log_room(config)) is not None:
        yield from log_room.warnings(room, config.log.min_free)


def _webhook_warnings(config: Config) -> Iterator[str]:
    """A pattern that means nobody is silence for ever. Servers that are made over the API have names of their own."""
    names = [server.name for server in config.servers]
    for number, hook in enumerate(config.webhooks):
        for pattern in hook.consoles:
            if not fnmatch.filter(names, pattern) and not config.emulator.allow_create:
                yield f"webhooks[{number}].consoles: no server is called {pattern!r}"


def is_absent(device: str) -> bool:
    """Whether there is no such device at this moment, as far as we may look."""
    try:
        Path(device).stat()
    except FileNotFoundError:
        return True
    except OSError:
        pass
    return False


def _name_warnings(spec: SerialSpec, ports: Sequence[Port]) -> Iterator[str]:
    """What is wrong with a device's name."""
    if _PTS.fullmatch(spec.device):
        yield "the number of a PTY changes with each start of its program; have that make a link with a lasting name"
    port = next((port for port in ports if port.number == device_number(spec.device)), None)
    if port is not None:
        if spec.device == port.device and port.stable != port.device:
            yield f"its number may change with the next plug or start; prefer {port.stable}"
        yield from port.warnings
    elif _ADAPTER.fullmatch(spec.device):
        yield "its number may change with the next plug or start; prefer its link in /dev/serial/by-id"


def _in_the_way(spec: SerialSpec, host: Host) -> str | None:
    """Why a device that is here will not open, as far as it shows without opening it."""
    try:
        Path(spec.device).stat()
    except OSError as error:
        return str(diagnose(spec.device, error, host))
    found = obstacle(spec.device, allow_host_console=spec.allow_host_console, host=host)
    if found is None and not may_open(spec.device):
        found = permission_denied(spec.device)
    return None if found is None else str(found)


async def _try_all(config: Config, probe: Probe, host: Host) -> tuple[list[str], list[str]]:
    """Open every device that is here, all at once.

    Returns:
        What does not open, a sentence each; and what does not because a running consolesvc has it.
    """
    serial = [(server.name, server.line) for server in config.servers if isinstance(server.line, SerialSpec)]
    # An absent device is a warning (DESIGN 5.1), which is printed already.
    present = [(name, line) for name, line in serial if not is_absent(line.device)]
    answers = await asyncio.gather(*(_try(line, probe) for _, line in present))
    failures, notes = [], []
    for (name, line), answer in zip(present, answers, strict=True):
        if answer is None:
            print(escape(f"{name}: {line} opens"))
        elif answer.startswith("held by ") and (pid := _service_with(line.device, host)) is not None:
            notes.append(f"{name}: {line}: open in the running consolesvc (pid {pid})")
        else:
            failures.append(f"{name}: {line}: {answer}")
    return failures, notes


def _service_with(device: str, host: Host) -> int | None:
    """The consolesvc that has a device open: the file checked is as a rule the one that it runs."""
    return next((holder.pid for holder in holders(device, host) if is_service(holder.pid, host)), None)


async def _try(spec: LineSpec, probe: Probe) -> str | None:
    try:
        async with asyncio.timeout(OPEN_WAIT):
            return await probe(spec)
    except TimeoutError:
        return f"no answer in {OPEN_WAIT:g} s: its driver hangs, see `dmesg | tail`"
