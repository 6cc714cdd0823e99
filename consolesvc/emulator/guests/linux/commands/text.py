"""Commands that make, filter and count text."""

from __future__ import annotations

import re
from typing import Final

from consolesvc.emulator.guests.linux.filesystem import FileError
from consolesvc.emulator.guests.linux.session import Call, UsageProblem, integer
from consolesvc.emulator.guests.program import Program, work
from consolesvc.emulator.guests.prompt import page

_PIECE: Final = 1024
_ESCAPE = re.compile(r"\\(?:([abefnrtv\\c])|x([0-9A-Fa-f]{1,2})|0([0-7]{0,3}))", re.DOTALL)
_ESCAPED: Final = {
    "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "c": "\0c",
}  # fmt: skip


def echo(call: Call) -> int:
    """`echo [-neE] TEXT...`: say it; -n without a new line, -e with escapes for special characters."""
    args, letters = list(call.args), set[str]()
    while args and re.fullmatch("-[neE]+", args[0]):
        letters |= set(args.pop(0)[1:])
    text = " ".join(args)
    if "e" in letters:
        text, cut, _ = _ESCAPE.sub(_unescape, text).partition("\0c")
        if cut:
            letters.add("n")
    call.out(text if "n" in letters else text + "\n")
    return 0


def _unescape(match: re.Match[str]) -> str:
    if match[1]:
        return _ESCAPED[match[1]]
    byte = int(match[2], 16) if match[2] else int(match[3] or "0", 8) & 0xFF
    # As a byte of its own, so that \xe6\xbc\xa2 is one character again at the other end.
    return bytes((byte,)).decode("ascii", "surrogateescape")


def grep(call: Call) -> Program[int]:
    """`grep [-invc] TEXT [FILE...]`: the lines with TEXT in them (as it stands; ^ and $ hold it at an end)."""
    letters, args = call.options("invcEFqHh")
    if not args:
        raise UsageProblem("missing TEXT to look for")
    contents = yield from call.inputs(args[1:])
    # Never a regular expression of the user's: 24 characters can make one run for ever.
    start, end = args[0].startswith("^"), args[0].endswith("$") and "F" not in letters
    pattern = re.escape(args[0].removeprefix("^").removesuffix("$") if "F" not in letters else args[0])
    wanted = re.compile("^" * start + f"({pattern})" + "$" * end, re.IGNORECASE if "i" in letters else 0)
    found = 0
    for name, content in contents:
        lines = [
            (number, line)
            for number, line in enumerate(content.splitlines(), start=1)
            if bool(wanted.search(line)) != ("v" in letters)
        ]
        found += len(lines)
        prefix = f"{name}:" if len(contents) > 1 else ""
        if "c" in letters:
            call.out(f"{prefix}{len(lines)}\n")
        elif "q" not in letters:
            coloured = call.is_tty and pattern and "v" not in letters
            shown = "".join(
                prefix
                + (f"{number}:" if "n" in letters else "")
                + (wanted.sub("\x1b[1;31m\\1\x1b[0m", line) if coloured else line)
                + "\n"
                for number, line in lines
            )
            yield from call.give(shown)
    return 0 if found else 1


def head(call: Call) -> Program[int]:
    """`head [-n LINES] [FILE...]`: the first lines, 10 unless told."""
    count, paths = _count(call)
    for _, content in (yield from call.inputs(paths)):
        lines = content.splitlines(keepends=True)
        yield from call.give("".join(lines[:count]))
    return 0


def tail(call: Call) -> Program[int]:
    """`tail [-n LINES] [FILE...]`: the last lines, 10 unless told."""
    count, paths = _count(call)
    for _, content in (yield from call.inputs(paths)):
        lines = content.splitlines(keepends=True)
        yield from call.give("".join(lines[-count:] if count else []))
    return 0


def _count(call: Call) -> tuple[int, list[str]]:
    """The number in `-n 5`, `-n5` or `-5`, and the paths."""
    count, paths, args = 10, list[str](), list(call.args)
    while args:
        arg = args.pop(0)
        if arg == "-n":
            count = abs(integer(args.pop(0) if args else "", "invalid number of lines:"))
        elif match := re.fullmatch(r"-n?(\d+)", arg, re.ASCII):
            count = integer(match[1], "invalid number of lines:")
        elif arg.startswith("-") and arg != "-":
            raise UsageProblem(f"invalid option '{arg}'; only -n is known here")
        else:
            paths.append(arg)
    return count, paths


