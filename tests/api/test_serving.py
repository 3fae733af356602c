from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from api import demo, settings

if TYPE_CHECKING:
    from pathlib import Path

READY_SECONDS = 120


@pytest.mark.parametrize("workers", [1, 2])
def test_the_demo_is_served_and_stops_when_told(tmp_path: Path, workers: int) -> None:
    chosen = settings.for_directory(tmp_path / "demo")
    cast = demo.create_demo(chosen.data, chosen, one_password=True)
    command = [
        sys.executable, "-W", "error", "-m", "api.cli", "serve", "--demo", "--data",
        str(chosen.data), "--port", "0", "--workers", str(workers),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        url = address(chosen.data / demo.FILE, unlike=cast.url)
        with answer(f"{url}/readyz") as ready:
            assert json.load(ready)["kind"] == "DEMO"
            assert ready.headers["Server"] is None
        body = json.dumps({"username": "hana.head", "password": cast.staff[0].password})
        port = int(url.rpartition(":")[2])
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=READY_SECONDS)
        client.request("POST", "/v1/session", body, {"Content-Type": "application/json"})
        assert client.getresponse().status == 201
        client.close()
    finally:
        process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=READY_SECONDS)
    assert f"DEMO: everything here is made up. Open {url}" in printed
    assert str(chosen.data / demo.FILE) in printed
    assert "hana.head" in printed
    assert cast.staff[0].password not in printed
    assert "/v1/session" not in printed
    assert "Traceback" not in printed


def address(file: Path, *, unlike: str) -> str:
    """Where it is served, once the file says so."""
    ends = time.monotonic() + READY_SECONDS
    while time.monotonic() < ends:
        url = str(json.loads(file.read_text("utf-8"))["url"])
        if url != unlike:
            return url
        time.sleep(0.05)
    raise TimeoutError


# Any: what urllib answers has no public type.
def answer(url: str):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """An answer, once somebody listens."""
    ends = time.monotonic() + READY_SECONDS
    while time.monotonic() < ends:
        try:
            return urllib.request.urlopen(url, timeout=5)  # noqa: S310  (an address of ours)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise TimeoutError
