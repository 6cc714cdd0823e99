"""`consolesvc check FILE`: what a configuration comes to, or everything that is wrong with it (DESIGN 5.1)."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import resource
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from consolesvc.cli.table import escape
from consolesvc.config.addresses import is_loopback, is_wildcard
from consolesvc.config.linespec import EmulatedSpec, LineSpec, SerialSpec
from consolesvc.config.load import load
from consolesvc.config.model import Config
from consolesvc.config.units import format_size
from consolesvc.errors import ConfigurationError
from consolesvc.lines.diagnosis import diagnose, obstacle
from consolesvc.lines.holders import holders, is_service
from consolesvc.lines.host import THIS_HOST, Host, device_number
from consolesvc.lines.kinds import probe
from consolesvc.lines.permission import may_open, permission_denied
from consolesvc.lines.ports import Port, find_ports

HELP = "check a configuration file"

FDS_PER_CONSOLE = 4
FDS_PER_SERIAL_LINE = 5
"""DESIGN decision 11. A fake server counts as well: it is reached through a serial line (DESIGN section 4)."""

OPEN_WAIT = 10.0
"""Seconds that a device has to open: a broken driver may never come back."""

_PTS = re.compile(r"/dev/pts/[0-9]+")
_ADAPTER = re.compile(r"/dev/tty(?:USB|ACM)[0-9]+")

Probe = Callable[[LineSpec], Awaitable[str | None]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `check` takes."""
    parser.add_argument("file", metavar="FILE", type=Path, help="the configuration to check")
    parser.add_argument("--open", action="store_true", help="also open each serial device once")
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
        0; 2 where the configuration is wrong; 1 where `--open` found a device that is here and does not open.
    """
    try:
        config = load(args.file, args.overrides)
    except ConfigurationError as error:
        print(escape_lines(str(error)), file=sys.stderr)
        return 2
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
    shared = config.api.listen == config.proxy.listen and config.api.listen.port != 0
    yield f"API       {config.api.listen}{', and the consoles: one port serves both' if shared else ''}"
    yield f"consoles  {'' if shared else f'{config.proxy.listen}; '}clients are sent to {_client_url(config)}"
    if config.metrics.listen is not None:
        yield f"metrics   {config.metrics.listen}"
    if config.audit.file is not None:
        yield f"audit     {config.audit.file}{_audit_size(config)}"
    rings = sum(server.ring for server in config.servers)
    yield f"memory    at most {format_size(rings)} of rings"
    limit = _descriptor_limit()
    yield f"files     {descriptors(config)} descriptors for the consoles, of {'any number' if limit is None else limit}"


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
    return f"ws://{host}:{listen.port or 'ITS-PORT'}/"


def descriptors(config: Config) -> int:
    """The file descriptors that the consoles need; each session takes one more."""
    ttys = sum(isinstance(server.line, SerialSpec | EmulatedSpec) for server in config.servers)
    return len(config.servers) * FDS_PER_CONSOLE + ttys * FDS_PER_SERIAL_LINE


def _descriptor_limit() -> int | None:
    """How many file descriptors `serve` may have: it raises its soft limit to the hard one. None for no limit."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return None if hard == resource.RLIM_INFINITY else hard


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
    yield from _size_warnings(config)
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
    if public and is_loopback(target):
        yield f"{' and '.join(public)}, but clients are sent to {_client_url(config)}, their own host; {cure}"


def _size_warnings(config: Config) -> Iterator[str]:
    limit, needed = _descriptor_limit(), descriptors(config)
    if limit is not None and needed > limit:
        yield (
            f"the consoles need about {needed} file descriptors, and this process may have {limit}; "
            "raise `LimitNOFILE=` or `ulimit -Hn`"
        )
    elif limit is not None and needed + config.limits.sessions > limit:
        yield (
            f"limits.sessions is {config.limits.sessions}, but about {limit - needed} file descriptors are left "
            "for sessions; raise `LimitNOFILE=` or `ulimit -Hn`"
        )
    rings = sum(server.ring for server in config.servers)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if rings > memory:
        yield f"the rings may take {format_size(rings)}, and this host has {format_size(memory)} of memory"


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
