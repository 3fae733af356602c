"""`tribune worker`: what happens by itself, in a process of its own."""

import logging.config
import signal
from types import FrameType

import typer

from api import mailing, settings
from api.background import Background
from api.cli import logs
from api.cli.serving import Data, harden, refuse_unfit
from api.wiring import open_house


def worker(*, data: Data = None) -> None:
    """Deliver what reporters sent, keep deadlines, finish what was ordered.

    On SQLite the server does this itself; on PostgreSQL one worker runs beside the servers.
    """
    harden()
    found = settings.load(**({} if data is None else {"data": data}))
    refuse_unfit(found)
    logging.config.dictConfig(logs.configuration(found.log_level))
    house = open_house(found)
    background = Background(house, mailing.carrier(found, now=house.now))

    def stop(_signal: int, _frame: FrameType | None) -> None:
        background.ask_to_stop()

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, stop)
    typer.echo("Tribune's worker runs.")
    try:
        background.run()
    finally:
        house.close()
