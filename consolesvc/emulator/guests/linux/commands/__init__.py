"""The commands of the fake server's shell, in one literal table."""

from __future__ import annotations

from typing import Final

from consolesvc.emulator.guests.linux.commands import builtins, conditions, files, network, processes, system, text
from consolesvc.emulator.guests.linux.session import Command

COMMANDS: Final[dict[str, Command]] = {
    # the shell itself
    "help": builtins.show_help, "man": builtins.man, "history": builtins.history, "clear": builtins.clear,
    "reset": builtins.clear, "export": builtins.export, "unset": builtins.unset, "env": builtins.env,
    "printenv": builtins.env, "type": builtins.type_, "which": builtins.type_, "true": builtins.true,
    ":": builtins.true, "false": builtins.false, "sleep": builtins.sleep, "sudo": builtins.sudo,
    "exit": builtins.leave, "logout": builtins.leave, "test": conditions.test, "[": conditions.test,
    # files
    "pwd": files.pwd, "cd": files.cd, "ls": files.ls, "ll": files.ll, "cat": files.cat, "mkdir": files.mkdir,
    "rmdir": files.rmdir, "touch": files.touch, "rm": files.rm, "cp": files.cp, "mv": files.mv, "find": files.find,
    # text
    "echo": text.echo, "grep": text.grep, "head": text.head, "tail": text.tail, "wc": text.wc, "sort": text.sort,
    "uniq": text.uniq, "seq": text.seq, "yes": text.yes, "less": text.less, "more": text.less, "tee": text.tee,
    # the machine
    "uname": system.uname, "hostname": system.hostname, "whoami": system.whoami, "id": system.id_, "who": system.who,
    "w": system.who, "uptime": system.uptime, "date": system.date, "free": system.free, "df": system.df,
    "mount": system.mount, "dmesg": system.dmesg, "lscpu": system.lscpu, "lsblk": system.lsblk, "tty": system.tty,
    "stty": system.stty, "sync": builtins.true, "reboot": system.reboot, "poweroff": system.poweroff,
    "halt": system.poweroff, "shutdown": system.shutdown, "panic": system.panic,
    "ps": processes.ps, "top": processes.top, "htop": processes.top, "kill": processes.kill,
    # the network there is not
    "ip": network.ip, "ifconfig": network.ifconfig, "ping": network.ping, "ssh": network.absent,
    "curl": network.absent, "wget": network.absent, "apt": network.absent, "apt-get": network.absent,
    # what is honestly not there
    "vi": builtins.no_editor, "vim": builtins.no_editor, "nano": builtins.no_editor, "emacs": builtins.no_editor,
    "ed": builtins.no_editor, "systemctl": builtins.no_units, "journalctl": builtins.no_units,
}  # fmt: skip
"""By name. The functions' docstrings are what `help` and `man` show."""
