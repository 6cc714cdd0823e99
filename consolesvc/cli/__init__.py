"""The command line: argv -> one command, one file each.

A command's module has `HELP`, `add_arguments(parser)` and `run(args) -> exit code`. Only the module of the command
asked for is imported: `env` must not wait for what `serve` needs.
"""

from __future__ import annotations

import argparse
import errno
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from consolesvc import __version__
from consolesvc.errors import ClientError, ConfigurationError, ConsoleServiceError

COMMANDS = {
    "serve": "serve",
    "check": "check",
    "ports": "ports",
    "list": "consoles",  # a module named `list` would hide the builtin from this one
    "who": "who",
    "kick": "kick",
    "url": "url",
    "attach": "attach",
    "wait": "wait",
    "send": "send",
    "run": "run",
    "screen": "screen",
    "break": "break_",  # modules named `break` and `slice` could not be written, or would hide the builtin
    "mark": "mark",
    "slice": "slice_",
    "log": "log",
    "events": "events",
    "boots": "boots",
    "down": "down",
    "up": "up",
    "env": "env",
    "import": "moving",  # a module named `import` could not be written
    "emulate": "emulate",
    "hash-password": "hash_password",
}
"""The commands there are, and the module of each."""

FAILED, USAGE, INTERRUPTED = 1, 2, 130
"""Exit codes: DESIGN 5.1's for a failure, for bad usage or configuration; and a shell's for ^C."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code (DESIGN 5.1), and never raises for what a user did."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run(words)
    except SystemExit as end:  # argparse: --help, --version, bad usage
        code = end.code if isinstance(end.code, int) else 0
    except KeyboardInterrupt:
        code = INTERRUPTED
    except OSError as error:
        code = _unwritten(error)
    return _flush(code)


def _run(words: list[str]) -> int:
    args = _parser(words[0] if words else "").parse_args(_joined(words))
    try:
        return int(args.run(args))
    except ConfigurationError as error:
        print(error, file=sys.stderr)  # each line names its file already
        return USAGE
    except ClientError as error:
        return _fail(error, error.exit_code)
    except ConsoleServiceError as error:
        return _fail(error, FAILED)


def _joined(words: list[str]) -> list[str]:
    """The words with `--since -1h` as `--since=-1h`: argparse takes `-1h` for an option of its own."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] == "--since" and word[:1] == "-" and word[1:2].isdecimal():
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def _parser(wanted: str) -> argparse.ArgumentParser:
    # No abbreviations: a script's `--end` would break with the next option that begins so.
    parser = argparse.ArgumentParser(
        prog="consolesvc", description="Serial consoles for a lab, through OpenStack's own clients.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"consolesvc {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in (wanted,) if wanted in COMMANDS else COMMANDS:
        module = _loaded(COMMANDS[name])
        command = commands.add_parser(name, help=module.HELP, description=module.HELP, allow_abbrev=False)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


def _loaded(name: str) -> ModuleType:
    """A command's module. Nothing of what is imported is garbage: to look for it was a twentieth of a start."""
    collects = gc.isenabled()
    gc.disable()
    try:
        return importlib.import_module(f"consolesvc.cli.{name}")
    finally:
        if collects:
            gc.enable()


def _fail(message: object, code: int) -> int:
    print(f"consolesvc: {message}", file=sys.stderr)
    return code


def _flush(code: int) -> int:
    """Write out what is still buffered; `code`, or that of a failure to do so."""
    if sys.stdout is None:  # started with it closed
        return code
    try:
        sys.stdout.flush()
    except OSError as error:
        # The interpreter would try again as it exits, and complain in its own way.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        return code or _unwritten(error)
    return code


def _unwritten(error: OSError) -> int:
    """The exit code where output could not be written: 0 where its reader has seen enough."""
    if isinstance(error, BrokenPipeError):
        return 0
    if error.errno != errno.ENOSPC or error.filename is not None:  # not about our output
        raise error
    return _fail(f"cannot write the output: {error.strerror}", FAILED)
