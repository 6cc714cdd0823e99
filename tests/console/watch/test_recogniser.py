"""What happens to machines is recognised in what they say: fakes as they run, and words that are cut anywhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.config.telling import Events
from consolesvc.console.watch.recogniser import AGAIN, LOOP, Finding, Recogniser
from tests.emulator.guests.bench import Bench

LINUX = b"[    0.000000] Linux version 6.1\r\n"
UBOOT = b"\r\nU-Boot 2024.01 (x)\r\n\r\nHit any key to stop autoboot:  3 \r\n"
LOGIN = b"\r\nnode3 login: "
PANIC = b"[   10.000000] Kernel panic - not syncing: x\r\n"
TOLD = ("boot", "bootloader", "login", "panic", "reset-loop")


class Watched:
    """A recogniser, fed at a time that is turned by hand."""

    def __init__(self, events: Events | None = None, offset: int = 0) -> None:
        self.recogniser = Recogniser(events or Events())
        self.offset = offset
        self.now = 1000.0

    def say(self, data: bytes, seconds: float = 1.0) -> list[Finding]:
        """What is found in the next bytes, which come so much later."""
        self.now += seconds
        found = self.recogniser.feed(self.offset, data, self.now)
        self.offset += len(data)
        return found

    def kinds(self, data: bytes, seconds: float = 1.0) -> list[str]:
        return [finding.kind for finding in self.say(data, seconds) if finding.kind in TOLD]


def run(bench: Bench, watched: Watched, seconds: float) -> list[tuple[str, bytes]]:
    """What is found while a fake runs, looked at every 200 ms, each with the beginning of its line."""
    found = watched.say(bench.said[watched.offset :], 0)
    for _ in range(int(seconds * 5)):
        bench.run(0.2)
        found += watched.say(bench.said[watched.offset :], 0.2)
    lines = [(each.kind, bench.said[each.offset : each.offset + 20].split(b"\r")[0]) for each in found]
    return [(kind, line) for kind, line in lines if kind in TOLD]


def test_a_fake_linux_boots_and_panics_and_boots() -> None:
    """Its firmware is the boot's beginning, its login the end; the panic is told once, and then all begins anew."""
    bench, watched = Bench("linux"), Watched()
    boot = [("boot", b"FakeBIOS 1.0 (consol"), ("login", b"fake1 login: ")]
    assert run(bench, watched, 20) == boot
    bench.type("root\r", 1)
    bench.type("consolesvc\r", 1)
    bench.type("dmesg | tail\r", 1)
    bench.type("exit\r", 1)
    bench.type("root\r", 1)
    bench.type("consolesvc\r", 1)
    assert run(bench, watched, 5) == []
    bench.type("echo c > /proc/sysrq-trigger\r")
    (panic, _), *rest = run(bench, watched, 40)
    assert [panic, *rest] == ["panic", *boot]


def test_a_fake_board_waits_in_its_loader_and_boots() -> None:
    """Its countdown is where a key may be pressed; the prompt behind it is the same opportunity."""
    bench, watched = Bench("uboot"), Watched()
    assert run(bench, watched, 2.5) == [("boot", b"U-Boot 2024.01 (Jan "), ("bootloader", b"Hit any key to stop ")]
    bench.type("x", 0.1)
    bench.type("printenv\r", 0.1)
    assert run(bench, watched, 1) == []
    bench.type("reset\r", 0.1)
    assert run(bench, watched, 20) == [
        ("boot", b"U-Boot 2024.01 (Jan "),
        ("bootloader", b"Hit any key to stop "),
        ("login", b"fake1 login: "),
    ]


def test_a_fake_switch_boots_until_it_is_ready() -> None:
    """It asks nobody for a name: that it can be spoken to is what counts."""
    bench, watched = Bench("switch"), Watched()
    assert run(bench, watched, 10) == [("boot", b"FakeBoot 1.1 (consol"), ("login", b"Press RETURN to get ")]
    bench.type("\r", 1)
    bench.type("exit\r", 1)
    assert run(bench, watched, 5) == []


