"""Guests: what a fake server runs (DESIGN 3). A literal table of them by name; each is imported when first made."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from consolesvc.emulator.guests.base import Guest, GuestOptions

__all__ = ["GUESTS", "Guest", "GuestOptions", "make_guest"]


def _maker(module: str, name: str) -> Callable[[GuestOptions], Guest]:
    """A maker that imports its guest on first use: a lab of real ports never loads a fake shell."""

    def make(options: GuestOptions) -> Guest:
        maker = getattr(import_module(f"{__name__}.{module}"), name)
        return cast("Guest", maker(options))

    return make


GUESTS: dict[str, Callable[[GuestOptions], Guest]] = {
    "linux": _maker("linux.guest", "LinuxGuest"),
    "uboot": _maker("uboot.guest", "UBootGuest"),
    "switch": _maker("switch.guest", "SwitchGuest"),
    "replay": _maker("replay", "ReplayGuest"),
    "chatter": _maker("chatter", "ChatterGuest"),
    "echo": _maker("echo", "EchoGuest"),
}


def make_guest(name: str, options: GuestOptions) -> Guest:
    """Make the guest `name`, powered off.

    Raises:
        ValueError: no guest has this name, or an option of its own is wrong; the message says which and what
            was expected.
    """
    maker = GUESTS.get(name)
    if maker is None:
        raise ValueError(f"{name!r} is no guest; expected one of {', '.join(GUESTS)}")
    return maker(options)
