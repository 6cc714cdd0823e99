"""The uboot guest: the countdown, the prompt, the environment, and Linux behind it."""

from __future__ import annotations

import pytest

from tests.emulator.guests.bench import Bench, plain


def stopped() -> Bench:
    """A U-Boot whose countdown a key has stopped."""
    bench = Bench("uboot")
    bench.until("Hit any key")
    assert plain(bench.type("\r")).endswith("\n=> ")
    return bench


def command(bench: Bench, line: str, seconds: float = 1.0) -> str:
    """What a command prints before the next prompt."""
    return plain(bench.type(line + "\r", seconds)).partition("\n")[2].rpartition("=> ")[0]


def test_left_alone_it_boots_linux() -> None:
    """The countdown counts on its place, Linux comes up, and its reboot comes back here."""
    bench = Bench("uboot")
    bench.until("U-Boot 2024.01")
    bench.until("Hit any key")
    bench.until("Starting kernel ...")
    bench.until("fake1 login: ")
    said = plain(bench.said.decode())
    assert "Hit any key to stop autoboot:  3 \b\b\b 2 \b\b\b 1 \b\b\b 0 \n" in said
    assert "Starting kernel ...\n\n[    0.000000] Booting Linux on physical CPU" in said
    assert "Machine model: consolesvc Fake Board" in said
    bench.type("root\rconsolesvc\r")
    assert "aarch64" in bench.type("uname -m\r")
    assert "root=/dev/vda1 ro console=ttyS0" in bench.type("cat /proc/cmdline\r")
    bench.type("reboot\r")
    bench.until("reboot: Restarting system")
    bench.until("U-Boot 2024.01")
    bench.until("Hit any key")


@pytest.mark.parametrize("pressed", ["\r", " ", "x", "\x03"])
def test_any_key_stops_it(pressed: str) -> None:
    """A lone CR is a key too."""
    bench = Bench("uboot")
    bench.until("Hit any key")
    bench.run(1.5)
    assert plain(bench.type(pressed)) == "\b\b\b 0 \n=> "
    assert bench.run(100) == ""


def test_linux_poweroff_ends_it() -> None:
    """The board is off then, until the power is back."""
    bench = Bench("uboot")
    bench.until("login: ")
    bench.type("root\rconsolesvc\rpoweroff\r")
    bench.until("reboot: Power down")
    bench.run(5)
    assert not bench.powered()
    bench.power_on()
    bench.until("Hit any key")


def test_the_environment() -> None:
    """What is set is gone at a reset, unless it was saved; then it outlives the power."""
    bench = stopped()
    assert command(bench, "printenv bootdelay") == "bootdelay=3\n"
    assert (
        command(bench, "setenv greeting hello  world; echo ${greeting} $greeting '$greeting'")
        == "hello world hello world $greeting\n"
    )
    assert "greeting=hello world\n" in command(bench, "printenv")
    bench.type("reset\r")
    bench.until("Hit any key")
    bench.type(" ")
    assert command(bench, "printenv greeting") == '## Error: "greeting" not defined\n'
    assert "OK\n" in command(bench, "setenv greeting again; saveenv")
    bench.guest.power_off(bench.now)
    bench.power_on()
    bench.until("Hit any key")
    bench.type(" ")
    assert command(bench, "printenv greeting") == "greeting=again\n"
    assert command(bench, "setenv greeting; printenv greeting") == '## Error: "greeting" not defined\n'


def test_commands() -> None:
    """Each says what U-Boot says, the unknown too."""
    bench = stopped()
    assert command(bench, "foo") == "Unknown command 'foo' - try 'help'\n"
    assert command(bench, "version").startswith("U-Boot 2024.01")
    assert "-> size     = 0x0000000040000000\n" in command(bench, "bdinfo")
    assert "saveenv   - save environment variables" in command(bench, "help")
    assert command(bench, "help md") == "md - memory display\n\nUsage:\nmd [.b, .w, .l, .q] address [# of objects]\n"
    assert command(bench, "setenv") == "setenv - set environment variables\n\nUsage:\nsetenv name [value ...]\n"
    assert command(bench, "setenv a=b") == "## Error: illegal character '=' in variable name \"a=b\"\n"
    assert command(bench, "echo a; echo b && foo && echo c") == "a\nb\nUnknown command 'foo' - try 'help'\n"
    assert command(bench, "setenv hi 'echo one; echo two'; run hi") == "one\ntwo\n"
    assert command(bench, "booti 0x1") == "Bad Linux ARM64 Image magic!\n"
    assert command(bench, "") == ""


def test_abbreviations() -> None:
    """A beginning that only one command has is that command, as on a real board; `env` has the environment's."""
    bench = stopped()
    for printing in ("pri", "print", "env print"):
        assert command(bench, f"{printing} bootdelay") == "bootdelay=3\n"
    assert command(bench, "s") == "Unknown command 's' - try 'help'\n"
    assert command(bench, "env set hi there; env print hi") == "hi=there\n"
    assert "Usage:\nenv print [name ...]" in command(bench, "env")


def test_memory_dumps_go_on() -> None:
    """Rows of 16 bytes with their text, the same each time; Enter alone shows what follows."""
    bench = stopped()
    first = command(bench, "md.b 40000000 20")
    assert first.splitlines()[0].startswith("40000000: 63 6f 6e 73 6f 6c 65 73 76 63")
    assert first.splitlines()[0].endswith(" consolesvc fake ")
    assert first == command(bench, "md.b 40000000 20")
    assert command(bench, "").startswith("40000020: ")
    assert command(bench, "md.l 40000000 4").startswith("40000000: 736e6f63 73656c6f")
    assert "Usage:" in command(bench, "md zz")


def test_control_c() -> None:
    """It drops a line and ends a sleep."""
    bench = stopped()
    assert plain(bench.type("rubbish\x03")) == "rubbish^C\n<INTERRUPT>\n=> "
    bench.type("sleep 100\r", 2)
    assert plain(bench.type("\x03")) == "^C\n<INTERRUPT>\n=> "
    assert bench.type("\x1b[A").endswith("=> sleep 100")


def test_boot_arguments_reach_linux() -> None:
    """What is set before `boot` is the kernel's command line."""
    bench = stopped()
    bench.type("setenv bootargs console=ttyS0 quiet\r")
    bench.type("boot\r")
    bench.until("Kernel command line: console=ttyS0 quiet")


def test_without_a_countdown() -> None:
    """bootdelay 0 boots at once, -1 never does."""
    bench = stopped()
    command(bench, "setenv bootdelay -1; saveenv")
    bench.type("reset\r", 5)
    assert plain(bench.said.decode()).endswith("\n=> ")
    command(bench, "setenv bootdelay 0; saveenv")
    bench.type("reset\r")
    assert bench.until("Starting kernel") < 3


def test_run_in_circles_can_be_stopped() -> None:
    """Variables that run each other many times over do not hold the owner, and ^C ends them."""
    bench = stopped()
    command(bench, "setenv a 'run b b b b b b b b'; setenv b 'run a a a a a a a a'")
    bench.guest.feed(b"run a\r", bench.now)
    for _ in range(5):
        bench.guest.advance(bench.now)
    assert plain(bench.type("\x03")).endswith("=> ")
