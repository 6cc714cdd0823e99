"""First words: each is found wherever a machine may say it, once, however its bytes come."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.log.firstwords import CARRIED, ENTRY, FIRMWARE, FIRST, HYPERVISOR, KERNEL, LOADER, Course, marks

BEGINNING_A_LINE = [
    (b"U-Boot TPL 2024.01 (Jan 01 2024)", FIRST),
    (b"U-Boot SPL 2024.01 (Jan 01 2024)", FIRMWARE),
    (b"U-Boot 2024.01 (Jan 01 2024)", LOADER),
    (b"barebox 2024.01.0 #1 Mon Jan 1", LOADER),
    (b"NOTICE:  Booting Trusted Firmware", FIRST),
    (b"System Bootstrap, Version 12.2(11r)", FIRMWARE),
    (b"GRUB loading..", LOADER),
    (b"Welcome to GRUB!", LOADER),
    (b"(XEN) Xen version 4.17.3", HYPERVISOR),
    (b"*** Booting Zephyr OS build v3.5.0 ***", KERNEL),
    (b"---<<BOOT>>---", KERNEL),
    (b"FakeBIOS 1.0 (consolesvc)", FIRST),
    (b"FakeBoot 1.1 (consolesvc)", FIRMWARE),
]
ANYWHERE = [
    (b"SeaBIOS (version 1.16.2)", FIRMWARE),
    (b"UEFI firmware (version edk2)", FIRMWARE),
    (b"GNU GRUB  version 2.06", LOADER),
    (b"[    0.000000] Booting Linux on physical CPU 0x0", ENTRY),
    (b"[    0.000000] Linux version 6.1.0", KERNEL),
]
EVERY = [
    *BEGINNING_A_LINE,
    *ANYWHERE,
    (b"coreboot-4.19 Thu Jan  1 00:00:00 UTC 1970 x86_32 bootblock starting (log", FIRST),
]


def places(text: bytes, old: int = 0) -> list[int]:
    return [mark.place for mark in marks(text, old)]


@pytest.mark.parametrize(("line", "place"), EVERY)
@pytest.mark.parametrize(
    "before", [b"\n", b"\r\n", b"\n\r", b"x\r\n\r\n", b"\n\x1b[0m", b"\r\n\x1b[2J\x1b[1;1H\x1b[0m", b"\n\x1bc"]
)
def test_at_the_beginning_of_a_line(before: bytes, line: bytes, place: int) -> None:
    """Behind any line break, and behind colours."""
    assert places(before + line + b"\r\n") == [place]


@pytest.mark.parametrize(("line", "place"), ANYWHERE)
def test_in_the_middle_of_a_line(line: bytes, place: int) -> None:
    """Where a reset has put them: behind a prompt, and behind what clears a screen."""
    assert places(b"\nnode3 login: " + line) == [place]
    assert places(b"\nnode3 login: \x1bc\x1b[?7l\x1b[2J\x1b[0m" + line) == [place]


@pytest.mark.parametrize(("line", "_place"), BEGINNING_A_LINE)
def test_not_in_the_middle_of_a_sentence(line: bytes, _place: int) -> None:
    """Where nobody boots: somebody writes of it."""
    assert places(b"\nit is " + line) == []
    assert places(b"\n> " + line) == []


@pytest.mark.parametrize(
    "text",
    [
        b"\nLinux version 6.1.0 (cat /proc/version)",
        b"\n[    1.000000] Linux version 6.1.0",
        b"\nVersion: GNU GRUB version 2.06",
        b"\nU-Boot is a boot loader",
        b"\n" + b"BXF#[U" * 1000,
    ],
)
def test_what_is_no_boot(text: bytes) -> None:
    """Words that are nearly those."""
    assert places(text) == []


@given(
    st.lists(st.sampled_from([line for line, _ in EVERY]), min_size=1, max_size=5),
    st.lists(st.integers(1, 40), min_size=1, max_size=60),
)
def test_found_once_however_the_bytes_come(lines: list[bytes], sizes: list[int]) -> None:
    """In pieces of any size, each looked at with the CARRIED bytes before: as in one piece."""
    text = b"\n" + b"\r\n".join(lines) + b"\r\n"
    found, carried, at = [], b"", 0
    while at < len(text):
        size = sizes[0]
        sizes = [*sizes[1:], size]
        piece = text[at : at + size]
        at += size
        found += [mark.place for mark in marks(carried + piece, len(carried))]
        carried = (carried + piece)[-CARRIED:]
    assert found == places(text)
    assert len(found) == len(lines)


def test_a_flood_of_what_is_rare_is_soon_looked_through() -> None:
    """64 KiB of nothing but the bytes that are looked for: a look at it is no hold-up."""
    for unit in (b"B", b"-Bo", b" Boo", b"UB ", b"[    0.000000] ", b"#barebox 20", b"\n", b"\n\x1b[0mFakeBIO"):
        text = unit * (64 * 1024 // len(unit))
        begun = time.process_time()
        marks(text)
        assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("said", "boots"),
    [
        ([b"[    0.000000] Linux version 6"], [0]),
        (
            [
                b"SeaBIOS (version 1)",
                b"GRUB loading",
                b"Welcome to GRUB!",
                b"GNU GRUB  version 2",
                b"[    0.000000] Linux version 6",
            ],
            [0],
        ),
        (
            [b"GNU GRUB  version 2", b"GNU GRUB  version 2", b"[    0.000000] Linux version 6", b"GNU GRUB  version 2"],
            [0, 3],
        ),
        ([b"U-Boot TPL 2024", b"U-Boot SPL 2024", b"U-Boot 2024"] * 2, [0, 3]),
        ([b"U-Boot 2024", b"U-Boot 2024"], [0, 1]),
        (
            [
                b"U-Boot 2024",
                b"(XEN) Xen version 4",
                b"[    0.000000] Booting Linux on physical CPU",
                b"[    0.000000] Linux version 6",
            ],
            [0],
        ),
        ([b"bootblock", b"SeaBIOS (version 1)"], [0]),
    ],
)
def test_a_boot_begins_where_the_order_does(said: list[bytes], boots: list[int]) -> None:
    """A menu that is drawn anew is none; the same words twice are two."""
    course = Course()
    lines = [b"coreboot-4.19 UTC bootblock starting" if line == b"bootblock" else line for line in said]
    found = marks(b"\n" + b"\n".join(lines))
    assert len(found) == len(said)
    assert [number for number, mark in enumerate(found) if course.begins(mark)] == boots
