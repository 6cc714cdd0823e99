"""Files of conserver's: read by the real one, and by us, to the same consoles."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from consolesvc.moving.conserver.consoles import read_conserver
from consolesvc.moving.moved import Moved, Nonsense
from tests.moving.conserver.real import as_conserver_says, moved_from, needs_conserver, read_by_conserver

EVERYTHING = r"""
# All that conserver without FreeIPMI takes, in one file.
default full { rw *; }
default cisco { type host; portbase 2000; portinc 1; protocol raw; }
default xyplex { type host; portbase 2000; portinc 100; }
break 4 { string "+\d+\d+"; delay 300; }
break 5 { string "\d\z"; confirm no; }
default * {
    logfile /var/consoles/&;
    timestamp 1hab;
    include full;
    master localhost;
}
default "my defs" { include cisco ; host ts1.lab; }
console a { include my defs; port 7; aliases x, y z; }
console b { include xyplex; host 10.0.0.4; port 2; rw !bryan; }
console c { type device; device /dev/ttyS1; baud 9600; parity none; options cstopb,!ixon,!ixoff; }
console d { type device; device /dev/ttyS2; baud 115200; parity even; options crtscts; }
console e { type exec; exec ssh -t localhost; }
console f { type exec; exec "echo \"a; b\" | cat"; logfile ""; }
console g { type uds; uds /run/&.sock; udssubst &=cs; logfile /dev/null; }
default cyclades { type device; device /dev/ttyC.; devicesubst .=P02d; portbase -1; portinc 1; host none; }
console h { include cyclades; port 2; baud 9600; parity none; }
console i { type exec; exec ""; logfilemax 10m; }
"conso"le j { type ho\st; host "ts2"; port telnet; }
console k { type noop; motd "gone to the workshop"; }
console L { master localhost; type exec; exec one; }
console l { type exec; exec two; }
group ops { users bryan, todd; }
task r { cmd "pdu %"; subst %=cs; }
access * { trusted 127.0.0.1; allowed 10.0.0.0/8; }
config * { defaultaccess rejected; primaryport 3109; }
"""


BROKEN = "is not whole, a { or ; is missing; conserver ignores it, too"


def lines(moved: Moved) -> dict[str, dict[str, object]]:
    return {entry.name: entry.line for entry in moved.entries}


def notes(moved: Moved) -> list[str]:
    return [re.sub(r"^\S*/", "", str(note)) for note in moved.notes]


@needs_conserver
def test_the_real_one_reads_the_same(tmp_path: Path) -> None:
    """It takes the file without a complaint but for the one console that is defined twice, and has our consoles."""
    moved = moved_from(tmp_path, EVERYTHING)
    real = read_by_conserver(tmp_path / "conserver.cf")
    assert [error.partition(" [")[0] for error in real.errors] == ["ERROR: console definition for `l' overridden"]
    ours = {entry.name: as_conserver_says(entry) for entry in moved.entries}
    assert ours == {name: read for name, read in real.consoles.items() if read[0] != "#"}


def test_everything(tmp_path: Path) -> None:
    """Each console's line in full."""
    moved = moved_from(tmp_path, EVERYTHING)
    assert lines(moved) == {
        "a": {"type": "tcp", "host": "ts1.lab", "port": 2007},
        "b": {"type": "telnet", "host": "10.0.0.4", "port": 2200},
        "c": {"type": "serial", "device": "/dev/ttyS1", "settings": "9600n82"},
        "d": {"type": "serial", "device": "/dev/ttyS2", "settings": "115200e7", "flow": "rtscts"},
        "e": {"type": "command", "argv": ["ssh", "-t", "localhost"]},
        "f": {"type": "command", "shell": 'echo "a; b" | cat'},
        "g": {"type": "unix", "path": "/run/g.sock"},
        "h": {"type": "serial", "device": "/dev/ttyC01", "settings": "9600n8", "flow": "xonxoff"},
        "i": {"type": "command", "argv": ["/bin/sh", "-i"]},
        "j": {"type": "telnet", "host": "ts2", "port": 23},
        "l": {"type": "command", "argv": ["two"]},
    }
    assert moved.log == {"directory": "/var/consoles", "segment_size": 10 * 1024**2}
    assert [entry.name for entry in moved.entries if not entry.logged] == ["f", "g"]
    assert not moved.complete
    told = "\n".join(notes(moved))
    for line, what in (
        (6, "break 4: string: whoever is attached sends a plain break"),
        (15, "console a: aliases x, y z: a console has one name"),
        (16, "console b: rw !bryan: who may do what is identity's"),
        (26, "console k: is of type noop, which has no line"),
        (26, "console k: motd: nothing is shown to who attaches"),
        (27, "console L: is defined once more in"),
        (29, "group ops: users: who may do what is identity's"),
        (30, "task r: cmd: a command that switches a machine goes into `power` of its server"),
        (31, "access *: allowed: where it can be reached from is api.listen's and proxy.listen's"),
        (32, "config *: defaultaccess: where it can be reached from is"),
        (32, "config *: primaryport: ports are api.listen and proxy.listen"),
    ):
        assert f"conserver.cf:{line}: left out: {what}" in told
    assert len(moved.notes) == 12
    (folder,) = (note for note in moved.notes if note.what == "logs in /var/consoles")
    assert folder.text == (
        "as a service, consolesvc writes in /var/log/consoles alone: `chown consolesvc /var/consoles`, and "
        "`systemctl edit consolesvc` with ReadWritePaths=/var/consoles"
    )


