"""The switch guest: modes, abbreviations, what it says of errors, paging, and reload."""

from __future__ import annotations

import pytest

from tests.emulator.guests.bench import Bench, Screen, options, plain


def user() -> Bench:
    """A switch at its user prompt."""
    bench = Bench("switch", made_with=options("sw1"))
    bench.until("Press RETURN to get started.")
    bench.type("\r")
    return bench


def enabled() -> Bench:
    """A switch in privileged mode, without paging."""
    bench = user()
    bench.type("enable\rconsolesvc\r")
    bench.type("terminal length 0\r")
    return bench


def command(bench: Bench, line: str, seconds: float = 1.0) -> str:
    """What a command prints, with the prompt after it."""
    return plain(bench.type(line + "\r", seconds)).partition("\n")[2]


def test_it_boots_and_waits() -> None:
    """POST, then nothing until RETURN; the banner says the password."""
    bench = Bench("switch", made_with=options("sw1"))
    assert bench.until("Press RETURN to get started.") < 10
    assert "POST: Memory tests       : Passed" in bench.said.decode()
    assert bench.type("x?", 100) == ""
    text = bench.type("\r")
    assert 'The password of "enable" is "consolesvc".' in text
    assert text.endswith("sw1>")


def test_modes() -> None:
    """Each has its prompt; exit, end, ^Z and disable lead back."""
    bench = user()
    assert command(bench, "enable") == "Password: "
    assert plain(bench.type("wrong\r")) == "\nPassword: "
    assert plain(bench.type("consolesvc\r")) == "\nsw1#"
    assert command(bench, "configure terminal").endswith("End with CNTL/Z.\nsw1(config)#")
    assert command(bench, "interface ethernet 3") == "sw1(config-if)#"
    assert command(bench, "exit") == "sw1(config)#"
    assert command(bench, "int eth4") == "sw1(config-if)#"
    assert plain(bench.type("\x1a")).endswith("Configured from console by console\nsw1#")
    assert command(bench, "disable") == "sw1>"
    assert command(bench, "exit").endswith("Press RETURN to get started.\n")


def test_three_wrong_passwords() -> None:
    """Then it is not asked again; ^C leaves the question too."""
    bench = user()
    bench.type("en\r")
    text = plain("".join(bench.type("no\r") for _ in range(3)))
    assert text.endswith("% Bad secrets\n\nsw1>")
    bench.type("en\r")
    assert plain(bench.type("\x03")) == "\nsw1>"


def test_abbreviations() -> None:
    """Any prefix that fits one word only; exact words win over longer ones."""
    bench = enabled()
    assert "FakeOS 4.2(1)" in command(bench, "sh ver")
    assert "hostname sw1" in command(bench, "SHOW RUN")
    assert "connected" in command(bench, "sh int st")
    assert "Mac Address Table" in command(bench, "sh mac add")
    assert "UTC Tue Nov 14 2023" in command(bench, "sh clo")
    assert "Ethernet2 is up" in command(bench, "sh int e2")
    assert "%LINK-3-UPDOWN" in command(bench, "show logging")
    assert "default" in command(bench, "show vlan")
    assert command(bench, "co") == '% Ambiguous command:  "co"\nsw1#'
    assert command(bench, "s") != '% Ambiguous command:  "s"\nsw1#'


def test_errors_point_at_the_word() -> None:
    """The caret stands under the first character that fits nothing."""
    bench = enabled()
    screen = Screen()
    screen.show(bench.type("show  nonsense here\r").encode())
    assert "% Invalid input detected at '^' marker." in screen.text()
    # Typed after the prompt, which the screen did not see: four columns of `sw1#`.
    assert screen.text()[1].index("^") == len("sw1#") + len("show  ")
    assert command(bench, "show") == "% Incomplete command.\nsw1#"
    assert command(bench, "terminal length 999").startswith(" " * len("sw1#terminal length ") + "^\n")
    assert command(user(), "reload").startswith("    ^\n% Invalid input")


