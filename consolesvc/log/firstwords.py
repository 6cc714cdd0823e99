"""What machines say first when they start: the one definition of a boot, for what comes and for what was logged.

A machine says the same few words at each start, and they are told apart by what comes before what in one boot:
firmware, boot loader, kernel. Somebody who types `dmesg` on it, or `version` in U-Boot, makes a boot that was none.
No time plays a part, and no silence.

All that every console says is searched for them, so the search is built for speed: of a line its first byte is looked
at, and what may stand anywhere is long and found by leaps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

FIRST, FIRMWARE, LOADER, HYPERVISOR, ENTRY, KERNEL = range(6)
STAGES = ("rom", "firmware", "loader", "hypervisor", "entry", "kernel")
"""What each place in a boot is called."""

LOADER_MENU = b"GNU GRUB  version "
"""Above a menu or a prompt."""
_LINE_WORDS = {
    b"U-Boot TPL 20": FIRST,
    b"U-Boot SPL 20": FIRMWARE,
    b"U-Boot 20": LOADER,
    b"NOTICE:  Booting Trusted Firmware": FIRST,  # TF-A's BL1
    b"System Bootstrap, Version ": FIRMWARE,  # Cisco's ROMMON
    b"GRUB loading": LOADER,
    b"Welcome to GRUB!": LOADER,
    b"(XEN) Xen version ": HYPERVISOR,
    b"*** Booting Zephyr OS ": KERNEL,
    b"---<<BOOT>>---": KERNEL,  # FreeBSD
    b"FakeBIOS ": FIRST,  # our own fakes
    b"FakeBoot ": FIRMWARE,
}
"""First words, each with its place in a boot, that begin a line: they, or what is before them, break it."""
_WORDS = {
    b"SeaBIOS (version ": FIRMWARE,
    b"UEFI firmware (version ": FIRMWARE,
    LOADER_MENU: LOADER,
    b"[    0.000000] Booting Linux on physical CPU": ENTRY,
    b"[    0.000000] Linux version ": KERNEL,
    b" bootblock starting": FIRST,  # coreboot, behind its date in UTC
}
"""Likewise, also in the middle of a line, where a reset or a menu has put them."""
_VERSION = b" (version "
"""In two of these; few texts have it."""
_BAREBOX = re.compile(rb"barebox 20[^\r\n#]{1,60}#")
"""Likewise, at the beginning of a line; its rare byte comes at its end."""
_AGAIN = frozenset((b"GRUB loading", b"Welcome to GRUB!", LOADER_MENU))
"""Words that come several times in one boot: one after the other, and a menu is drawn anew."""

CARRIED = 128
"""Bytes before new text that have to be looked at again with it: as long as any first words, and a colour or two."""
_LINE_START = re.compile(rb"\n\r?(?:\x1b(?:\[[0-?]*+[ -/]*+[@-~]|c))*+\Z")
"""The end of what stands before the first word of a line: behind colours, or none."""


class Mark(NamedTuple):
    """First words found in a text.

    Attributes:
        at: Where they begin.
        place: Their place in a boot, of FIRST to KERNEL.
        words: Themselves.
    """

    at: int
    place: int
    words: bytes


_COLOURS = rb"(?:\x1b(?:\[[0-?]*+[ -/]*+[@-~]|c))*+"
_BEGINNING = re.compile(
    rb"\n(?=[\r\x1b%b])\r?%b(%b)"
    % (
        re.escape(bytes(sorted({words[0] for words in _LINE_WORDS}))),
        _COLOURS,
        b"|".join(re.escape(words) for words in _LINE_WORDS),
    )
)
"""A line that begins with first words. Of most lines the first byte alone is looked at: so it is quick."""


def marks(text: bytes, old: int = 0) -> list[Mark]:
    """All first words that end behind the first `old` bytes, in their order; 64 KiB of text at most.

    A line begins behind LF alone: to have one at the very beginning, begin the text with LF.
    """
    found = [
        Mark(match.start(1), _LINE_WORDS[match[1]], match[1])
        for match in _BEGINNING.finditer(text)
        if match.end() > old and match.start(1) - match.start() <= CARRIED
    ]
    has_version = _VERSION in text
    for words, place in _WORDS.items():
        if (has_version or _VERSION not in words) and words in text:
            found += [Mark(at, place, words) for at in places(text, words, max(0, old - len(words) + 1))]
    if b"#" in text and b"barebox 20" in text:
        matches = [match for match in _BAREBOX.finditer(text) if match.end() > old]
        found += [Mark(m.start(), LOADER, m[0]) for m in matches if begins_line(text, m.start())]
    if len(found) > 1:
        found.sort()
    return found


def places(text: bytes, words: bytes, start: int) -> Iterator[int]:
    """Where some words stand in a text, from a place on."""
    at = text.find(words, start)
    while at >= 0:
        yield at
        at = text.find(words, at + 1)


def begins_line(text: bytes, at: int) -> bool:
    """Whether a line begins there, but for colours and the like."""
    return _LINE_START.search(text, max(0, at - CARRIED), at) is not None


@dataclass(slots=True)
class Course:
    """How far a boot has come.

    Attributes:
        place: Of the last first words; None before any.
    """

    place: int | None = None

    def begins(self, mark: Mark) -> bool:
        """Take the next first words; whether a boot begins with them: they do not follow those before in its order."""
        before, self.place = self.place, mark.place
        return before is None or mark.place < before or (mark.place == before and mark.words not in _AGAIN)
