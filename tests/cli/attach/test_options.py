from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from consolesvc.cli.attach.options import Options, add_arguments, read_options
from consolesvc.errors import ClientError


def parsed(*argv: str, typed: bool = True) -> Options:
    """The options of a command line."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add_arguments(parser)
    return read_options(parser.parse_args(["node3", *argv]), typed=typed)


def test_the_defaults() -> None:
    """What a user gets who says nothing but a name."""
    assert parsed() == Options(
        target="node3",
        endpoint=None,
        view=False,
        start={},
        wait=False,
        log=None,
        quiet=False,
        reconnect=True,
        escape=ord("~"),
        sequence=b"\x05c",
        until=None,
        timeout=None,
        linger=1.0,
    )


@pytest.mark.parametrize(
    ("argv", "typed", "start"),
    [
        ((), False, {"replay": "0"}),
        (("--replay", "64KiB"), False, {"replay": "65536"}),
        (("--replay", "all"), True, {"replay": "all"}),
        (("--replay", "0"), True, {"replay": "0"}),
        (("--since", "4096"), True, {"since": "4096"}),
        (("--since=-4096",), False, {"since": "-4096"}),
    ],
)
def test_where_to_begin(argv: tuple[str, ...], typed: bool, start: dict[str, str]) -> None:
    """A program gets no history that it has not asked for."""
    assert parsed(*argv, typed=typed).start == start


def test_other_keys_and_none() -> None:
    """As people write them."""
    found = parsed("--escape", "^]", "--escape-seq", "^Aa")
    assert (found.escape, found.sequence) == (0x1D, b"\x01a")
    found = parsed("--escape", "none", "--escape-seq", "none")
    assert (found.escape, found.sequence) == (None, None)


def test_all_the_rest() -> None:
    """Each option ends up where it belongs."""
    words = "--view --wait --no-reconnect --quiet --log out.log --until x --timeout 5m --linger 0 --endpoint http://lab"
    found = parsed(*words.split())
    assert (found.view, found.wait, found.reconnect, found.quiet) == (True, True, False, True)
    assert (found.log, found.until, found.timeout, found.linger) == (Path("out.log"), "x", 300.0, 0.0)
    assert found.endpoint == "http://lab"


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--since", "02:10"], "argument --since: '02:10': expected an offset in bytes, such as 4096 or -4096"),
        (["--replay", "10kb"], "argument --replay: '10kb': expected all, bytes, or a number with KiB"),
        (["--since", "1", "--replay", "0"], "argument --replay: not allowed with argument --since"),
        (["--escape", "~~"], "argument --escape: '~~': expected one key, such as ~ or ^], or none"),
        (["--escape", "^M"], "argument --escape: '^M': expected one key"),
        (["--escape", ""], "argument --escape: '': expected one key"),
        (["--escape", "é"], "argument --escape: 'é': expected one key"),
        (["--escape-seq", "^E"], "argument --escape-seq: '^E': expected two keys, such as ^Ec or ^A., or none"),
        (["--timeout", "soon"], "argument --timeout: 'soon': expected seconds, or a number with s, m or h"),
        (["--linger", "-1"], "argument --linger: '-1': expected seconds, or a number with s, m or h, 0 or more"),
    ],
)
def test_what_cannot_be(argv: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2; the option, the value, and what was expected."""
    with pytest.raises(SystemExit) as end:
        parsed(*argv)
    assert end.value.code == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--timeout", "5"], "--timeout: expected with --until or with --wait"),
        (["--escape", "^E"], "--escape ^E: expected another key than the first of --escape-seq"),
    ],
)
def test_what_does_not_go_together(argv: list[str], sentence: str) -> None:
    """Exit code 2 as well."""
    with pytest.raises(ClientError) as caught:
        parsed(*argv)
    assert (str(caught.value), caught.value.exit_code) == (sentence, 2)