def test_a_plain_file_is_complete(tmp_path: Path) -> None:
    """Nothing is said of what is so here anyhow."""
    moved = moved_from(
        tmp_path,
        "config * { autocomplete yes; daemonmode no; }\naccess * { trusted localhost 127.0.0.1, ::1; }\n"
        "default * { master localhost; rw *; logfile /var/log/consoles/lab/&.log; timestamp 1hab; break 1; }\n"
        "console node3 { type device; device /dev/ttyUSB0; baud 115200; parity none; initspinmax 5;\n"
        "                options !ixon, !ixoff, reinitoncc; }\n",
    )
    assert (moved.complete, moved.notes) == (True, [])
    assert moved.log == {"directory": "/var/log/consoles/lab"}


@pytest.mark.parametrize(
    ("console", "why"),
    [
        (
            "type device; device /dev/x; parity none;",
            "has no baud; conserver ignores a console of type device without, too",
        ),
        (
            "type device; device /dev/x; baud 9600;",
            "has no parity; conserver ignores a console of type device without, too",
        ),
        ("type host; host h;", "has no port; conserver ignores a console of type host without, too"),
        ("type uds;", "has no uds; conserver ignores a console of type uds without, too"),
        ("exec x;", "has no type; conserver ignores it, too"),
        ("type exec; master other.lab;", "its master is other.lab: import it there, or here with --master other.lab"),
        ('type exec; master "";', "has no master; conserver ignores it, too"),
        ("type host; host h; port no-such-service;", "port no-such-service is no number and no service of this host"),
        ("type host; host h; port 1; portinc x;", "portinc x is no number"),
        ("type device; device /dev/x; baud fast; parity none;", "baud fast is no speed"),
        ("type exec; exec x.; execsubst .=q;", "execsubst: '.=q' is no substitution, expected one such as .=P02d"),
    ],
)
def test_a_console_that_is_none(tmp_path: Path, console: str, why: str) -> None:
    """Left out, with the reason and its place."""
    moved = moved_from(tmp_path, f"default * {{ master localhost; }}\n\nconsole a {{ {console} }}\n")
    assert moved.entries == []
    assert notes(moved) == [f"conserver.cf:3: left out: console a: {why}"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("console a { type exec }", f"1: left out: console a: {BROKEN}"),
        ("console a { type }", f"1: left out: console a: {BROKEN}"),
        ("console }", f"1: left out: console: {BROKEN}"),
        ("console a }", f"1: left out: console a: {BROKEN}"),
        ("console a { type ; type exec; }", '1: left out: type: has no value; an empty one is ""'),
        ("console a { typo exec; type exec; }", "1: left out: typo: is no keyword of a console block"),
        ("console a { type exec; passwrd hush; }", "1: left out: passwrd: is no keyword of a console block"),
        ("console a { type exec; include nix; }", "1: left out: console a: include: there is no default nix before it"),
        (
            "console a { type vnc; }",
            "1: left out: console a: type vnc: expected one of device, ipmi, exec, host, noop, uds",
        ),
        (
            "console a { type exec; options turbo; }",
            "1: left out: console a: options turbo: conserver has no such option",
        ),
        (
            "console a { type exec; }\nfoo b { x y; }",
            "2: left out: foo: expected one of access, break, config, console",
        ),
        ("#include nix.cf\nconsole a { type exec; }", "1: left out: #include nix.cf: cannot be read: No such file or"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, text: str, told: str) -> None:
    """Told with its place; what can be read is; a value is not shown that may be a secret."""
    moved = moved_from(tmp_path, f"{text}\nconsole z {{ master localhost; type exec; }}\n")
    assert any(note.startswith(f"conserver.cf:{told}") for note in notes(moved)), notes(moved)
    assert "hush" not in "".join(notes(moved))


def test_a_block_that_does_not_end(tmp_path: Path) -> None:
    """The last one: what was before it is there."""
    moved = moved_from(tmp_path, "console z { master localhost; type exec; }\nconsole a { type exec;\n")
    assert list(lines(moved)) == ["z"]
    assert notes(moved) == [f"conserver.cf:3: left out: console a: {BROKEN}"]


def test_masters(tmp_path: Path) -> None:
    """This host's consoles, and those of the masters that are asked for."""
    text = "".join(f"console {name} {{ master {name}; type exec; }}\n" for name in ("127.0.0.1", "ts1", "ts2"))
    assert list(lines(moved_from(tmp_path, text))) == ["127.0.0.1"]
    assert list(lines(moved_from(tmp_path, text, "TS1"))) == ["127.0.0.1", "ts1"]


def test_ipmi(tmp_path: Path) -> None:
    """ipmitool takes its place; passwords and keys are for its environment."""
    moved = moved_from(
        tmp_path,
        "console a { master localhost; type ipmi; host bmc1; username root; password hush; ipmikg \\\\101\\\\\\\\x;"
        " ipmiciphersuite 17; ipmiprivlevel Operator; }\n"
        "console b { master localhost; type ipmi; host bmc2; ipmiciphersuite -1; }\n",
    )
    session = ["ipmitool", "-I", "lanplus", "-H", "bmc1", "-U", "root", "-C", "17", "-L", "OPERATOR", "-E", "-K"]
    assert moved.entries[0].line == {
        "type": "command",
        "argv": [*session, "sol", "activate"],
        "before": [[*session, "sol", "deactivate"]],
    }
    assert moved.entries[0].secrets == {"IPMI_PASSWORD": "hush", "IPMI_KGKEY": "A\\x"}
    assert moved.entries[1].line["argv"] == ["ipmitool", "-I", "lanplus", "-H", "bmc2", "sol", "activate"]
    assert moved.entries[1].secrets == {}


def test_logs(tmp_path: Path) -> None:
    """One folder has all of them; who was elsewhere, or called otherwise, is told where the log is now."""
    moved = moved_from(
        tmp_path,
        "default * { master localhost; type exec; logfile /var/consoles/&.log; }\n"
        "console a { logfilemax 2m; } console b { logfilemax 3M; }\n"
        "console c { logfile /srv/c; } console d { logfile /var/consoles/old-&; } console e { logfile log/&; }\n",
    )
    assert moved.log == {"directory": "/var/consoles"}
    assert [note for note in notes(moved) if ": logs in " not in note] == [
        *["conserver.cf:2: left out: logfilemax: all logs are rotated at log.segment_size, 8 MiB by default"],
        *(f"conserver.cf:3: note: console {n}: logfile: its log is /var/consoles/{n}.log from now on" for n in "cde"),
    ]


def test_a_log_folder_that_cannot_be_named(tmp_path: Path) -> None:
    """One with a control character in its name is none here; that the logs move is said."""
    moved = moved_from(tmp_path, "console a { master localhost; type exec; logfile /var/\x1fx/&; }\n")
    assert moved.log == {}
    assert notes(moved) == ["conserver.cf:1: note: console a: logfile: its log is the log folder/a.log from now on"]


@pytest.mark.parametrize(
    ("given", "size"), [("4k", 4096), ("4096", 4096), ("4095", None), ("0", None), ("x", None), ("999999999999m", None)]
)
def test_sizes_of_logs(tmp_path: Path, given: str, size: int | None) -> None:
    """A size that ours can have is carried over, another one is left out."""
    moved = moved_from(tmp_path, f"console a {{ master localhost; type exec; logfilemax {given}; }}\n")
    assert moved.log.get("segment_size") == size
    assert moved.complete == (size is not None)


def test_flow_control(tmp_path: Path) -> None:
    """As conserver sets it: XON/XOFF where nothing is said; of two kinds, the wires."""
    begin = "console {0} {{ master localhost; type device; device /dev/{0}; baud 9600; parity none; options {1}; }}\n"
    options = {"a": "!ixon", "b": "crtscts", "c": "crtscts, ixon", "d": "!ixon,!ixoff", "e": '""'}
    moved = moved_from(tmp_path, "".join(begin.format(name, option) for name, option in options.items()))
    flows = {name: line.get("flow") for name, line in lines(moved).items()}
    assert flows == {"a": "xonxoff", "b": "rtscts", "c": "rtscts", "d": None, "e": "xonxoff"}
    assert notes(moved) == [
        "conserver.cf:1: note: console a: options: flow xonxoff is both ixon and ixoff",
        "conserver.cf:3: left out: console c: options: crtscts and XON/XOFF: flow is rtscts alone",
    ]


def test_included_files(tmp_path: Path) -> None:
    """Beside the file that names them; within a block, too; ten deep, then told."""
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "b.cf").write_text("exec from-b; #c\n")
    (tmp_path / "conf" / "a.cf").write_text("console a { master localhost; type exec;\n#include b.cf\n}\n")
    moved = moved_from(tmp_path, "#include conf/a.cf\nconsole z { master localhost; type exec; }\n")
    assert lines(moved)["a"] == {"type": "command", "argv": ["from-b"]}
    moved = moved_from(tmp_path, "#include conf/a.cf\n#include conserver.cf\n")
    assert any("files that include files are read 10 deep, and 1000 in all" in note for note in notes(moved))
    assert any(note.startswith("a.cf:1: left out: console a: is defined once more") for note in notes(moved))


@pytest.mark.parametrize("text", ["", "# nothing\n", "nonsense\n", "{};;", "%YAML 1.1\n---\nconnection: &a\n", "\x00"])
def test_nonsense(tmp_path: Path, text: str) -> None:
    """A file without a block is no conserver.cf."""
    with pytest.raises(Nonsense, match=r"conserver\.cf"):
        moved_from(tmp_path, text)


def test_latin_1(tmp_path: Path) -> None:
    """Files of old are in old encodings."""
    (tmp_path / "conserver.cf").write_bytes(b"console a { master localhost; type exec; exec M\xfcller; }\r\n")
    moved = read_conserver(tmp_path / "conserver.cf")
    assert moved.entries[0].line == {"type": "command", "shell": "Müller"}
