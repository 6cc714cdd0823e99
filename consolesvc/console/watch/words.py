"""What a machine says when it waits for somebody, and when it crashes. Bytes in, places out; no I/O, no state.

Of each text the first `old` bytes have been looked at before: what ends within them is not found again.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Literal

from consolesvc.console.text import plain_text
from consolesvc.log.firstwords import begins_line, places

Crash = Literal["panic", "oops"]

MOST = 16
"""Of each that are looked at in one text: a machine that says it more often says nothing new."""

_LINE = rb"\n(?=[\r\x1b%b])\r?(?:\x1b\[[0-?]*+[ -/]*+[@-~])*+(?:%b)"
"""At the start of a line, behind colours or none. The first byte alone is looked at for most lines: so it is quick."""
_U_BOOT = rb"Hit any key to stop autoboot|Press SPACE to abort autoboot|Autoboot in |=> "
_OTHERS = rb"grub> |grub rescue> |barebox@|Shell> |iPXE> |rommon [0-9]+ ?>|Aboot# "
_LOADER = re.compile(_LINE % (rb"AHPSbgir=", rb"|".join((_U_BOOT, _OTHERS))))
_SWITCH = rb"Username: |Press (?:RETURN|ENTER) to get started"
_UP = re.compile(_LINE % (rb"PSU", _SWITCH + rb"|Please press Enter to activate this console|SAC>"))
"""With what those ask somebody in that have no `login:`: switches, small Linuxes, Windows."""
_LOGIN = re.compile(r"\s*(?!Last )(?:[^\s\[\]:]{1,80} ){0,2}[Ll]ogin:")
"""The last word of a prompt, behind a host's name: not in the middle of a sentence, nor in a kernel's message."""
_LONGEST_PROMPT = 256
_PRINTK = re.compile(rb"\[ {0,4}[0-9]{1,7}\.[0-9]{6}\] [^\n]{0,1000}+\n")
_TORN = 1024
"""Bytes at the end in which a prompt may be torn apart by messages of the kernel."""
_PANIC = b"Kernel panic - not syncing"
_BSD = b"panic: "
"""At the beginning of a line. A program written in Go begins its last words so too, and no kernel goes on like it."""
_GO = b"runtime error"
_XEN = b"Panic on CPU "
_RESET = b"### ERROR ### Please RESET"
"""U-Boot's, which hangs then."""
_OOPS = re.compile(rb"(?:Oops|fault|error|opcode|segment|ilc:[0-9])[^\r\n]*\[#[0-9]{1,4}\]")
_LONGEST_OOPS = 200
"""Bytes of a line before the number of the oops in which the kernel says what it is."""


def loader_prompts(text: bytes, old: int) -> list[int]:
    """Where a boot loader waits for a key or a command."""
    return _beginnings(_LOADER, text, old)


def login_prompts(text: bytes, old: int) -> list[int]:
    """Where somebody is asked in."""
    found = _beginnings(_UP, text, old)
    at = len(text)
    for _ in range(MOST):
        at = text.rfind(b"ogin:", max(0, old - 4), at)
        if at < 0:
            break
        begin = max(text.rfind(b"\n", 0, at), text.rfind(b"\r", 0, at)) + 1
        if at - begin < _LONGEST_PROMPT and _LOGIN.fullmatch(plain_text(text[begin : at + 5])):
            found.append(at)
    if text.endswith((b": ", b":")):
        last = text.rfind(b"\n") + 1
        if max(found, default=-1) < last and _is_torn_login(text[-_TORN:]):
            found.append(max(last, old))
    return found


def crashes(text: bytes, old: int) -> list[tuple[int, Crash]]:
    """Where a kernel, a hypervisor or a boot loader gave up, or a kernel oopsed and may have gone on."""
    found: list[tuple[int, Crash]] = []
    # To look for one byte costs a tenth of a word, and few texts have these.
    if b"K" in text and _PANIC in text:
        at = islice(places(text, _PANIC, max(0, old - len(_PANIC) + 1)), MOST)
        found += [(each, "panic") for each in at if text[each - 4 : each] != b"end "]  # said again at the end
    if b"P" in text and _XEN in text:
        found += [(at, "panic") for at in islice(places(text, _XEN, max(0, old - len(_XEN) + 1)), MOST)]
    if _BSD in text:
        at = islice(places(text, _BSD, max(0, old - len(_BSD) + 1)), MOST)
        kernels = (each for each in at if not text.startswith(_GO, each + len(_BSD)))
        found += [(each, "panic") for each in kernels if begins_line(text, each)]
    if b"#" in text and _RESET in text:
        found += [(at, "panic") for at in islice(places(text, _RESET, max(0, old - len(_RESET) + 1)), MOST)]
    if b"#" in text and b"[#" in text:
        at = islice(places(text, b"[#", max(0, old - 8)), MOST)
        begins = ((max(text.rfind(b"\n", 0, each), each - _LONGEST_OOPS, 0), each) for each in at)
        matches = (_OOPS.search(text, begin, each + 8) for begin, each in begins)
        found += [(match.start(), "oops") for match in matches if match is not None and match.end() > old]
    return found


def _beginnings(pattern: re.Pattern[bytes], text: bytes, old: int) -> list[int]:
    """Where the lines begin that a pattern, which takes the LF before them, finds; MOST at most."""
    return [match.start() + 1 for match in islice(pattern.finditer(text), MOST) if match.end() > old]


def _is_torn_login(end: bytes) -> bool:
    """Whether this ends with a prompt once the kernel's messages are taken out from between its letters; not before."""
    whole = _PRINTK.sub(b"", end)
    last = whole[whole.rfind(b"\n") + 1 :]
    return not end.endswith(last) and _LOGIN.fullmatch(plain_text(last).rstrip()) is not None