def test_question_marks() -> None:
    """Without Enter, and the line is there again."""
    bench = user()
    text = plain(bench.type("show ?"))
    assert "  version         Hardware and software\n" in text
    assert "running-config" not in text
    assert text.endswith("sw1>show ")
    assert plain(bench.type("\x15sh?")).endswith("?\nshow\n\nsw1>sh")
    assert "ow " in bench.type("\t")
    assert "<cr>" in plain(bench.type("interfaces ?"))
    assert "% Unrecognized command" in plain(bench.type("\x15nonsense ?"))


def test_more_pages_and_erases_itself() -> None:
    """23 lines, then the question; Enter a line, space a page, q out."""
    bench = user()
    screen = Screen()
    text = bench.type("show interfaces\r")
    screen.show(text.encode())
    assert text.endswith("\r\n --More-- ")
    assert len(screen.text()) == 25
    screen.show(bench.type("\r").encode())
    assert len(screen.text()) == 26
    assert sum("More" in row for row in screen.text()) == 1
    assert bench.type("x") == ""
    screen.show(bench.type(" ").encode())
    assert len(screen.text()) == 49
    assert plain(bench.type("q")).endswith("sw1>")
    bench.type("show interfaces\r")
    assert plain(bench.type("\x03")).endswith("sw1>")


def test_configuration_is_kept_only_when_written() -> None:
    """hostname changes the prompt at once; a reload forgets it unless it was saved."""
    bench = enabled()
    bench.type("conf t\rhostname core\r")
    assert bench.said.endswith(b"core(config)#")
    bench.type("int eth2\rdescription to the lab\rshutdown\rswitchport access vlan 20\rvlan 20\rname lab\r")
    assert "Interface Ethernet2, changed state to administratively down" in bench.said.decode()
    assert command(bench, "do show interfaces status").count("disabled") == 1
    bench.type("end\r")
    config = command(bench, "show run")
    for line in (
        "hostname core",
        "vlan 20",
        " name lab",
        " description to the lab",
        " switchport access vlan 20",
        " shutdown",
    ):
        assert line in config.splitlines()
    assert "hostname sw1" in command(bench, "show startup-config")
    assert bench.type("reload\r").endswith("Save? [yes/no]: ")
    assert bench.type("no\r").endswith("Proceed with reload? [confirm]")
    bench.type("\r")
    bench.until("Press RETURN")
    assert bench.type("\r").endswith("sw1>")
    bench.type("en\rconsolesvc\rconf t\rhostname core\rend\r")
    assert command(bench, "write memory").endswith("[OK]\ncore#")
    assert bench.type("reload\r").endswith("Proceed with reload? [confirm]")
    bench.type("y")
    bench.until("FakeBoot")
    bench.until("Press RETURN")
    assert bench.type("\r").endswith("core>")
    bench.guest.power_off(bench.now)
    bench.power_on()
    bench.until("Press RETURN")
    assert bench.type("\r").endswith("core>")


def test_reload_can_be_refused() -> None:
    """Any other key."""
    bench = enabled()
    bench.type("reload\r")
    assert plain(bench.type("n")) == "\nsw1#"


def test_an_idle_console_is_left() -> None:
    """After ten minutes without a key."""
    bench = enabled()
    assert bench.run(599) == ""
    assert "Press RETURN to get started." in bench.run(2)
    assert bench.type("\r").endswith("sw1>")


@pytest.mark.parametrize(
    "line", ["no vlan 1", "no shutdown", "do show clock", "do", "no hostname", "vlan 4095", "do s"]
)
def test_configuration_commands_never_trip(line: str) -> None:
    """Each has an answer or none, and the prompt is back."""
    bench = enabled()
    bench.type("conf t\rint e1\r")
    assert command(bench, line).endswith("#")
