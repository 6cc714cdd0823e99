"""The linux guest from power on to power off: boot, login, the shell's prompt, and how it ends."""

from __future__ import annotations

import re

import pytest

from tests.emulator.guests.bench import Bench, logged_in, plain, shell


def test_it_boots_to_a_login_prompt() -> None:
    """In a few seconds, within what a line at 115200 carries, with the credentials in the banner."""
    bench = Bench("linux")
    seconds = bench.until("fake1 login: ")
    assert 4 < seconds < 8
    assert len(bench.said) < 12_000
    text = plain(bench.said.decode())
    assert 'Log in as root, password "consolesvc".' in text
    assert "[  OK  ] Reached target Multi-User System." in text
    assert b"\n" not in bench.said.replace(b"\r\n", b"")


def test_kernel_times_are_those_that_passed() -> None:
    """A message's stamp is when it came, counted from the first."""
    bench = Bench("linux")
    bench.until("Linux version")
    start = bench.now
    bench.until("Run /init as init")
    stamps = [float(stamp) for stamp in re.findall(r"^\[ *([0-9.]+)\]", plain(bench.said.decode()), re.MULTILINE)]
    assert stamps == sorted(stamps)
    assert abs(stamps[-1] - (bench.now - start)) < 0.01


def test_typing_during_the_boot_is_lost() -> None:
    """Nobody listens before the login prompt."""
    bench = Bench("linux")
    assert "root" not in bench.type("root\rconsolesvc\r", 0.1)
    bench.until("login: ")
    assert bench.said.endswith(b"login: ")


def test_login_right_and_wrong() -> None:
    """The password is not echoed; a wrong one is told after a moment, and the next try may be right."""
    bench = Bench("linux")
    bench.until("login: ")
    assert bench.type("root\r") == "root\r\nPassword: "
    assert bench.type("wrong\r", 1.9) == "\r\n"
    assert bench.run(0.2) == "\r\nLogin incorrect\r\nfake1 login: "
    bench.type("nobody\rconsolesvc\r", 3)
    assert bench.said.endswith(b"Login incorrect\r\nfake1 login: ")
    bench.type("root\r")
    text = plain(bench.type("conX\x7fsolesvc\r"))
    assert "Welcome to fake1" in text
    assert text.endswith("root@fake1:~# ")


def test_three_wrong_logins_bring_the_banner_back() -> None:
    """Who does not know the password reads it again."""
    bench = Bench("linux")
    bench.until("login: ")
    text = "".join(bench.type("root\rno\r", 3) for _ in range(3))
    assert text.count("Login incorrect") == 3
    assert 'password "consolesvc"' in text


def test_a_login_times_out() -> None:
    """60 s after the name, the prompt is back."""
    bench = Bench("linux")
    bench.until("login: ")
    bench.type("root\r")
    assert bench.run(59) == ""
    bench.type("x")
    assert "Login timed out after 60 seconds." in bench.run(2)
    assert bench.said.endswith(b"fake1 login: ")
    assert bench.type("\x03").endswith("login: ")
    bench.type("root\r")
    assert bench.type("\x03", 1).endswith("login: ")


def test_enter_may_be_cr_lf_or_both() -> None:
    """A client that sends CR LF logs in all the same."""
    bench = Bench("linux")
    bench.until("login: ")
    bench.type("root\r\n")
    assert plain(bench.type("consolesvc\r\n")).endswith("root@fake1:~# ")
    assert plain(bench.type("pwd\n")) == "pwd\n/root\nroot@fake1:~# "


def test_control_d_logs_out() -> None:
    """So does exit; files stay until the next boot."""
    bench = logged_in()
    shell(bench, "echo kept > /tmp/x")
    text = bench.type("\x04")
    assert text.startswith("logout\r\n")
    assert text.endswith("fake1 login: ")
    bench.type("root\rconsolesvc\r")
    assert shell(bench, "cat /tmp/x") == "kept\n"
    assert plain(bench.type("exit\r")).endswith("login: ")


def test_control_c_ends_a_line_and_a_command() -> None:
    """At the prompt it drops the line; a sleep ends at once, with status 130."""
    bench = logged_in()
    assert plain(bench.type("rubbish\x03")) == "rubbish^C\nroot@fake1:~# "
    assert bench.type("sleep 100\r", 5) == "sleep 100\r\n"
    assert plain(bench.type("\x03")) == "^C\nroot@fake1:~# "
    assert shell(bench, "echo $?") == "130\n"
    assert plain(bench.type("\x1a")) == ""


def test_control_c_ends_a_flood() -> None:
    """`yes` says it for ever, in pieces, until ^C."""
    bench = logged_in()
    flood = bench.guest.feed(b"yes\r", bench.now)
    for _ in range(10):
        assert bench.guest.due == bench.now
        flood += bench.guest.advance(bench.now)
    assert flood.count(b"y\r\n") > 10_000
    assert plain(bench.type("\x03")).endswith("^C\nroot@fake1:~# ")
    assert shell(bench, "echo $?") == "130\n"


def test_type_ahead_is_kept_for_the_prompt() -> None:
    """What is typed while a command runs is echoed, and runs after it."""
    bench = logged_in()
    assert bench.type("sleep 2\r", 1) == "sleep 2\r\n"
    assert bench.type("echo later\r") == "echo later\r\n"
    assert plain(bench.run(2)) == "root@fake1:~# echo later\nlater\nroot@fake1:~# "


def test_history_and_editing_at_the_prompt() -> None:
    """Up brings the last line back; é and 漢 are edited as one character each."""
    bench = logged_in()
    shell(bench, "echo one")
    assert shell(bench, "\x1b[A") == "one\n"
    assert shell(bench, "echo xé漢\x7f\x1b[D\x7f") == "é\n"
    assert shell(bench, "history").splitlines()[-2:] == ["    2  echo é", "    3  history"]


def test_tab_completes_commands_and_paths() -> None:
    """A command at the front, a path elsewhere."""
    bench = logged_in()
    assert "/etc/os-release" in bench.type("cat /etc/os-r\t\x15")
    assert bench.type("unam\t\x15").startswith("uname ")
    assert "welcome.txt" in bench.type("ls w\t\x15")


def test_reboot_starts_from_the_firmware() -> None:
    """Units stop, the machine restarts, and what was written is gone."""
    bench = logged_in()
    shell(bench, "echo x > /root/x; hostname other")
    bench.type("reboot\r")
    bench.until("reboot: Restarting system")
    bench.until("FakeBIOS")
    bench.until("fake1 login: ")
    bench.type("root\rconsolesvc\r")
    assert shell(bench, "ls /root") == "README       welcome.txt\n"


@pytest.mark.parametrize("command", ["poweroff", "halt", "shutdown -h now"])
def test_poweroff_switches_it_off(command: str) -> None:
    """Then nothing more comes, whatever is typed, until the power is back."""
    bench = logged_in()
    bench.type(command + "\r")
    bench.until("reboot: Power down")
    bench.run(5)
    assert not bench.powered()
    assert bench.guest.due is None
    assert bench.type("root\r", 100) == ""
    bench.power_on()
    bench.until("fake1 login: ")


@pytest.mark.parametrize("command", ["panic", "echo c > /proc/sysrq-trigger", "ls && panic; echo never"])
def test_panic_comes_back_after_ten_seconds(command: str) -> None:
    """A call trace, silence whatever is typed, and a boot from cold."""
    bench = logged_in()
    text = bench.type(command + "\r", 5)
    assert "Kernel panic - not syncing: sysrq triggered crash" in text
    assert "Call Trace:" in text
    assert "Rebooting in 10 seconds.." in text
    assert "\r\nnever" not in text
    assert bench.type("\x03\x04help\r", 4.9) == ""
    assert "FakeBIOS" in bench.run(1)
    bench.until("login: ")


def test_dmesg_is_what_the_boot_said() -> None:
    """The same lines with the same times."""
    bench = Bench("linux")
    bench.until("login: ")
    booted = [line for line in bench.said.decode().splitlines() if re.match(r"\[ *[0-9]", line)]
    bench.type("root\rconsolesvc\r")
    assert shell(bench, "dmesg").splitlines() == booted


def test_long_output_comes_in_pieces() -> None:
    """No call hands out more than a piece, and nothing is lost between them (the bench checks each piece)."""
    bench = logged_in()
    assert shell(bench, "seq 20000", 15).splitlines() == [str(number) for number in range(1, 20_001)]


def test_top_shows_a_screen_until_q() -> None:
    """It is shown anew every three seconds."""
    bench = logged_in()
    assert bench.type("top\r").count("Tasks:") == 1
    assert bench.run(6.1).count("Tasks:") == 2
    assert plain(bench.type("q")).endswith("root@fake1:~# ")
    bench.type("top\r")
    assert plain(bench.type("\x03")).endswith("root@fake1:~# ")


def test_less_pages() -> None:
    """A page is 23 lines; space, Enter and q do what they say, and the question erases itself."""
    bench = logged_in()
    text = bench.type("seq 100 | less\r")
    assert text.endswith("23\r\n --More-- ")
    assert bench.type("\r") == "\r          \r24\r\n --More-- "
    assert bench.type(" ").endswith("47\r\n --More-- ")
    assert plain(bench.type("q")).endswith("root@fake1:~# ")
