"""`tribune serve`: a real installation, or a demo made on the spot."""

import ctypes
import ipaddress
import logging.config
import os
import resource
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from api import demo, settings
from api.cli import logs
from api.main import create_app
from api.settings import Settings
from cases.database import connect
from cases.errors import NeverForgets
from cases.staff import founding

PR_SET_DUMPABLE = 4
OWNER_ONLY = 0o077

RECYCLE_AFTER = 10_000
"""Requests after which one of several workers is replaced, so that what lingers in its memory goes."""

START_SECONDS = 60
"""What a worker may take to start, or not answer, before it is replaced: a busy machine is slow."""

Data = Annotated[Path | None, typer.Option(help="Directory of everything that is kept.")]
Host = Annotated[str | None, typer.Option(help="Address to listen on.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")]
Workers = Annotated[int | None, typer.Option(help="Processes that serve requests.")]
Demo = Annotated[bool, typer.Option("--demo", help="Serve a demo administration.")]
Reset = Annotated[bool, typer.Option("--reset", help="Throw the demo away and make a new one.")]
Known = Annotated[
    bool,
    typer.Option("--i-know-this-is-a-demo", help="Let others than this machine reach the demo."),
]


def serve(
    *,
    data: Data = None,
    host: Host = None,
    port: Port = None,
    workers: Workers = None,
    demo: Demo = False,
    reset: Reset = False,
    i_know_this_is_a_demo: Known = False,
) -> None:
    """Serve the installation that the settings describe, or a demo."""
    asked = {"data": data, "host": host, "port": port, "workers": workers}
    chosen: dict[str, object] = {name: value for name, value in asked.items() if value is not None}
    if demo:
        _serve_demo(chosen, reset=reset, known=i_know_this_is_a_demo)
        return
    if reset:
        raise typer.BadParameter("only a demo can be thrown away", param_hint="--reset")
    found = settings.load(**chosen)
    refuse_unfit(found)
    listener = _listener(found)
    typer.echo(f"Tribune serves on {_url(found, listener)}")
    _run(found, listener)


def application() -> FastAPI:
    """What a worker process serves; the settings are in its environment."""
    harden()
    return create_app(settings.load())


def harden() -> None:
    """Keep what is in this process's memory out of core files and away from other processes."""
    os.umask(OWNER_ONLY)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _serve_demo(chosen: dict[str, object], *, reset: bool, known: bool) -> None:
    data = Path(str(chosen.pop("data", "data")))
    found = settings.for_directory(data, reporter_tick_minutes=0, **chosen)
    if not known and not _is_loopback(found.host):
        raise demo.NotADemo(
            f"{found.host} can be reached by others, and everything in a demo is made up, its "
            "passwords lying in a file: --i-know-this-is-a-demo serves it all the same."
        )
    os.umask(OWNER_ONLY)
    listener = _listener(found)  # first, so that the file can say where
    url = _url(found, listener)
    typer.echo("DEMO: opening or preparing a made-up administration …", err=True)
    cast = demo.serve_from(found, reset=reset, url=url)
    typer.echo(_announcement(cast, found.data / demo.FILE))
    _run(found, listener)


def _announcement(cast: demo.DemoCast, file: Path) -> str:
    lines = [
        "",
        f"DEMO: everything here is made up. Open {cast.url}",
        f"Passwords are in {file}. These people can sign in:",
        "",
    ]
    for person in cast.staff:
        seats = ", ".join(f"{seat['role']} ({seat['unit']})" for seat in person.memberships)
        lines.append(f"  {person.username:<22} {seats}")
    return "\n".join([*lines, ""])


def refuse_unfit(found: Settings) -> None:
    """Refuse to work for a demo as if it were real, and for an installation that never forgets.

    Raises:
        NotADemo: it is one.
        NeverForgets: its country's months of keeping are not all there.
    """
    engine = connect(found.database_url.get_secret_value(), pool_size=1)
    try:
        who = founding.identity(engine)
        months = founding.without_months(engine)
    finally:
        engine.dispose()
    if who.kind == founding.DEMO:
        raise demo.NotADemo(
            "This is a demo and never becomes a real installation: `tribune serve --demo` serves "
            "it, `tribune init` founds a real one in another directory."
        )
    if months:
        raise NeverForgets(", ".join(months))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listener(found: Settings) -> socket.socket:
    """A bound socket; it begins to listen when the application is ready."""
    family, kind, *_, address = socket.getaddrinfo(
        found.host, found.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        sys.exit(
            f"Cannot listen on {found.host} port {found.port}: {os.strerror(error.errno or 0)}"
        )
    listener.set_inheritable(True)
    return listener


def _url(found: Settings, listener: socket.socket) -> str:
    host = f"[{found.host}]" if ":" in found.host else found.host
    return f"http://{host}:{listener.getsockname()[1]}"


def _run(found: Settings, listener: socket.socket) -> None:
    os.environ.update(settings.environment(found))
    log = logs.configuration(found.log_level)
    logging.config.dictConfig(log)
    config = uvicorn.Config(
        "api.cli.serving:application",
        factory=True,
        workers=found.workers,
        timeout_worker_healthcheck=START_SECONDS,
        limit_max_requests=RECYCLE_AFTER if found.workers > 1 else None,
        log_config=log,
        access_log=False,  # it prints addresses, and the journal adds the moment
        proxy_headers=False,  # nothing here wants to know an address
        server_header=False,
    )
    if found.workers > 1:
        Multiprocess(config, sockets=[listener]).run()
        return
    server = uvicorn.Server(config)
    server.run(sockets=[listener])
    if not server.started:
        sys.exit(1)
