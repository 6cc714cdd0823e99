"""The command line: argv -> one command, one file each.

A command's module has `HELP`, `add_arguments(parser)` and `run(args) -> exit code`. Only the module of the command
asked for is imported: `env` must not wait for what `serve` needs.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from consolesvc import __version__
from consolesvc.errors import ClientError, ConfigurationError, ConsoleServiceError

COMMANDS = {
    "serve": "serve",
    "check": "check",
    "ports": "ports",
    "list": "consoles",  # a module named `list` would hide the builtin from this one
    "url": "url",
    "attach": "attach",
    "env": "env",
    "emulate": "emulate",
}
"""The commands there are, and the module of each."""
PROMISED = ("who", "log", "down", "up", "kick", "hash-password")
"""Commands of DESIGN 5.1 that a later release brings."""

USAGE = 2
"""Exit code for bad usage and a bad configuration (DESIGN 5.1)."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code (DESIGN 5.1)."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in PROMISED:
        print(f"consolesvc {words[0]}: promised for a later release and not built yet", file=sys.stderr)
        return USAGE
    args = _parser(words[0] if words else "").parse_args(words)
    try:
        return int(args.run(args))
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return USAGE
    except ClientError as error:
        print(f"consolesvc: {error}", file=sys.stderr)
        return error.exit_code
    except ConsoleServiceError as error:
        print(f"consolesvc: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130


def _parser(wanted: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="consolesvc", description="Serial consoles for a lab, through OpenStack's own clients."
    )
    parser.add_argument("--version", action="version", version=f"consolesvc {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in (wanted,) if wanted in COMMANDS else COMMANDS:
        module = importlib.import_module(f"consolesvc.cli.{COMMANDS[name]}")
        command = commands.add_parser(name, help=module.HELP, description=module.HELP)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser
