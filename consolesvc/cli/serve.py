"""`consolesvc serve`: the service, until a signal ends it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import logging
import re
import resource
import signal
from collections.abc import Callable
from pathlib import Path

from consolesvc.cli.announce import announce, clear_ready_file, write_ready_file
from consolesvc.cli.log_lines import FORMATTERS
from consolesvc.config import model
from consolesvc.config.fakes import FAKES, with_fakes
from consolesvc.config.linespec import GUEST_NAMES
from consolesvc.config.load import load, load_demo
from consolesvc.config.model import Config
from consolesvc.errors import ClientError, ConfigurationError
from consolesvc.service import Service
from consolesvc.state import LockedFolder, default_log_path, default_path, state_folder, temporary_path

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
    config = _read(args)
    _log_to_stderr(config.service, verbose=args.verbose)
    _raise_descriptor_limit()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(contextlib.closing(_state_folder(args, stack)))
        kept_together = args.state_dir is not None or args.ephemeral
        log_path = folder.path / "logs" if kept_together else default_log_path(folder.path)
        with asyncio.Runner(loop_factory=_loop_factory(args.loop)) as runner:
            runner.run(_serve(config, args, folder.path, log_path))
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


def _read(args: argparse.Namespace) -> Config:
    config = load_demo(args.set) if args.config is None else load(args.config, args.set)
    return with_fakes(config, args.fake)


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


def _log_to_stderr(config: model.Service, *, verbose: bool) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(FORMATTERS[config.log_format]())
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler])
    # What the format does not show is not looked up for each record: threads, processes, where in the code it was said.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    setattr(logging, "_srcfile", None)  # noqa: B010 - logging's own documented switch, which its types do not have
    # It warns of each offer of a subprotocol that is not ours, which Horizon makes with every connection.
    logging.getLogger("aiohttp.websocket").setLevel(logging.ERROR)
    logging.getLogger("asyncio").setLevel(logging.INFO)


def _raise_descriptor_limit() -> None:
    """The soft limit up to the hard one: a console needs several (DESIGN decision 11)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _serve(config: Config, args: argparse.Namespace, state_path: Path, log_path: Path) -> None:
    service = Service(config, state_path=state_path, log_path=log_path)
    if args.ready_file is not None:
        clear_ready_file(args.ready_file)
    await service.start()
    shutdown = asyncio.Event()
    try:
        _handle_signals(service, shutdown, args)
        await service.settled(SETTLE)
        announce(service, demo=args.config is None)
        if args.ready_file is not None:
            write_ready_file(service, args.ready_file)
        _spare_the_collector()
        await shutdown.wait()
        log.info("stopping")
    finally:
        await service.stop()
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


def _handle_signals(service: Service, shutdown: asyncio.Event, args: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    reloads: set[asyncio.Task[None]] = set()

    def reload() -> None:
        task = loop.create_task(_reload(service, args), name="reload")
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    handlers: dict[signal.Signals, Callable[[], object]] = {
        signal.SIGTERM: shutdown.set,
        signal.SIGINT: shutdown.set,
        signal.SIGHUP: reload,
        signal.SIGUSR1: service.retry_lines,
        signal.SIGUSR2: service.reopen_logs,
    }
    for number, handler in handlers.items():
        loop.add_signal_handler(number, handler)


async def _reload(service: Service, args: argparse.Namespace) -> None:
    try:
        config = _read(args)
    except (ConfigurationError, ClientError) as error:
        service.seen.refused(str(error))
        log.error("the configuration was not reloaded, the old one stays:\n%s", error)  # noqa: TRY400 - a user's slip, no traceback
        return
    for handler in logging.getLogger().handlers:
        handler.setFormatter(FORMATTERS[config.service.log_format]())
    for restart in await service.reload(config):
        log.warning("%s", restart)
    log.info("configuration reloaded: %d servers", len(service.inventory))
