"""The same layers on a real server: what goes over the wire, and what the server itself logs."""

import logging
import socket
import threading
import time
from collections.abc import Iterator

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.responses import StreamingResponse

from tests.api.small import MARKER, an_app, everything_in, problem


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    """Where an application listens that breaks in every way it can."""
    app = an_app(raising=ValueError(MARKER))
    _break(app)
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, access_log=False, server_header=False, log_config=None
    )
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.005)
    yield listening.getsockname()
    server.should_exit = True
    thread.join()
    listening.close()


def _break(app: FastAPI) -> None:
    @app.get("/broken")
    def broken() -> StreamingResponse:
        def pieces() -> Iterator[bytes]:
            yield b"a" * 1_000
            raise ValueError(MARKER)

        return StreamingResponse(pieces(), headers={"Content-Length": "2000"})


@pytest.fixture
def client(address: tuple[str, int]) -> Iterator[httpx2.Client]:
    """A client of the server."""
    with httpx2.Client(base_url=f"http://{address[0]}:{address[1]}", trust_env=False) as opened:
        yield opened


def test_the_server_s_own_log_holds_no_word_of_an_incident(
    client: httpx2.Client, caplog: pytest.LogCaptureFixture
) -> None:
    assert problem(client.get("/raise"))["code"] == "internal-error"
    with pytest.raises(httpx2.RemoteProtocolError):  # cut off, so that nobody takes it for whole
        client.get("/broken")
    assert problem(client.get("/raise"))["code"] == "internal-error"
    assert MARKER not in everything_in(caplog.records)
    assert all(record.exc_info is None for record in caplog.records)


def test_no_answer_names_the_server(client: httpx2.Client) -> None:
    for path in ("/v1/cases", "/raise", "/nowhere"):
        assert "server" not in client.get(path).headers


@pytest.mark.parametrize("chunked", [True, False])
def test_who_sends_too_much_still_reads_why(client: httpx2.Client, *, chunked: bool) -> None:
    body = b"x" * 5_000_000
    pieces = (body[start : start + 50_000] for start in range(0, len(body), 50_000))
    refused = client.put("/v1/reporter/attachments/1", content=pieces if chunked else body)
    assert problem(refused)["code"] == "too-large"
    assert client.get("/v1/cases").status_code == 200, "the connection is still good"


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        f"Content-Length: {'9' * 400}",
        "Content-Length: -1",
        "Transfer-Encoding: chunked, identity",
        f"X\x00Y: {MARKER}",
    ],
)
def test_a_request_two_servers_could_read_differently_is_not_acted_on(
    address: tuple[str, int], head: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with socket.create_connection(address, timeout=5) as wire:
        request = f"POST /v1/session HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{head}\r\n\r\n"
        wire.sendall(request.encode("latin-1") + b"{" + MARKER.encode())
        wire.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := wire.recv(65_536):
            answer += piece
    assert not answer.startswith(b"HTTP/1.1 2")
    assert MARKER.encode() not in answer
    assert MARKER not in everything_in(caplog.records)


def test_an_upload_cut_off_half_way_is_no_incident(
    address: tuple[str, int], client: httpx2.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection(address, timeout=5) as wire:
        wire.sendall(
            b"PUT /v1/reporter/attachments/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
            + MARKER.encode()
        )
    assert client.get("/v1/cases").status_code == 200
    assert MARKER not in everything_in(caplog.records)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