def test_once_in_each_boot() -> None:
    """A login prompt that comes again and again is no news, until the machine has booted."""
    watched = Watched()
    assert watched.kinds(LINUX + LOGIN) == ["boot", "login"]
    assert watched.kinds(b"\r\n" + LOGIN * 5, 3600) == []
    assert watched.kinds(LINUX + LOGIN + LOGIN) == ["boot", "login"]
    assert watched.kinds(LINUX + LOGIN + b"\r\n" + LINUX + LOGIN) == ["boot", "login", "boot", "login"]


def test_a_machine_whose_boots_are_unknown() -> None:
    """Each login prompt is told that comes a minute after the one before: it may have booted between."""
    watched = Watched()
    assert watched.kinds(LOGIN) == ["login"]
    assert watched.kinds(LOGIN, AGAIN / 2) == []
    assert watched.kinds(LOGIN, AGAIN / 2 + 20) == []
    assert watched.kinds(LOGIN, AGAIN + 1) == ["login"]


def test_seconds_to_a_login() -> None:
    """From the first words, by a clock that nobody sets."""
    watched = Watched()
    watched.say(UBOOT)
    watched.say(LINUX, 5)
    (login,) = watched.say(LOGIN, 25.04)
    assert login.facts == {"seconds": 30.0}
    assert Watched().say(LOGIN)[0].facts == {}


def test_how_far_a_boot_comes() -> None:
    """Each new place is a stage; the first is the boot's own."""
    watched = Watched()
    found = watched.say(
        b"\nU-Boot SPL 2024.01\n" + UBOOT + b"[    0.000000] Booting Linux on physical CPU 0x0\r\n" + LINUX
    )
    stages = [(finding.kind, finding.facts.get("stage")) for finding in found if finding.kind != "bootloader"]
    assert stages == [("boot", "firmware"), ("stage", "loader"), ("stage", "entry"), ("stage", "kernel")]


def test_a_crash_is_told_once() -> None:
    """An oops and the panic it ends in are two things; neither is told again within a minute, both in the next boot."""
    watched = Watched()
    watched.say(LINUX)
    oops = b"[    9.0] Oops: 0002 [#1] SMP\r\n"
    found = watched.say(oops + oops + PANIC + b"---[ end Kernel panic - not syncing: x ]---\r\n" + PANIC)
    assert [finding.facts["what"] for finding in found] == ["oops", "panic"]
    assert watched.kinds(oops, AGAIN / 2) == []
    assert watched.kinds(oops, AGAIN + 1) == ["panic"]
    assert watched.kinds(LINUX + oops + PANIC) == ["boot", "panic", "panic"]


def test_a_reset_loop() -> None:
    """Three boots in a quarter of an hour without a login, told once; a login ends it."""
    watched = Watched()
    assert watched.kinds(LINUX + PANIC, 60) == ["boot", "panic"]
    assert watched.kinds(LINUX + PANIC, 60) == ["boot", "panic"]
    found = watched.say(LINUX, 60)
    assert [finding.kind for finding in found] == ["boot", "reset-loop"]
    assert found[1].facts == {"boots": 3, "seconds": 120.0}
    assert found[1].offset == found[0].offset
    assert watched.kinds(LINUX, 60) == ["boot"]
    assert watched.kinds(LOGIN, 60) == ["login"]
    assert watched.kinds(b"\r\n" + LINUX, 60) == ["boot"]
    assert watched.kinds(LINUX, 60) == ["boot"]
    assert watched.kinds(LINUX, 60) == ["boot", "reset-loop"]


def test_boots_that_are_no_loop() -> None:
    """With logins between, or with time; and one that was, and stopped, may be one again."""
    watched = Watched()
    for _ in range(5):
        assert watched.kinds(LINUX + LOGIN + b"\r\n", 10) == ["boot", "login"]
    watched = Watched()
    for _ in range(5):
        assert watched.kinds(LINUX, LOOP / 2 + 1) == ["boot"]
    watched = Watched(Events(reset_loop=2))
    assert watched.kinds(LINUX) == ["boot"]
    assert watched.kinds(LINUX) == ["boot", "reset-loop"]
    assert watched.kinds(LINUX, LOOP + 10) == ["boot"]
    assert watched.kinds(LINUX) == ["boot", "reset-loop"]


