"""`consolesvc serve`: the service, until a signal ends it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import logging
import os
import re
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

from consolesvc.cli import descriptors
from consolesvc.cli.announce import announce, clear_ready_file, write_ready_file
from consolesvc.cli.configured import Configured
from consolesvc.cli.log_lines import FORMATTERS
from consolesvc.cli.rereading import Rereading
from consolesvc.cli.supervised import Supervised
from consolesvc.config import operators
from consolesvc.config.fakes import FAKES
from consolesvc.config.linespec import GUEST_NAMES
from consolesvc.config.model import Config
from consolesvc.errors import ClientError, StartError
from consolesvc.listeners import assign
from consolesvc.local import NAME as SOCKET
from consolesvc.local import own_socket
from consolesvc.service import Service
from consolesvc.state import LockedFolder, default_log_path, default_path, state_folder, temporary_path
from consolesvc.systemd import InheritedSocket, Notifier, take_notifier, take_sockets

HELP = "run the service; without --config, an embedded demo of three fake servers"

log = logging.getLogger("consolesvc")

SETTLE = 0.3
"""Seconds that the table of consoles waits at most for lines that are being opened; nothing else waits for them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options (DESIGN 5.1)."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration (YAML); none: the demo")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY.PATH=VALUE", help="override a key; may be given often"
    )
    parser.add_argument(
        "--fake",
        action="append",
        default=[],
        type=_fakes,
        metavar="GUEST=N",
        help="add fake servers; may be given often",
    )
    folder = parser.add_mutually_exclusive_group()
    folder.add_argument("--state-dir", type=Path, metavar="DIR", help="where state is kept and locked")
    folder.add_argument("--ephemeral", action="store_true", help="keep state in a folder that goes with the process")
    parser.add_argument(
        "--ready-file", type=Path, metavar="FILE", help="written once ready: JSON with pid, ports, servers"
    )
    parser.add_argument(
        "--loop",
        choices=("asyncio", "uvloop"),
        default="asyncio",
        help="event loop; uvloop is an extra (default asyncio)",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="log what is only worth a look when searching")


def run(args: argparse.Namespace) -> int:
    """Serve until TERM or INT; exit code 0 then."""
    config = _configured(args).read()
    _log_to_stderr(config.service, verbose=args.verbose)
    descriptors.raise_limit()
    _warn_of_shortage(config)
    # Before anything else is opened: what systemd has opened for us has numbers of its own.
    inherited, notifier = _take_sockets(), take_notifier(os.environ)
    with contextlib.ExitStack() as stack:
        for _, sock in inherited:
            stack.enter_context(sock)
        folder = stack.enter_context(contextlib.closing(_state_folder(args, stack)))
        kept_together = args.state_dir is not None or args.ephemeral
        log_path = folder.path / "logs" if kept_together else default_log_path(folder.path)
        local_path = folder.path / SOCKET if kept_together else own_socket(folder.path)
        with asyncio.Runner(loop_factory=_loop_factory(args.loop)) as runner:
            make = partial(
                Service,
                config,
                state_path=folder.path,
                log_path=log_path,
                local_path=local_path,
                inherited=assign(inherited, config),
            )
            runner.run(_serve(make, args, notifier))
    return 0


def _loop_factory(name: str) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes the loop; None for asyncio's own. Raises ClientError where uvloop is not installed."""
    if name == "asyncio":
        return None
    try:
        import uvloop  # noqa: PLC0415 - an extra, never a requirement (DESIGN decision 10)
    except ImportError:
        raise ClientError("--loop uvloop: it is not installed; pip install 'consolesvc[uvloop]'", 2) from None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def _configured(args: argparse.Namespace) -> Configured:
    return Configured(args.config, args.set, args.fake)


def _fakes(text: str) -> tuple[str, int]:
    match = re.fullmatch(r"([a-z]+)=([0-9]{1,4})", text)
    if match is None or match[1] not in GUEST_NAMES:
        raise argparse.ArgumentTypeError(f"{text!r}: expected GUEST=N with GUEST one of {', '.join(FAKES)}")
    if match[1] not in FAKES:
        raise argparse.ArgumentTypeError(
            f"{text!r}: replay needs a recording; in a configuration: "
            f"{{name: {match[1]}1, line: {{type: emulated, guest: replay, file: boot.cast}}}}"
        )
    return match[1], int(match[2])


def _state_folder(args: argparse.Namespace, stack: contextlib.ExitStack) -> LockedFolder:
    path = args.state_dir or (None if args.ephemeral else default_path())
    if path is None:
        if not args.ephemeral:
            log.warning("this user has no home to keep state in: it will be gone with this process; see --state-dir")
        path = Path(stack.enter_context(temporary_path()))
    return state_folder(path)


def _log_to_stderr(config: operators.Service, *, verbose: bool) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(FORMATTERS[config.log_format]())
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler])
    # What the format does not show is not looked up for each record: threads, processes, where in the code it was said.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    setattr(logging, "_srcfile", None)  # noqa: B010 - logging's own documented switch, which its types do not have
    # It warns of each offer of a subprotocol that is not ours, which Horizon makes with every connection.
    logging.getLogger("aiohttp.websocket").setLevel(logging.ERROR)
    logging.getLogger("asyncio").setLevel(logging.INFO)


def _warn_of_shortage(config: Config) -> None:
    if (shortage := descriptors.shortage(config)) is not None:
        log.warning("%s", shortage)


def _take_sockets() -> list[InheritedSocket]:
    try:
        return take_sockets(os.environ)
    except OSError as error:
        raise StartError(f"LISTEN_FDS promises sockets that are not there: {error.strerror}") from None


async def _serve(make: Callable[[], Service], args: argparse.Namespace, notifier: Notifier) -> None:
    service = make()
    supervised = Supervised(service, notifier)
    if args.ready_file is not None:
        clear_ready_file(args.ready_file)
    await service.start()
    shutdown = asyncio.Event()
    rereading = Rereading(service, _configured(args).read_apart, supervised, _warn_of_shortage)
    try:
        _handle_signals(service, shutdown, rereading)
        await service.settled(SETTLE)
        announce(service, demo=args.config is None)
        if args.ready_file is not None:
            write_ready_file(service, args.ready_file)
        supervised.ready()
        _spare_the_collector()
        await shutdown.wait()
        log.info("stopping")
    finally:
        supervised.stopping()
        await rereading.close()
        await service.stop()
        supervised.close()
        if args.ready_file is not None:
            with contextlib.suppress(OSError):
                args.ready_file.unlink()


def _spare_the_collector() -> None:
    """Have the garbage collector pass over what start-up made, and look less often at what requests make.

    Nearly all of it goes by its reference count. Collecting was an eighth of a call's time (measured).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _handle_signals(service: Service, shutdown: asyncio.Event, rereading: Rereading) -> None:
    loop = asyncio.get_running_loop()
    handlers: dict[signal.Signals, Callable[[], object]] = {
        signal.SIGTERM: shutdown.set,
        signal.SIGINT: shutdown.set,
        signal.SIGHUP: rereading.ask,
        signal.SIGUSR1: service.retry_lines,
        signal.SIGUSR2: service.reopen_logs,
    }
    for number, handler in handlers.items():
        loop.add_signal_handler(number, handler)
