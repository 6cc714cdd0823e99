"""`consolesvc import`, as its users give it: what it prints, what it says, and that `check` takes it."""

from __future__ import annotations

import re
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.cli import main
from consolesvc.config.load import load
from consolesvc.lines.environment import read_env_file
from tests.moving.conserver import test_consoles as conserver
from tests.moving.ser2net import test_connections as ser2net
from tests.moving.ser2net import test_lines as ser2net_lines

Imported = Callable[..., tuple[int, str, list[str]]]

IPMI = (
    "default * { master localhost; }\n"
    "console node8 { type ipmi; host bmc8; username admin; password hush; }\n"
    "console node9 { type exec; exec one; }\n"
)


@pytest.fixture
def imported(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Imported:
    """Run it in a folder that has the file; its exit code, stdout, and stderr in lines."""
    monkeypatch.chdir(tmp_path)

    def run(program: str, name: str, text: str, *argv: str) -> tuple[int, str, list[str]]:
        Path(name).write_text(text)
        code = main(["import", program, name, *argv])
        printed = capsys.readouterr()
        return code, printed.out, printed.err.splitlines()

    return run


@pytest.mark.parametrize(
    ("program", "name", "text", "servers", "left_out"),
    [
        ("conserver", "conserver.cf", conserver.EVERYTHING, 11, 11),
        ("ser2net", "ser2net.yaml", ser2net.EVERYTHING, 9, 16),
        ("ser2net", "ser2net.conf", ser2net_lines.EVERYTHING, 4, 10),
    ],
)
def test_check_takes_what_is_printed(
    imported: Imported,
    capsys: pytest.CaptureFixture[str],
    program: str,
    name: str,
    text: str,
    servers: int,
    left_out: int,
) -> None:
    """The YAML on stdout, and nothing else there; on stderr each thing that is left out, and how many; exit 1."""
    code, out, err = imported(program, name, text)
    assert code == 1
    assert out.startswith(f"# From {name}. `consolesvc check` this file, then")
    assert err[-1] == f"{servers} servers; {left_out} left out, as said above"
    assert sum(re.match(rf"{name}:[0-9]+: left out: ", line) is not None for line in err) == left_out
    Path("lab.yaml").write_text(out)
    assert main(["check", "lab.yaml"]) == 0
    assert capsys.readouterr().out.startswith(f"lab.yaml is good: {servers} servers (")


def test_nothing_left_out(imported: Imported) -> None:
    """Exit 0, a line a server, in the words of our own examples."""
    code, out, err = imported(
        "conserver",
        "conserver.cf",
        "default * { master localhost; logfile /var/log/consoles/&.log; options !ixon, !ixoff; }\n"
        "console node3 { type device; device /dev/ttyUSB0; baud 115200; parity none; }\n"
        "console node4 { type host; host ts1; port 7004; protocol raw; logfilemax 4m; }\n",
    )
    assert (code, err) == (0, ["2 servers; nothing was left out"])
    assert out.splitlines()[1:] == [
        "log: {directory: /var/log/consoles, segment_size: 4 MiB}",
        "servers:",
        "  - {name: node3, line: {type: serial, device: /dev/ttyUSB0, settings: 115200n8}}",
        "  - {name: node4, line: {type: tcp, host: ts1, port: 7004}}",
    ]


@pytest.mark.parametrize(
    ("program", "name", "text", "said"),
    [
        ("conserver", "conserver.cf", "", "conserver.cf: no block is in it; a conserver.cf has blocks such as"),
        ("conserver", "x.cf", "node3 ttyS1\n", "x.cf:1: node3: expected one of access, break, config, console"),
        ("ser2net", "ser2net.yaml", "a: [\n", "ser2net.yaml:2: is not YAML: "),
        ("ser2net", "ser2net.conf", "\0", "ser2net.conf:1: holds a NUL byte, which no configuration does"),
    ],
)
def test_nonsense(imported: Imported, program: str, name: str, text: str, said: str) -> None:
    """Exit 2, a sentence, and nothing on stdout that could be taken for a configuration."""
    code, out, err = imported(program, name, text)
    assert (code, out, len(err)) == (2, "", 1)
    assert err[0].startswith(f"consolesvc: {said}")


@pytest.mark.parametrize(
    ("file", "reason"), [("none.cf", "No such file or directory"), (".", "Is a directory"), ("a\0b", "embedded null")]
)
def test_a_file_that_cannot_be_read(capsys: pytest.CaptureFixture[str], file: str, reason: str) -> None:
    """Named, with the reason."""
    assert main(["import", "conserver", file]) == 2
    assert re.fullmatch(rf"consolesvc: \S+: cannot be read: {reason}.*\n", capsys.readouterr().err)


def test_a_password_is_never_printed(imported: Imported, tmp_path: Path) -> None:
    """It goes into a file of its own, for its owner alone, which its line names; else it is said where it belongs."""
    code, out, err = imported("conserver", "conserver.cf", IPMI)
    assert code == 1
    assert "hush" not in out + "".join(err)
    assert err[0].startswith("conserver.cf:2: left out: node8: its password is not in the configuration: write IPMI_")
    code, out, err = imported("conserver", "conserver.cf", IPMI, "--env-dir", "secrets")
    assert (code, err) == (0, ["2 servers; nothing was left out"])
    assert "hush" not in out
    file = tmp_path / "secrets" / "node8.env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_env_file(str(file)) == {"IPMI_PASSWORD": "hush"}
    assert yaml.safe_load(out)["servers"][0]["line"]["env_file"] == str(file)
    Path("lab.yaml").write_text(out)
    assert main(["check", "lab.yaml"]) == 0


COMMANDS = (
    "default * { master localhost; type exec; }\n"
    "console node8 { exec ipmitool -I lanplus -H bmc8 -U admin -P hush sol activate; }\n"
)
PTY = "connection: &node8\n  connector: pty,ipmitool -I lanplus -H bmc8 -U admin -Phush sol activate\n"


@pytest.mark.parametrize(
    ("program", "name", "text"), [("conserver", "conserver.cf", COMMANDS), ("ser2net", "ser2net.yaml", PTY)]
)
def test_a_password_of_ipmitools_is_taken_out_of_its_command(
    imported: Imported, tmp_path: Path, program: str, name: str, text: str
) -> None:
    """It is in the environment from then on, by a file; without one, it is said where it belongs."""
    code, out, err = imported(program, name, text)
    assert code == 1
    assert "hush" not in out + "".join(err)
    assert "left out: node8: its password is not in the configuration: write IPMI_PASSWORD=" in err[0]
    code, out, err = imported(program, name, text, "--env-dir", "secrets")
    assert (code, err) == (0, ["1 server; nothing was left out"])
    file = tmp_path / "secrets" / "node8.env"
    assert read_env_file(str(file)) == {"IPMI_PASSWORD": "hush"}
    argv = ["ipmitool", "-I", "lanplus", "-H", "bmc8", "-U", "admin", "-E", "sol", "activate"]
    assert yaml.safe_load(out)["servers"][0]["line"] == {"type": "command", "argv": argv, "env_file": str(file)}


def test_a_file_of_passwords_is_not_written_over(imported: Imported, tmp_path: Path) -> None:
    """The same again is well; another one is an error that names the file, and nothing is printed."""
    for _ in range(2):
        assert imported("conserver", "conserver.cf", IPMI, "--env-dir", "secrets")[0] == 0
    other = IPMI.replace("hush", "other")
    code, out, err = imported("conserver", "conserver.cf", other, "--env-dir", "secrets")
    assert (code, out) == (1, "")
    assert err == [f"consolesvc: --env-dir: {tmp_path / 'secrets' / 'node8.env'}: File exists"]
    assert read_env_file(str(tmp_path / "secrets" / "node8.env")) == {"IPMI_PASSWORD": "hush"}


def test_a_folder_that_cannot_be_made(imported: Imported) -> None:
    """Said, with its name."""
    code, out, err = imported("conserver", "conserver.cf", IPMI, "--env-dir", "conserver.cf/secrets")
    assert (code, out, err) == (1, "", ["consolesvc: --env-dir: conserver.cf/secrets: Not a directory"])


def test_masters(imported: Imported) -> None:
    """Another host's consoles are said, and come by --master."""
    text = "console a { master ts1; type exec; exec one; }\n"
    code, out, err = imported("conserver", "conserver.cf", text)
    assert (code, out.splitlines()[-1]) == (1, "servers: []")
    assert err[0].endswith("console a: its master is ts1: import it there, or here with --master ts1")
    assert imported("conserver", "conserver.cf", text, "--master", "ts1")[0] == 0


def test_what_would_move_a_cursor_is_escaped(imported: Imported) -> None:
    """On stderr and in the YAML alike."""
    text = "console a { master localhost; type exec; exec one; }\n\x1b]0;x { }\n"
    _, out, err = imported("conserver", "con\x1b[Jf.cf", text)
    assert "\x1b" not in out + "".join(err)
    assert "con\\x1b[Jf.cf:2: left out: \\x1b]0" in "\n".join(err)


PROGRAMS = st.sampled_from(["conserver", "ser2net"])
WORDS = st.sampled_from(
    [
        *("console a {", "default * {", "master localhost;", "type exec;", "}", "exec", "include", "#include x.cf\n"),
        *('"', "\\", ";", ":", "%YAML 1.1\n---\n", "connection: &a\n", "  connector: ", "serialdev,", "/dev/x", "*a"),
        *("define: &b ", "include: ", "default:\n  name: speed\n", "  value: ", "9600n81", "telnet(rfc2217),"),
        *("  accepter: ", "70000", "99999999999999999999", "2001:raw:0:", "9600 8DATABITS", "DEFAULT:speed:", "tcp,h,"),
        *("type ipmi; host h; password ", "ipmikg \\777;", "type device; device /dev/", "baud 9600; parity even;"),
        *(
            "'\"\\ud800\"'",
            '"\\ud800\\0"',
            "type uds; uds &; udssubst &=c999s;",
            "\u2028",
            "ipmisol,lan -U r -P ",
            "\n",
        ),
    ]
)
TEXTS = st.text(max_size=80) | st.lists(WORDS | st.text(max_size=3), max_size=24).map("".join)


def exits_well(program: str, data: bytes) -> None:
    """Import it; the exit code is one of three, and what is printed with 0 and 1 loads."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        Path("given").write_bytes(data)
        with Path("out.yaml").open("w", encoding="utf-8") as out, Path("said").open("w", encoding="utf-8") as said:
            patched.setattr("sys.stdout", out)
            patched.setattr("sys.stderr", said)
            code = main(["import", program, "given", "--env-dir", "secrets"])
        told = Path("said").read_text()
        assert code in (0, 1, 2)
        assert "Traceback" not in told
        assert told.endswith("\n")
        if code == 2:
            assert Path("out.yaml").read_text() == ""
        else:
            load(Path("out.yaml"))


@given(PROGRAMS, st.binary(max_size=80))
def test_any_bytes_end_well(program: str, data: bytes) -> None:
    """No traceback, whatever it is given."""
    exits_well(program, data)


@given(PROGRAMS, TEXTS)
def test_any_text_ends_well(program: str, text: str) -> None:
    """Of the words of such files, too, in any order: what is printed is a configuration."""
    exits_well(program, text.encode("utf-8", "surrogatepass"))


@given(
    st.sampled_from(
        [
            ("conserver", conserver.EVERYTHING + IPMI),
            ("ser2net", ser2net.EVERYTHING),
            ("ser2net", ser2net_lines.EVERYTHING),
        ]
    ),
    st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 40), TEXTS), min_size=1, max_size=3),
)
def test_any_slip_in_a_good_file_ends_well(good: tuple[str, str], slips: list[tuple[int, int, str]]) -> None:
    """Something cut out, and something else put in."""
    program, text = good
    for at, cut, put in slips:
        text = text[:at] + put + text[at + cut :]
    exits_well(program, text.encode("utf-8", "surrogatepass"))
