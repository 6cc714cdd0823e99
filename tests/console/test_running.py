"""Commands run on real shells: their output, without the echo and the prompt, whatever they do to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from consolesvc.console.call import typing
from consolesvc.console.console import Console
from consolesvc.console.patterns import compile_bounded
from consolesvc.console.running import MOST_OUTPUT, Ran, run
from consolesvc.errors import LineUnavailable
from tests.console.shells import PROMPT, shell, shells

ASKS = b"\x1b[6n"
"""busybox asks for the cursor's place behind its prompt."""


@pytest.fixture(params=shells())
async def console(request: pytest.FixtureRequest) -> AsyncIterator[Console]:
    async with shell(request.param) as made:
        yield made


@pytest.fixture
async def dash() -> AsyncIterator[Console]:
    async with shell("dash") as made:
        yield made


async def ran(console: Console, command: str, prompt: str | None = None, seconds: float = 40) -> Ran:
    pattern = None if prompt is None else compile_bounded(prompt)
    with typing(console, "a test") as call:
        return await run(call, command.encode(), pattern, seconds)


async def output(console: Console, command: str, prompt: str | None = None) -> str:
    result = await ran(console, command, prompt)
    assert result.matched, result
    assert not result.truncated
    return result.output


@pytest.mark.parametrize("prompt", [None, "# $", r"(?m)host:\S+# $"])
async def test_output_is_what_the_command_said(console: Console, prompt: str | None) -> None:
    """One line, none, many, a line without an end, and one that wraps on the way in: with a prompt told or not."""
    assert await output(console, "echo one", prompt) == "one\n"
    assert await output(console, "true", prompt) == ""
    assert await output(console, "printf 'a\\nb\\n\\n'", prompt) == "a\nb\n\n"
    assert await output(console, "printf unfinished", prompt) == "unfinished"
    long = "echo " + "0123456789" * 20 + " | tr -d 0-8"
    assert await output(console, long, prompt) == "9" * 20 + "\n"


async def test_each_run_is_followed_by_the_next(console: Console) -> None:
    """`next` is behind the prompt, where the next one starts; all of it lies between `start` and `next`."""
    first = await ran(console, "echo first")
    second = await ran(console, "echo second")
    assert console.ring.read(first.next, second.start - first.next) in (b"", ASKS)
    said = console.ring.read(second.start, second.next - second.start)
    assert PROMPT in said
    assert b"second\r\n" in said


async def test_the_echo_is_no_output(console: Console) -> None:
    """Not even where it looks like a prompt, or the output is the command once more."""
    assert await output(console, "echo 'host:~# '") == "host:~# \n"
    assert await output(console, "echo 'host:~#'", "host:~# $") == "host:~#\n"
    assert await output(console, "echo echo") == "echo\n"


async def test_a_prompt_that_changes_is_recognised(console: Console) -> None:
    """Where only its path does, once nothing follows; any other is to be told, and is then the prompt."""
    assert await output(console, "PS1='host:/tmp# '") == ""
    assert await output(console, "echo here") == "here\n"
    assert await output(console, "PS1='=> '", "=> $") == ""
    assert await output(console, "echo there") == "there\n"
    assert await output(console, "PS1='host:~# '", "# $") == ""


async def test_what_looks_like_a_prompt_is_none(dash: Console) -> None:
    """Output that ends as prompts do, and a long pause behind it, while the prompt is known."""
    assert await output(dash, "printf 'received 10%%'; sleep 1.5; echo ' all'") == "received 10% all\n"
    assert await output(dash, "printf '# '; sleep 1.5; echo no") == "# no\n"


async def test_a_pattern_does_not_match_a_line_that_is_still_coming(dash: Console) -> None:
    """Its beginning looks like a prompt, the rest comes a moment later, as on a slow line."""
    slow = "for w in '# ' /etc/fstab ': static'; do printf '%s' \"$w\"; sleep 0.04; done; echo"
    assert await output(dash, slow, "# $") == "# /etc/fstab: static\n"


async def test_without_an_echo(dash: Console) -> None:
    """All that came is output."""
    assert await output(dash, "stty -echo") == ""
    assert await output(dash, "echo silent") == "silent\n"


async def test_no_prompt_in_time(dash: Console) -> None:
    """What there was so far is given, and where it ends."""
    begun = time.monotonic()
    result = await ran(dash, "echo begun; sleep 30", seconds=0.7)
    assert 0.7 <= time.monotonic() - begun < 10
    assert (result.output, result.matched, result.next) == ("begun\n", False, dash.ring.end)


async def test_of_much_output_the_end_is_given(dash: Console) -> None:
    """And it is said so; all of it can be read by its offsets."""
    result = await ran(
        dash, "i=0; while [ $i -lt 40000 ]; do echo line $i of the many lines there are; i=$((i+1)); done"
    )
    assert result.matched
    assert result.truncated
    assert MOST_OUTPUT * 0.9 < len(result.output) < MOST_OUTPUT * 1.1
    assert result.output.endswith("line 39999 of the many lines there are\n")


async def test_a_line_that_is_not_open(dash: Console) -> None:
    """Nothing is typed for later."""
    await dash.reconnecting.lend(None)
    with pytest.raises(LineUnavailable, match=r"dash line is not open: lent"):
        await ran(dash, "echo later")


async def test_a_console_that_is_closed(dash: Console) -> None:
    """Ends a run at once."""
    sleeping = asyncio.create_task(ran(dash, "sleep 30", seconds=30))
    await asyncio.sleep(0.3)
    await dash.close()
    assert not (await asyncio.wait_for(sleeping, 5)).matched
