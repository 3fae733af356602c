"""The application: settings in, doors out. Importing this does nothing."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any

from anyio import to_thread
from fastapi import FastAPI

from api import errors, mailing, middleware, openapi
from api.background import Background
from api.deps import Pools
from api.limits import Pool
from api.sequencing import Sequencing
from api.settings import Settings
from api.v1 import (
    acts,
    administration,
    audit,
    cases,
    evidence,
    health,
    identity,
    inquiry,
    intake,
    links,
    objects,
    proposals,
    reporter,
    session,
    statistics,
    texts,
    threads,
    welcome,
    work,
)
from api.wiring import open_house, open_log
from cases.database import House, utc_now
from cases.staff import changes

ALWAYS = (health.router, welcome.router)
DOORS = {
    "reporters": (intake.router, reporter.router),
    "staff": (
        intake.desk,
        session.router,
        work.router,
        cases.router,
        acts.router,
        objects.router,
        inquiry.router,
        links.router,
        proposals.router,
        threads.router,
        texts.router,
        evidence.router,
        identity.router,
        statistics.router,
        administration.router,
        audit.router,
    ),
}
"""Whose way in -> the rooms behind it (`Settings.doors`)."""


def create_app(
    settings: Settings,
    *,
    house: House | None = None,
    clock: Callable[[], datetime] = utc_now,
    background: bool = True,
) -> FastAPI:
    """Open an installation and build the application that serves it.

    Args:
        house: an opened house; by default the one the settings describe.
        clock: gives the present moment; tests hand in their own.
        background: run the sequencer, delivery and deadlines in threads of this process (SQLite only).
    """
    opened = house or open_house(settings, clock=clock)
    with opened.glance() as db:
        demo = changes.the_deployment(db).kind == "demo"

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        to_thread.current_default_thread_limiter().total_tokens = settings.thread_tokens
        carry = mailing.carrier(settings, now=opened.now) if background else None
        threads = (
            (
                Background(opened, carry),
                Sequencing(
                    partial(open_log, settings, opened.engine),
                    tick=opened.terms.reporter_tick,
                    clock=opened.now,
                ),
            )
            if background and embedded(opened)
            else ()
        )
        for thread in threads:
            thread.start()
        yield
        for thread in threads:
            thread.stop()
        if house is None:
            opened.close()

    app = FastAPI(
        title="Tribune",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Off for good: a tracer somewhere in the process would otherwise put paths into spans.
        telemetry={"tracing": False, "logs": False, "metrics": False, "auto_configure": False},
        **openapi.DESCRIPTION,
    )
    app.state.house, app.state.settings, app.state.demo = opened, settings, demo
    app.state.pools = Pools(reporters=Pool(), staff=Pool())
    for router in (*ALWAYS, *(one for door in sorted(settings.doors) for one in DOORS[door])):
        app.include_router(router)
    errors.install(app)
    openapi.install(app)
    add_middleware(app, settings, demo=demo)
    return app


def add_middleware(app: FastAPI, settings: Settings, *, demo: bool) -> None:
    """Put what stands before the doors around them; what is added last is outermost."""
    places = middleware.limits(
        report_characters=settings.report_characters,
        attachment_bytes=settings.attachment_limit_bytes,
    )
    layers: tuple[tuple[Any, dict[str, Any]], ...] = (
        (middleware.BodyLimit, {"places": places}),
        (middleware.SameOrigin, {"public_host": settings.public_host}),
        (middleware.PlainAddress, {}),
        (errors.Incidents, {}),
        (middleware.Headers, {"demo": demo}),
    )
    for layer, options in layers:
        app.add_middleware(layer, **options)


def embedded(house: House) -> bool:
    """Whether this installation runs on SQLite, so that one process is all there is."""
    return house.engine.dialect.name == "sqlite"
