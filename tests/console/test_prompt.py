"""Where a command's output ends."""

from __future__ import annotations

import pytest

from consolesvc.console.patterns import compile_bounded
from consolesvc.console.prompt import AT_ONCE, BRIEF, GUESS, LIKE, LONG, At, Prompt, output_start

LINE = b"host:~# "


@pytest.mark.parametrize(
    ("line", "text", "at"),
    [
        (LINE, b"ls\nfile\nhost:~# ", At(8, 16, BRIEF)),
        (LINE, b"ls\nhost:~# ", At(3, 11, BRIEF)),
        (LINE, b"ls\nno endhost:~# ", At(9, 17, LIKE)),
        (LINE, b"cd /\nhost:/# ", At(5, 13, LIKE)),
        (LINE, b"ls\nhost:~# [   12.345678] usb 1-1: new\n", At(3, 11, AT_ONCE)),
        (LINE, b"ls\n[   12.345678] usb\nhost:~# ", At(22, 30, BRIEF)),
        (LINE, b"ls\nhost:~# rm\n", None),
        (LINE, b"ls", None),
        (LINE, b"ls\n", None),
        (LINE, b"ls\nfile\n", None),
        (LINE, b"ls\n" + b"x" * 300 + b"# ", None),
        (LINE, b"ls\nreceived 10%", None),
        (LINE, b"ls\n# ", At(3, 5, LONG)),
        (b"no end" + LINE, b"ls\nhost:~# ", At(3, 11, LIKE)),
        (LINE, b"su\nfake:~# ", At(3, 11, LONG)),
        (LINE, b"su\nhost:~$ ", At(3, 11, LONG)),
        (LINE, b"get\n#####", None),
        (b"[root@n ~]# ", b"cd\n[root@n etc]# ", At(3, 17, LIKE)),
        (b"[root@n ~]# ", b"ssh m\n[root@m etc]# ", At(6, 20, LONG)),
        (b"root@n:~# ", b"cd\nroot@n:/etc# ", At(3, 16, LIKE)),
        (b"~ # ", b"cd\n/etc # ", At(3, 10, LIKE)),
        (b"=> ", b"cd\n-> ", At(3, 6, LONG)),
        (b"# ", b"ls\nno end# ", At(9, 11, GUESS)),
        (b"", b"ls\nfile\n=> ", At(8, 11, GUESS)),
        (b"", b"ls\n50%", None),
        (b"", b"ls\nhost% ", At(3, 9, GUESS)),
        (b"", b"ls\nname: ", None),
        (b"login: ", b"root\nlogin: ", At(5, 12, BRIEF)),
        (b"login: ", b"root\nhost:~# ", At(5, 13, GUESS)),
        (b"x" * 300, b"ls\nfile\n# ", At(8, 10, GUESS)),
    ],
)
async def test_without_a_pattern(line: bytes, text: bytes, at: At | None) -> None:
    """The line on which it was typed, or one of its shape; anything that ends like a prompt where that was none."""
    assert await Prompt(line, None).find(text, 2) == at


@pytest.mark.parametrize(
    ("line", "pattern", "text", "at"),
    [
        (LINE, "# $", b"ls\nfile\nhost:~# ", At(8, 16, BRIEF)),
        (LINE, "# $", b"ls\nno endhost:~# ", At(9, 17, BRIEF)),
        (LINE, "# $", b"cd /\nhost:/# ", At(5, 13, BRIEF)),
        (LINE, "(?m)^=> ", b"x\nfile\n=> ", At(7, 10, BRIEF)),
        (b"", "END", b"ls\na END\nb", At(3, 8, AT_ONCE)),
        (b"", "ls", b"ls\na", None),
    ],
)
async def test_with_a_pattern(line: bytes, pattern: str, text: bytes, at: At | None) -> None:
    """Its first match behind the echo; the line in front of it is the prompt's, unless it is known to have output."""
    assert await Prompt(line, compile_bounded(pattern)).find(text, 2) == at


@pytest.mark.parametrize(("text", "start"), [(b"ls\na", 3), (b"ls  \n\na", 5), (b"lsa", 2), (b"ls", 2), (b"ls a\n", 2)])
def test_where_output_starts(text: bytes, start: int) -> None:
    """On the line behind the echo; where the Enter key made none, right behind it."""
    assert output_start(text, 2) == start
