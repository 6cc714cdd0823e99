from __future__ import annotations

import asyncio
import logging

import pytest
from aiohttp import web
from pytest_aiohttp.plugin import AiohttpServer

from consolesvc.http.server_log import SERVER_LOGGER, MalformedRequests, keep_requests_out_of_the_log


@pytest.fixture(autouse=True)
def _filter() -> None:
    keep_requests_out_of_the_log()


def test_filter_is_put_on_once() -> None:
    """A second call changes nothing."""
    keep_requests_out_of_the_log()
    filters = logging.getLogger(SERVER_LOGGER).filters
    assert len([each for each in filters if isinstance(each, MalformedRequests)]) == 1


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /\xff?token=sekret HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /?token=sekret HTTP/1.1\r\nHost: localhost\r\nno header sekret\r\n\r\n",
        b"GET sekret HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"sekret\r\n\r\n",
    ],
)
async def test_malformed_request_is_one_line(
    aiohttp_server: AiohttpServer, caplog: pytest.LogCaptureFixture, request_bytes: bytes
) -> None:
    """A request that is no HTTP leaves neither its text nor a traceback in the log."""
    caplog.set_level(logging.DEBUG, SERVER_LOGGER)
    server = await aiohttp_server(web.Application())
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(request_bytes)
    assert (await reader.readline()).split()[1] == b"400"
    writer.close()
    (record,) = [record for record in caplog.records if record.name == SERVER_LOGGER]
    assert record.getMessage().startswith("malformed request from 127.0.0.1: ")
    assert "sekret" not in caplog.text
    assert "Traceback" not in caplog.text


def test_other_records_pass_unchanged(caplog: pytest.LogCaptureFixture) -> None:
    """A real failure of the server keeps its traceback."""
    logging.getLogger(SERVER_LOGGER).error("Unhandled exception", exc_info=RuntimeError("real"))
    assert "RuntimeError: real" in caplog.text