def test_a_loader_waits_only_before_the_kernel() -> None:
    """What a shell on the machine has for its prompt is its own affair."""
    watched = Watched()
    assert watched.kinds(b"\r\n=> ") == []
    assert watched.kinds(UBOOT + b"\r\n=> ") == ["boot", "bootloader"]
    assert watched.kinds(LINUX + b"\r\n=> \r\ngrub> ") == []
    watched = Watched()
    assert watched.kinds(b"\x1b[1;1H   GNU GRUB  version 2.06\r\n") == ["boot", "bootloader"]
    assert watched.kinds(b"\x1b[1;1H   GNU GRUB  version 2.06\r\n") == []


def test_where_lines_begin() -> None:
    """The offset is that of the line, also where its beginning came long before; in a line without end, its own."""
    watched = Watched(Events(reset_loop=0), offset=500)
    assert watched.say(LINUX)[0].offset == 500
    watched.say(b"x" * 2000)
    (boot,) = watched.say(b"y" * 1000 + LINUX)
    assert boot.offset == 500 + len(LINUX)
    assert boot.ended
    watched.say(b"z" * 5000)
    (boot,) = watched.say(LINUX.strip())
    assert boot.offset == watched.offset - len(LINUX.strip())
    assert not boot.ended


def test_behind_a_hole_and_behind_a_break() -> None:
    """Of a flood some is left out, and nothing is put together over the hole; a line that comes back begins anew."""
    watched = Watched()
    watched.say(b"\r\nU-Boot 2")
    watched.offset += 1000
    assert watched.kinds(b"024.01\r\n") == []
    watched.say(b"\r\nU-Boot 2")
    watched.recogniser.break_off()
    assert watched.kinds(b"024.01\r\n") == []
    watched.say(b"x")
    assert watched.kinds(b"U-Boot 2024.01\r\n") == []
    watched.say(b"x")
    watched.recogniser.break_off()
    assert watched.kinds(b"U-Boot 2024.01\r\n") == ["boot"]
    watched = Watched(Events(patterns=(("ask", "Continue"),)))
    watched.say(b"Cont")
    watched.recogniser.break_off()
    assert watched.say(b"inue?\r\n") == []


def test_what_is_switched_off_is_not_told() -> None:
    """And the rest is told as before: a login is news in each boot, also where boots are not."""
    for kind in ("boot", "bootloader", "login", "panic"):
        off: dict[str, Any] = {kind: False}
        watched = Watched(replace(Events(), **off))
        said = UBOOT + LINUX + LOGIN + b"\r\n" + PANIC
        found = [finding.kind for finding in watched.say(said + said)]
        assert kind not in found
        assert [each for each in found if each in TOLD] == [
            each for each in ("boot", "bootloader", "login", "panic") * 2 if each != kind
        ]
    watched = Watched(Events(boot=False, bootloader=False, login=False, panic=False, reset_loop=0))
    assert watched.recogniser.is_idle
    assert watched.say(UBOOT + LINUX + LOGIN) == []
    assert not Watched(Events()).recogniser.is_idle


def test_a_pattern_for_a_panic_is_beside_the_words() -> None:
    """What a kernel says as it crashes is known, and no pattern of somebody's has all of it."""
    watched = Watched(Events(panic="FATAL"))
    assert watched.kinds(PANIC) == ["panic"]
    assert watched.kinds(LINUX + b"FATAL: the board is too hot\r\n") == ["boot", "panic"]
    assert Watched(Events(panic=False)).kinds(PANIC) == []


