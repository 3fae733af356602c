"""`tribune sequencer`: keeps the log, in a process that holds no key of a case."""

import logging.config
import signal
from datetime import UTC, datetime, timedelta
from functools import partial
from types import FrameType

import typer

from api import settings
from api.cli import logs
from api.cli.serving import Data, harden
from api.sequencing import Sequencing
from api.wiring import open_log
from cases.database import connect


def sequencer(*, data: Data = None) -> None:
    """Enter what waits into the log, and sign it.

    On SQLite the server does this itself; on PostgreSQL one sequencer runs beside the servers, with a
    database role, a user and a folder of keys of its own.
    """
    harden()
    found = settings.load(**({} if data is None else {"data": data}))
    logging.config.dictConfig(logs.configuration(found.log_level))
    sequencing = Sequencing(
        partial(open_log, found, connect(found.database_url.get_secret_value(), pool_size=1)),
        tick=timedelta(minutes=found.reporter_tick_minutes),
        clock=lambda: datetime.now(UTC).replace(microsecond=0),
    )

    def stop(_signal: int, _frame: FrameType | None) -> None:
        sequencing.ask_to_stop()

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, stop)
    typer.echo("Tribune's sequencer runs.")
    sequencing.run()
