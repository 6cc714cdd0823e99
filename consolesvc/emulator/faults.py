"""What a fake server can be told to suffer, so that users test their clients as we test ours (issue 4).

A fault ends by itself. It works on what passes between the guest and its PTY; the guest knows nothing of it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol, runtime_checkable

from consolesvc.emulator.guests.base import GuestOptions
from consolesvc.emulator.guests.chatter import ChatterGuest

_BLOCK = 4096


class Fault:
    """One fault; as it stands here, none.

    Attributes:
        unplugs: The cable is pulled meanwhile.
        hangs: The machine neither reads nor writes, and its time stands still.
        floods: `more` has output at any time, which leaves as fast as it is read.
    """

    unplugs = False
    hangs = False
    floods = False

    def output(self, data: bytes) -> bytes:
        """What leaves instead of the guest's `data`."""
        return data

    def more(self, now: float) -> bytes:  # noqa: ARG002 - a flood's clock
        """Output that is not the guest's."""
        return b""


NONE = Fault()
"""What a healthy fake suffers."""


class Unplug(Fault):
    """The cable is pulled, and plugged again."""

    unplugs = True


class Hang(Fault):
    """The machine stops: what is typed waits in the port, and what it was about to say comes afterwards."""

    hangs = True


class Silence(Fault):
    """Nothing of what the machine says arrives; it still hears."""

    def output(self, data: bytes) -> bytes:  # noqa: ARG002 - all the same
        """Nothing."""
        return b""


class Flood(Fault):
    """Numbered lines at full speed, over whatever the guest says.

    Args:
        name: The server's, which each line begins with.
    """

    floods = True

    def __init__(self, name: str) -> None:
        self._chatter = ChatterGuest(GuestOptions(name=name, rate=0))
        self._chatter.power_on(0.0)

    def more(self, now: float) -> bytes:
        """Some kilobytes of lines."""
        return self._chatter.advance(now)


class Garble(Fault):
    """Every byte becomes another, as at a wrong baud rate; the same ones for the same seed, however output is split."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - rubbish, not a secret
        self._noise = b""

    def output(self, data: bytes) -> bytes:
        """As many random bytes as there were."""
        while len(self._noise) < len(data):
            self._noise += self._random.randbytes(_BLOCK)
        noise, self._noise = self._noise[: len(data)], self._noise[len(data) :]
        return bytes(a ^ b for a, b in zip(data, noise, strict=True))


FAULTS: Mapping[str, Callable[[str, int], Fault]] = {
    "unplug": lambda _name, _seed: Unplug(),
    "hang": lambda _name, _seed: Hang(),
    "flood": lambda name, _seed: Flood(name),
    "garble": lambda _name, seed: Garble(seed),
    "silence": lambda _name, _seed: Silence(),
}
"""Makers of faults by name, from the server's name and a seed."""


class Suffered(NamedTuple):
    """A fault that a fake suffers now.

    Attributes:
        name: Its name, of FAULTS.
        fault: What it does.
        ends: When it does, in the loop's time.
    """

    name: str
    fault: Fault
    ends: float


class Health:
    """What one fake suffers, one fault at a time, and the timer that ends it.

    Attributes:
        suffers: The fault and its end; None for a healthy fake.
    """

    def __init__(self, name: str) -> None:
        self.suffers: Suffered | None = None
        self._name = name
        self._timer: asyncio.TimerHandle | None = None

    @property
    def fault(self) -> Fault:
        """What it suffers, NONE included."""
        return NONE if self.suffers is None else self.suffers.fault

    def begin(self, name: str, seconds: float, seed: int, ended: Callable[[], None]) -> Fault:
        """Begin a fault of FAULTS; `ended` is called when its time is over, and is to forget it."""
        fault = FAULTS[name](self._name, seed)
        self.later(seconds, ended)
        self.suffers = Suffered(name, fault, asyncio.get_running_loop().time() + seconds)
        return fault

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        """Have something called in so many seconds, unless `forget` comes first."""
        self.forget()
        self._timer = asyncio.get_running_loop().call_later(seconds, what)

    def forget(self) -> None:
        """Be healthy. Idempotent."""
        self.suffers = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def refuse_second(self) -> None:
        """Raise RuntimeError where it suffers already; the text says from what, and how long."""
        if self.suffers is not None:
            left = self.suffers.ends - asyncio.get_running_loop().time()
            raise RuntimeError(f"{self.suffers.name} goes on for {left:.1f} s more; one fault at a time")


@runtime_checkable
class Panics(Protocol):
    """A guest with a kernel that can be made to panic from outside."""

    def panic(self, now: float, seconds: float) -> bytes:
        """Have the running kernel panic, and reboot `seconds` later; what to send.

        Raises:
            ValueError: no kernel runs at the moment; the text says so.
        """
        ...