def test_patterns_in_the_place_of_words() -> None:
    """A kind found by a pattern of one's own means the same: a boot begins, a login ends a loop."""
    watched = Watched(Events(boot="^MyLoader", login="^ready>", panic="FATAL", bootloader="^key\\?"))
    assert watched.kinds(LINUX + LOGIN) == []
    assert watched.kinds(b"\r\nMyLoader 1\r\nkey?\r\nkey?\r\nready> \r\nready> \r\nFATAL: x\r\n") == [
        *("boot", "bootloader", "login", "panic")
    ]
    assert watched.kinds(b"MyLoader 1\r\n") == ["boot"]
    assert watched.kinds(b"MyLoader 1\r\n") == ["boot"]
    assert watched.kinds(b"MyLoader 1\r\n") == ["boot", "reset-loop"]


def test_patterns_beside_the_words() -> None:
    """Each has its name; they come in the order of the stream."""
    watched = Watched(Events(patterns=(("fsck", "INCONSISTENCY"), ("temp", "over [0-9]+ C"))))
    found = watched.say(b"over 90 C\r\n" + LINUX + b"UNEXPECTED INCONSISTENCY\r\n")
    assert [(finding.kind, finding.offset) for finding in found] == [
        ("temp", 0),
        ("boot", 11),
        ("fsck", 11 + len(LINUX)),
    ]


def test_other_events_from_now_on() -> None:
    """What is known of the boot stays: its login is no news."""
    watched = Watched()
    watched.say(LINUX + LOGIN)
    watched.recogniser.retune(Events(panic=False, patterns=(("x", "x"),)))
    assert watched.kinds(b"\r\n" + PANIC + LOGIN) == []
    assert [finding.kind for finding in watched.say(b"\r\nx\r\n")] == ["x"]


def test_what_was_before() -> None:
    """A recogniser that is told of the boot that goes on takes up where the one before left off."""
    watched = Watched()
    watched.recogniser.restore("boot", 990.0, {"stage": "firmware"})
    watched.recogniser.restore("stage", 995.0, {"stage": "loader"})
    found = watched.say(LINUX + LOGIN, 10)
    assert [(finding.kind, finding.facts) for finding in found] == [
        ("stage", {"stage": "kernel"}),
        ("login", {"seconds": 20.0}),
    ]
    watched = Watched()
    watched.recogniser.restore("boot", 990.0, {"stage": "kernel"})
    watched.recogniser.restore("panic", 995.0, {"what": "panic"})
    assert watched.kinds(PANIC) == []
    for _ in range(3):
        watched.recogniser.restore("boot", 996.0, {"stage": "kernel"})
    watched.recogniser.restore("reset-loop", 996.0, {})
    assert watched.kinds(LINUX) == ["boot"]
    watched.recogniser.restore("login", 1000.0, {})
    assert watched.kinds(LOGIN) == []
    assert watched.kinds(b"\r\n" + LINUX) == ["boot"]


STORY = (
    *(UBOOT, LINUX, b"\x1b[0;32m  OK  \x1b[0m\r\n", LOGIN, b"\r\n", PANIC),
    *(UBOOT, LINUX, b"node3 lo[    3.000000] x\r\ngin: "),
)
KINDS = ["boot", "bootloader", "login", "panic", "boot", "bootloader", "login"]


@given(st.lists(st.integers(1, 70), min_size=1, max_size=40))
def test_the_same_however_the_bytes_come(sizes: list[int]) -> None:
    """In pieces of any size: the same findings, at the same offsets."""
    story = b"".join(STORY)
    whole = [(finding.kind, finding.offset) for finding in Watched().say(story)]
    watched, found, at = Watched(), [], 0
    while at < len(story):
        found += [(finding.kind, finding.offset) for finding in watched.say(story[at : at + sizes[0]], 0.2)]
        at += sizes[0]
        sizes = [*sizes[1:], sizes[0]]
    assert [kind for kind, _ in whole if kind in TOLD] == KINDS
    assert found == whole


@pytest.mark.parametrize("data", [b"", b"\n", b"\x1b[", b"\xff" * 300])
def test_any_bytes(data: bytes) -> None:
    """Nothing is found in nothing."""
    assert Watched().say(data) == []
