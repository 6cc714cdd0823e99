"""A bench for guests: a clock turned by hand, and a screen that shows what they say."""

from __future__ import annotations

import re
import unicodedata

from consolesvc.emulator.guests import Guest, GuestOptions, make_guest
from consolesvc.emulator.guests.base import PIECE

COLUMNS = 80
LINE_SPEED = 11_520
"""Bytes a second at 115200 baud."""
DAY = 1_700_000_000.0


def options(name: str = "fake1", rate: float = 10, file: str | None = None) -> GuestOptions:
    return GuestOptions(name, rate, file, wall=lambda: DAY)


class Bench:
    """One guest, powered on at time 1000, and all it has said."""

    def __init__(self, guest: str, *, on: bool = True, made_with: GuestOptions | None = None) -> None:
        self.guest: Guest = make_guest(guest, made_with or options())
        self.now = 1000.0
        self.said = b""
        if on:
            self.power_on()

    def power_on(self) -> str:
        return self._take(self.guest.power_on(self.now))

    def powered(self) -> bool:
        return self.guest.powered

    def run(self, seconds: float) -> str:
        """Let time pass; what was said meanwhile."""
        end = self.now + seconds
        text = ""
        while self.guest.due is not None and self.guest.due <= end:
            self.now = max(self.now, self.guest.due)
            data = self.guest.advance(self.now)
            text += self._take(data)
            # A flood takes its time on the line, or this would never end.
            self.now += len(data) / LINE_SPEED
        self.now = max(self.now, end)
        return text

    def type(self, text: str | bytes, seconds: float = 0.0) -> str:
        """Type, then let time pass; what was said from then on."""
        data = text.encode() if isinstance(text, str) else text
        return self._take(self.guest.feed(data, self.now)) + self.run(seconds)

    def until(self, wanted: str, limit: float = 60) -> float:
        """Let time pass until `wanted` was said; the seconds it took."""
        start, text = self.now, ""
        while wanted not in text:
            assert self.guest.due is not None, f"{wanted!r} never came: {text[-500:]!r}"
            assert self.guest.due - start <= limit, f"{wanted!r} not within {limit} s: {text[-500:]!r}"
            self.now = max(self.now, self.guest.due)
            text += self._take(self.guest.advance(self.now))
        return self.now - start

    def _take(self, data: bytes) -> str:
        assert len(data) <= PIECE
        self.said += data
        return data.decode("utf-8", "replace")


def plain(text: str) -> str:
    """Without colours, and with lines ending in a LF."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text).replace("\r\n", "\n")


def logged_in() -> Bench:
    """A Linux at its first prompt."""
    bench = Bench("linux")
    bench.until("login: ")
    bench.type("root\r")
    bench.type("consolesvc\r")
    return bench


def shell(bench: Bench, line: str, seconds: float = 0.1) -> str:
    """What a command prints, between its own line and the next prompt."""
    text = plain(bench.type(line + "\r", seconds))
    return text.partition("\n")[2].rpartition("root@")[0] if "root@" in text else text.partition("\n")[2]


class Screen:
    """As much of a terminal as guests use, COLUMNS wide; its rows grow downwards."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = [[]]
        self.row = self.column = 0
        self.wraps = False

    def text(self) -> list[str]:
        return ["".join(row).rstrip() for row in self.rows]

    def show(self, data: bytes) -> None:
        pattern = r"\x1b\[([0-9;?]*)([A-Za-z])|(.)"
        for match in re.finditer(pattern, data.decode("utf-8", "replace"), re.DOTALL):
            if match[3]:
                self._put(match[3])
            else:
                self._control(match[2], int(match[1] or "1") if match[1].isdigit() or not match[1] else 0)

    def _control(self, letter: str, number: int) -> None:
        self.wraps = self.wraps and letter == "m"
        if letter == "A":
            self.row = max(0, self.row - number)
        elif letter == "B":
            self.row += number
        elif letter == "C":
            self.column = min(COLUMNS - 1, self.column + number)
        elif letter == "D":
            self.column = max(0, self.column - number)
        elif letter == "J":
            self.rows = self.rows[: self.row + 1]
            self._room()
            self.rows[self.row] = self.rows[self.row][: self.column]
        elif letter == "K":
            self.rows[self.row] = self.rows[self.row][: self.column]
        elif letter == "H":
            self.row = self.column = 0

    def _room(self) -> None:
        while len(self.rows) <= self.row:
            self.rows.append([])
        self.rows[self.row] += [" "] * (self.column + 2 - len(self.rows[self.row]))

    def _put(self, char: str) -> None:
        if char == "\r":
            self.column, self.wraps = 0, False
        elif char == "\n":
            self.row, self.wraps = self.row + 1, False
            self._room()
        elif char == "\b":
            self.column, self.wraps = max(0, self.column - 1), False
        elif char >= " ":
            size = 0 if unicodedata.category(char) in ("Mn", "Me", "Cf") else 1
            size *= 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
            self._draw(char, size)

    def _draw(self, char: str, size: int) -> None:
        if size == 0:
            return
        if self.wraps or self.column + size > COLUMNS:
            self.row, self.column, self.wraps = self.row + 1, 0, False
        self._room()
        self.rows[self.row][self.column : self.column + size] = [char] + [""] * (size - 1)
        self.column += size
        if self.column == COLUMNS:
            self.column, self.wraps = COLUMNS - 1, True
