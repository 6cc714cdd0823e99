"""The switch's commands, in one literal table, and what `?` says about their words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from consolesvc.emulator.guests.editor import Event, LineEditor
from consolesvc.emulator.guests.program import Program, key, pause
from consolesvc.emulator.guests.prompt import page, read_line, read_secret
from consolesvc.emulator.guests.switch import show
from consolesvc.emulator.guests.switch.device import MOST_VLANS, PASSWORD, PORTS, Device, Mode, Session
from consolesvc.emulator.guests.switch.grammar import Action, Rule

TRIES: Final = 3
PASSWORD_TIMEOUT: Final = 30.0

_EXEC: Final = (Mode.USER, Mode.ENABLED)
_ENABLED: Final = (Mode.ENABLED,)
_ANY_CONFIG: Final = (Mode.CONFIG, Mode.INTERFACE, Mode.VLAN)


def _lines(make: Callable[[Device], list[str]]) -> Action:
    """A command that shows lines, a page at a time."""

    def action(session: Session, arguments: list[str]) -> Program[None]:  # noqa: ARG001 - an Action's signature
        yield from page(session.tty, make(session.device), session.length)

    return action


def _interface(session: Session, arguments: list[str]) -> Program[None]:
    number = int(arguments[0])
    yield from page(session.tty, show.interfaces(session.device, range(number, number + 1)), session.length)


def _history(session: Session, arguments: list[str]) -> Program[None]:  # noqa: ARG001 - an Action's signature
    yield from page(session.tty, [f"  {line}" for line in session.editor.history.lines[-20:]], session.length)


def _enable(session: Session, arguments: list[str]) -> Program[None]:  # noqa: ARG001 - an Action's signature
    if session.mode is Mode.ENABLED:
        return
    for _ in range(TRIES):
        given = yield from read_secret(session.tty, "Password: ", PASSWORD_TIMEOUT)
        if given is None:
            return
        if given == PASSWORD:
            session.mode = Mode.ENABLED
            return
    session.tty.write("% Bad secrets\n\n")


def _go(mode: Mode) -> Action:
    def action(session: Session, arguments: list[str]) -> None:  # noqa: ARG001 - an Action's signature
        session.mode = mode

    return action


def _configure(session: Session, arguments: list[str]) -> None:  # noqa: ARG001 - an Action's signature
    session.tty.write("Enter configuration commands, one per line.  End with CNTL/Z.\n")
    session.mode = Mode.CONFIG


def end(session: Session, arguments: list[str]) -> None:  # noqa: ARG001 - an Action's signature
    """Leave the configuration, from wherever in it."""
    if session.mode in _ANY_CONFIG:
        session.mode = Mode.ENABLED
        session.device.tell("%SYS-5-CONFIG_I: Configured from console by console")


def _exit(session: Session, arguments: list[str]) -> None:
    if session.mode in _EXEC:
        session.left = True
    elif session.mode is Mode.CONFIG:
        end(session, arguments)
    else:
        session.mode = Mode.CONFIG


def _write(session: Session, arguments: list[str]) -> Program[None]:  # noqa: ARG001 - an Action's signature
    session.tty.write("Building configuration...\n")
    yield from pause(0.8)
    session.device.save()
    session.tty.write("[OK]\n")


def _reload(session: Session, arguments: list[str]) -> Program[None]:
    if session.device.running != session.device.startup:
        editor = LineEditor()
        question = "System configuration has been modified. Save? [yes/no]: "
        if (yield from read_line(session.tty, editor, question)) is not Event.LINE:
            return
        if editor.text.strip().lower() in ("y", "yes"):
            yield from _write(session, arguments)
    session.tty.write("Proceed with reload? [confirm]")
    answer = yield from key()
    session.tty.write("\n")
    session.reloading = answer in (b"\r", b"\n", b"y", b"Y")


def _length(session: Session, arguments: list[str]) -> None:
    session.length = int(arguments[0])


def _hostname(session: Session, arguments: list[str]) -> None:
    session.device.running.hostname = arguments[0][:63]


def _no_hostname(session: Session, arguments: list[str]) -> None:  # noqa: ARG001 - an Action's signature
    session.device.running.hostname = session.device.name


def _enter_interface(session: Session, arguments: list[str]) -> None:
    session.mode, session.number = Mode.INTERFACE, int(arguments[0])


def _enter_vlan(session: Session, arguments: list[str]) -> None:
    number = int(arguments[0])
    vlans = session.device.running.vlans
    if number not in vlans and len(vlans) >= MOST_VLANS:
        session.tty.write(f"% No more than {MOST_VLANS} VLANs\n")
        return
    vlans.setdefault(number, f"VLAN{number:04}")
    session.mode, session.number = Mode.VLAN, number


def _no_vlan(session: Session, arguments: list[str]) -> None:
    number = int(arguments[0])
    if number == 1:
        session.tty.write("% Default VLAN 1 may not be deleted.\n")
        return
    session.device.running.vlans.pop(number, None)
    if session.mode is Mode.VLAN and session.number == number:
        session.mode = Mode.CONFIG


def _name_vlan(session: Session, arguments: list[str]) -> None:
    session.device.running.vlans[session.number] = arguments[0][:32]


def _description(session: Session, arguments: list[str]) -> None:
    session.device.running.ports[session.number].description = arguments[0][:80] if arguments else ""


def _access_vlan(session: Session, arguments: list[str]) -> None:
    number = int(arguments[0]) if arguments else 1
    if number not in session.device.running.vlans:
        session.tty.write(f"% Access VLAN does not exist. Creating vlan {number}\n")
        session.device.running.vlans[number] = f"VLAN{number:04}"
    session.device.running.ports[session.number].vlan = number


def _shutdown(*, down: bool) -> Action:
    def action(session: Session, arguments: list[str]) -> None:  # noqa: ARG001 - an Action's signature
        device = session.device
        before = device.is_up(session.number)
        device.running.ports[session.number].shutdown = down
        if device.is_up(session.number) != before:
            state = "administratively down" if down else "up"
            device.tell(f"%LINK-5-CHANGED: Interface Ethernet{session.number}, changed state to {state}")

    return action


_PORT: Final = f"<1-{PORTS}>"

RULES: Final = (
    Rule(_EXEC, "show version", _lines(show.version)),
    Rule(_EXEC, "show interfaces", _lines(lambda device: show.interfaces(device, range(1, PORTS + 1)))),
    Rule(_EXEC, "show interfaces status", _lines(show.status)),
    Rule(_EXEC, f"show interfaces ethernet {_PORT}", _interface),
    Rule(_EXEC, "show mac address-table", _lines(show.mac_table)),
    Rule(_EXEC, "show vlan", _lines(show.vlans)),
    Rule(_EXEC, "show clock", _lines(show.clock)),
    Rule(_EXEC, "show logging", _lines(show.logging)),
    Rule(_EXEC, "show history", _history),
    Rule(_ENABLED, "show running-config", _lines(lambda device: show.configuration(device.running))),
    Rule(_ENABLED, "show startup-config", _lines(lambda device: show.configuration(device.startup))),
    Rule(_EXEC, "terminal length <0-512>", _length),
    Rule(_EXEC, "enable", _enable),
    Rule(_ENABLED, "disable", _go(Mode.USER)),
    Rule(_ENABLED, "configure terminal", _configure),
    Rule(_ENABLED, "write memory", _write),
    Rule(_ENABLED, "copy running-config startup-config", _write),
    Rule(_ENABLED, "reload", _reload),
    Rule(_EXEC, "logout", _exit),
    Rule((*_EXEC, *_ANY_CONFIG), "exit", _exit),
    Rule(_ANY_CONFIG, "end", end),
    Rule(_ANY_CONFIG, "hostname WORD", _hostname),
    Rule(_ANY_CONFIG, "no hostname", _no_hostname),
    Rule(_ANY_CONFIG, f"interface ethernet {_PORT}", _enter_interface),
    Rule(_ANY_CONFIG, "vlan <1-4094>", _enter_vlan),
    Rule(_ANY_CONFIG, "no vlan <1-4094>", _no_vlan),
    Rule((Mode.VLAN,), "name WORD", _name_vlan),
    Rule((Mode.INTERFACE,), "description LINE", _description),
    Rule((Mode.INTERFACE,), "no description", _description),
    Rule((Mode.INTERFACE,), "shutdown", _shutdown(down=True)),
    Rule((Mode.INTERFACE,), "no shutdown", _shutdown(down=False)),
    Rule((Mode.INTERFACE,), "switchport access vlan <1-4094>", _access_vlan),
    Rule((Mode.INTERFACE,), "no switchport access vlan", _access_vlan),
)

HELP: Final = {
    "<cr>": "", "WORD": "A name", "LINE": "Text up to the end of the line", _PORT: "Port number",
    "<0-512>": "Number of rows; 0 for no pausing", "<1-4094>": "VLAN number", "access": "Set the access mode",
    "address-table": "The table of hardware addresses", "clock": "The time of day",
    "configure": "Enter configuration mode",
    "copy": "Copy from one configuration to another", "description": "Describe the interface",
    "disable": "Leave privileged mode", "do": "Run a command of privileged mode", "enable": "Enter privileged mode",
    "end": "Leave configuration mode", "ethernet": "An Ethernet port", "exit": "Leave this mode, or the console",
    "history": "The last lines typed", "hostname": "Set the system's name", "interface": "Configure an interface",
    "interfaces": "State and counters of ports", "length": "Set the number of rows of a page",
    "logging": "The last messages", "logout": "Leave the console", "mac": "Hardware addresses",
    "memory": "To what the switch starts with", "name": "Name the VLAN", "no": "Undo a command",
    "reload": "Restart the switch", "running-config": "The configuration in use", "show": "Show what is going on",
    "shutdown": "Switch the interface off", "startup-config": "The configuration that was saved",
    "status": "One line a port", "switchport": "Set switching characteristics", "terminal": "Settings of this terminal",
    "version": "Hardware and software", "vlan": "VLANs", "write": "Save the running configuration",
}  # fmt: skip
"""What `?` says about each word."""