def wc(call: Call) -> Program[int]:
    """`wc [-lwc] [FILE...]`: counts lines, words and bytes."""
    letters, paths = call.options("lwcm")
    for name, content in (yield from call.inputs(paths)):
        size = len(content.encode("utf-8", "surrogateescape"))
        counts = {"l": content.count("\n"), "w": len(content.split()), "m": len(content), "c": size}
        wanted = [value for letter, value in counts.items() if letter in (letters or {"l", "w", "c"})]
        numbers = str(wanted[0]) if len(wanted) == 1 else "".join(f"{value:8}" for value in wanted)
        call.out(f"{numbers} {name}".rstrip() + "\n")
    return 0


def sort(call: Call) -> Program[int]:
    """`sort [-rnu] [FILE...]`: the lines in order."""
    letters, paths = call.options("rnuf")
    lines = [line for _, content in (yield from call.inputs(paths)) for line in content.splitlines()]
    if "u" in letters:
        lines = list(dict.fromkeys(lines))

    def by_number(line: str) -> tuple[int, str]:
        match = re.match(r"\s*-?\d{1,18}", line, re.ASCII)
        return int(match[0]) if match else 0, line

    lines = sorted(lines, key=by_number) if "n" in letters else sorted(lines)
    yield from call.give("".join(line + "\n" for line in (lines[::-1] if "r" in letters else lines)))
    return 0


def uniq(call: Call) -> Program[int]:
    """`uniq [-c] [FILE]`: equal neighbours once; -c counts them."""
    letters, paths = call.options("c")
    runs: list[tuple[str, int]] = []
    for _, content in (yield from call.inputs(paths)):
        for line in content.splitlines():
            runs = [*runs, (line, 1)] if not runs or runs[-1][0] != line else [*runs[:-1], (line, runs[-1][1] + 1)]
    yield from call.give("".join((f"{count:7} " if "c" in letters else "") + line + "\n" for line, count in runs))
    return 0


def seq(call: Call) -> Program[int]:
    """`seq [FIRST [STEP]] LAST`: numbers in order."""
    numbers = [integer(arg) for arg in call.args]
    if not 1 <= len(numbers) <= 3:  # noqa: PLR2004 - as the usage says
        raise UsageProblem("expected: seq [FIRST [STEP]] LAST")
    first, last = (numbers[0] if len(numbers) > 1 else 1), numbers[-1]
    step = numbers[1] if len(numbers) == 3 else 1  # noqa: PLR2004 - FIRST STEP LAST
    if step == 0:
        raise UsageProblem("invalid Zero increment value: '0'")
    text = ""
    for number in range(first, last + (1 if step > 0 else -1), step):
        text += f"{number}\n"
        if len(text) >= _PIECE:
            call.out(text)
            text = ""
            yield from work()
    call.out(text)
    return 0


def yes(call: Call) -> Program[int]:
    """`yes [TEXT]`: says it until ^C."""
    line = (" ".join(call.args) or "y") + "\n"
    text = line * max(1, _PIECE // len(line))
    while True:
        call.out(text)
        yield from work()


def less(call: Call) -> Program[int]:
    """`less [FILE...]`: a page at a time: space, Enter, q."""
    contents = yield from call.inputs(call.options("RSNFXri")[1])
    text = "".join(content for _, content in contents)
    if call.is_tty:
        yield from page(call.session.tty, text.splitlines())
    else:
        yield from call.give(text)
    return 0


def tee(call: Call) -> Program[int]:
    """`tee [-a] FILE...`: passes its input on and keeps it in files."""
    letters, paths = call.options("a")
    text = (yield from call.inputs([]))[0][1]
    status = 0
    for path in paths:
        try:
            call.session.files.write(path, text, call.session.folder, append="a" in letters)
        except FileError as error:
            status = call.complain(str(error))
    yield from call.give(text)
    return status
