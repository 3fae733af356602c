"""What a process writes about itself: one line per event, ids and codes only, no addresses."""

import logging
from typing import Any, Literal

STANDARD = frozenset(vars(logging.makeLogRecord({})))


class Lines(logging.Formatter):
    """`level logger: message key=value …`; the moment is added by whatever keeps the journal.

    Tracebacks are left out: their last line is the exception's text, which can quote what somebody
    sent. What broke is logged with an incident number instead.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One record as one line."""
        given = {name: value for name, value in vars(record).items() if name not in STANDARD}
        given.pop("color_message", None)
        if record.exc_info and record.exc_info[0]:
            given["error"] = record.exc_info[0].__name__
        pairs = "".join(f" {name}={value}" for name, value in given.items())
        return f"{record.levelname.lower()} {record.name}: {record.getMessage()}{pairs}"


# Any: the form of `logging.config.dictConfig`.
def configuration(level: Literal["debug", "info", "warning", "error"]) -> dict[str, Any]:
    """What uvicorn hands to `logging.config`, in every process it starts."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": Lines}},
        "handlers": {
            "err": {
                "class": "logging.StreamHandler",
                "formatter": "lines",
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"handlers": ["err"], "level": level.upper()},
        "loggers": {
            "uvicorn": {"level": "WARNING"},
            "uvicorn.error": {"level": "WARNING"},
            # Alembic and SQLAlchemy say at INFO what nobody asked for.
            "alembic": {"level": "WARNING"},
            "sqlalchemy": {"level": "WARNING"},
        },
    }
