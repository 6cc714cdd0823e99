"""The shell's language and commands, as typed at a prompt."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consolesvc.emulator.guests.linux.arithmetic import ArithmeticProblem, evaluate
from consolesvc.emulator.guests.linux.commands import COMMANDS
from consolesvc.emulator.guests.linux.language import SyntaxProblem, Unfinished, parse
from tests.emulator.guests.bench import logged_in, plain, shell

CASES = [
    ("echo hello   world", "hello world\n"),
    ("echo \"a  b\" 'c  $HOME' d\\ e", "a  b c  $HOME d e\n"),
    ("echo -n x; echo y", "xy\n"),
    (r"echo -e 'a\tb\x41\0101\ncut\cgone'", "a\tbAA\ncut"),
    (r"echo -e '\xe6\xbc\xa2'", "漢\n"),
    ("X=6; Y=$((X * 7)); echo $Y ${Y} $NOTHING.", "42 42 .\n"),
    ("echo $((2+3*4)) $(( (2+3)*4 )) $((7/-2)) $((-7%3)) $((((1))))", "14 20 -3 -1 1\n"),
    ("echo $((1/0))", "-sh: divide by zero\n"),
    ("false; echo $?; true; echo $?", "1\n0\n"),
    ("true && echo yes || echo no; false && echo yes || echo no", "yes\nno\n"),
    ("foo; echo $?", "-sh: foo: not found\n127\n"),
    ("echo a | foo", "-sh: foo: not found\n"),
    ("seq 5 | tail -n 2 | head -1", "4\n"),
    ("seq 3 1 2>/dev/null | wc -l", "0\n"),
    ("yes | head -n 2", "y\ny\n"),
    ("seq 12 | grep 1 | wc -l", "4\n"),
    ("seq 12 | grep -v 1 | wc -l", "8\n"),
    ("seq 12 | grep -c ^1", "4\n"),
    (
        "echo b > f; echo a >> f; sort f; wc -l < f; cat f nothing",
        "a\nb\n2\nb\na\ncat: nothing: No such file or directory\n",
    ),
    ("cat nothing 2>&1 | wc -l", "1\n"),
    ("mkdir -p /tmp/a/b; cd /tmp/a; ls; cd ..; pwd; cd -; rm -r /tmp/a; pwd", "b\n/tmp\n/tmp/a\n/\n"),
    ("touch /tmp/1.txt /tmp/2.txt; echo /tmp/*.txt '*' /tmp/?.txt", "/tmp/1.txt /tmp/2.txt * /tmp/1.txt /tmp/2.txt\n"),
    ("echo *.nothing ~ ~/x", "*.nothing /root /root/x\n"),
    ("ls /nothing", "ls: cannot access '/nothing': No such file or directory\n"),
    ("rm /", "rm: cannot remove '/': Is a directory\n"),
    ("rm -rf /", "rm: it is dangerous to operate recursively on '/'\n"),
    ("echo x > /nothing/y", "-sh: /nothing/y: No such file or directory\n"),
    ("echo x > /proc/version", "-sh: /proc/version: Permission denied\n"),
    ("cd /etc/passwd", "cd: /etc/passwd: Not a directory\n"),
    ("uname", "Linux\n"),
    ("uname -mr", "6.1.0-fake x86_64\n"),
    ("whoami; hostname; tty", "root\nfake1\n/dev/ttyS0\n"),
    ("id", "uid=0(root) gid=0(root) groups=0(root)\n"),
    ("date", "Tue Nov 14 22:13:20 UTC 2023\n"),
    ("date +%Y-%m-%dT%H:%M", "2023-11-14T22:13\n"),
    ("cat /etc/hostname | tee copy; cat copy", "fake1\nfake1\n"),
    ("grep -n VERSION= /etc/os-release", '4:VERSION="1 (consolesvc)"\n'),
    ("find /boot -name 'vm*'", "/boot/vmlinuz-6.1.0-fake\n"),
    ("vi x", "vi: there is no editor on this fake server; write files with: cat > FILE (^D ends it)\n"),
    ("sudo sudo whoami", "root\n"),
    ("sudo -i; whoami", "root\n"),
    ("reboot --help; echo still here", "reboot: start the machine anew\nstill here\n"),
    ("echo --help", "--help\n"),
    ("mkdir -p /tmp/r/s; touch /tmp/r/s/t; ls -R /tmp/r | cat; rm -r /tmp/r", "/tmp/r:\ns\n\n/tmp/r/s:\nt\n"),
    ("touch f; ls --color=auto f | cat; ls --color f | cat", "f\nf\n"),
    ("[ -f /etc/passwd ] && [ ! -d /etc/passwd ] && test -d /etc && echo so", "so\n"),
    ("[ a = a ] && [ a != b ] && [ 2 -lt 10 ] && [ -n x ] && [ -z '' ] && echo so", "so\n"),
    ("[ -e /nothing ] || echo no; [ a; echo $?", "no\n[: missing ]\n2\n"),
    ("kill 1", "kill: (1) - init takes no signal here; to end it, reboot or poweroff\n"),
    ("ping example.org", "ping: example.org: this fake server has no network; only localhost answers\n"),
    ("ls -Z", "ls: invalid option -- 'Z'\n"),
    ("seq x", "seq: invalid number 'x'\n"),
    ("# a comment", ""),
    ("echo a#b # c", "a#b\n"),
    ("echo $(date)", "-sh: syntax error: this small shell has no command substitution\n"),
    ("sleep 5 &", '-sh: syntax error: unexpected "&": this small shell has no jobs and no subshells\n'),
    ("| x", '-sh: syntax error: unexpected "|"\n'),
    ("echo x >", "-sh: syntax error: unexpected newline\n"),
    ("for i in 1 2", "-sh: syntax error: for: this small shell has no compound commands\n"),
    ("printf x", "-sh: printf: not found\n"),
    ("type ls nope", "ls is a shell builtin\nnope: not found\n"),
    ("echo Grüße 漢字 🙂", "Grüße 漢字 🙂\n"),
    ("cat welcome.txt | wc -m", "66\n"),
    ("hostname bad_name", "hostname: the specified hostname is invalid\n"),
    ("shutdown +5", "shutdown: this server waits for nobody; expected: shutdown [-r|-h] now\n"),
]


@pytest.mark.parametrize(("line", "expected"), CASES, ids=[line for line, _ in CASES])
def test_a_line_says_what_it_should(line: str, expected: str) -> None:
    """Quotes, variables, arithmetic, pipes, redirections, files, and clear words for what there is not."""
    assert expected == shell(logged_in(), line)


def test_first_things_people_type() -> None:
    """Each shows something that looks like it."""
    bench = logged_in()
    for line, wanted in {
        "ls": "welcome.txt",
        "ls -la": "-rw-r--r-- 1 root root",
        "ls --colour": "unrecognized option",
        "cat /etc/os-release": 'PRETTY_NAME="Fake Linux 1 (consolesvc)"',
        "uname -a": "Linux fake1 6.1.0-fake #1 SMP",
        "dmesg | tail": "systemd[1]: Hostname set to <fake1>",
        "ps aux": "/sbin/init",
        "ps": "412 ttyS0    00:00:00 sh",
        "df -h": "/dev/vda1",
        "free -m": "Mem:",
        "ip a": "inet 192.0.2.",
        "ip route": "default via 192.0.2.1",
        "ifconfig": "ether 52:54:00:",
        "uptime": "load average",
        "env": "HOME=/root",
        "w": "ttyS0",
        "man ls": "what is in a folder",
        "help": "poweroff",
        "help grep": "grep [-invc] TEXT",
        "lscpu": "x86_64",
        "lsblk": "vda1",
        "mount": "/dev/vda1 on / type ext4",
        "stty": "115200 baud",
        "top | head -n 1": "top - ",
        "cat /proc/cpuinfo": "model name",
        "cat /proc/uptime": ".",
        "cat /proc/cmdline": "console=ttyS0",
        "sudo": "root already",
        "apt install vim": "no network",
        "systemctl status": "only the text",
    }.items():
        assert wanted in shell(bench, line), line


def test_every_command_takes_anything() -> None:
    """No command raises for arguments it does not know, with and without input; and each says what it does."""
    for name in sorted(
        set(COMMANDS) - {"reboot", "poweroff", "halt", "shutdown", "panic", "exit", "logout", "top", "htop"}
    ):
        bench = logged_in()
        for arguments in ("", "-x", "--help", "/etc/passwd", "/nothing 5 -n", "-n", "'' x y z"):
            bench.type(f"{name} {arguments} < /etc/hosts\r", 0.1)
            bench.type("q\x03\x15", 0.1)
        assert plain(bench.type("\r")).endswith("# "), name
        assert name in shell(bench, f"which {name}")
        assert ": " in shell(bench, f"man {name}")


def test_cat_writes_what_is_typed() -> None:
    """`cat > FILE`, lines, ^D: the way to write a file without an editor."""
    bench = logged_in()
    bench.type("cat > notes\r")
    assert bench.type("één\r") == "één\r\n"
    bench.type("two\r")
    assert plain(bench.type("\x04")) == "root@fake1:~# "
    assert shell(bench, "cat notes") == "één\ntwo\n"


def test_a_quote_goes_on_over_lines() -> None:
    """The shell asks for more until it is closed."""
    bench = logged_in()
    assert plain(bench.type("echo 'a\r")).endswith("\n> ")
    assert shell(bench, "b'") == "a\nb\n"
    assert plain(bench.type("ls &&\r")).endswith("\n> ")
    assert plain(bench.type("\x03")).endswith("root@fake1:~# ")


def test_ping_counts_once_a_second() -> None:
    """^C ends it with its summary."""
    bench = logged_in()
    assert bench.type("ping localhost\r", 2.5).count("icmp_seq") == 3
    assert "3 packets transmitted, 3 received" in bench.type("\x03")
    assert "2 packets transmitted" in bench.type("ping -c 2 fake1\r", 2)


def test_nothing_grows_without_end() -> None:
    """Doubling variables, files of yes, nested sudo and patterns of patterns all end with a word."""
    bench = logged_in()
    shell(bench, "X=xxxxxxxxxxxxxxxx")
    texts = [shell(bench, "X=$X$X$X$X$X$X$X$X") for _ in range(6)]
    assert "Argument list too long" in texts[-1]
    assert "No space left on device" in shell(bench, "yes > flood")
    assert "cut off: a pipe of this small shell holds 256 KiB" in shell(bench, "yes | wc -l")
    assert shell(bench, "sudo " * 300 + "pwd") == "/root\n"
    assert "Argument list too long" in shell(bench, "echo " + "/*/.." * 5 + " /*/*" * 50)
    assert shell(bench, "echo " + "/*/.." * 400, 1).startswith("/*/..")
    assert "recursion level" in shell(bench, "echo $((" + "(" * 300 + "1" + ")" * 300 + "))")
    assert shell(bench, "echo $((" + "9" * 1000 + "))").startswith("-sh: 9999")


@given(st.text("0123456789+-*/%() xX", max_size=40))
def test_arithmetic_has_a_value_or_a_problem(text: str) -> None:
    """Nothing else comes out, and the value fits 64 bits."""
    try:
        value = evaluate(text, {"x": "5"})
    except ArithmeticProblem:
        return
    assert -(1 << 63) <= value < 1 << 63


@given(st.text(max_size=60))
def test_any_line_is_a_script_or_a_problem(text: str) -> None:
    """The parser has an answer for everything."""
    with contextlib.suppress(SyntaxProblem, Unfinished):
        parse(text)


PIECES = [*"$'\"\\|;><*?~()#=é漢 ", "&&", "||", ">>", "X=1", "$X"]
WORDS = st.sampled_from([*COMMANDS, *PIECES, "$((1+2))", "-n", "3", "/etc", "f"])


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, max_size=12))
def test_any_command_line_ends_at_a_prompt(words: list[str]) -> None:
    """Random lines of words that mean something: whatever happens, ^C brings a prompt, or the machine is going down."""
    bench = logged_in()
    bench.type(" ".join(words) + "\r", 1)
    bench.type("q\x03\x03", 40)
    text = plain(bench.said.decode("utf-8", "replace"))
    assert not bench.guest.powered or text.endswith(("# ", "login: ", "Password: "))
