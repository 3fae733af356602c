"""From what went wrong to what the caller is told: one table; nothing submitted ever comes back.

Four sources meet here: the rooms (`TribuneError`), the parser (`RequestValidationError`), the
router (`HTTPException`) and everything nobody expected. The last is answered by `Incidents`, which
stands outside the other layers, because the server would write an error that reaches it into its
log, text and all.
"""

import errno
import logging
import secrets
import traceback
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy import exc as database
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import pointers, problems
from api.locales import language
from cases import errors

log = logging.getLogger("tribune.errors")

CODES: Mapping[type[errors.TribuneError], str] = {
    # Sealing
    errors.EnvelopeInvalid: "internal-error",
    errors.UnsupportedEnvelope: "internal-error",
    errors.ReceiptMalformed: "receipt-malformed",
    errors.CodeMalformed: "sign-in-failed",
    errors.WeakPassword: "weak-password",
    errors.WeakParameters: "directory-broken",
    errors.BlobMissing: "internal-error",
    errors.SelfTestFailed: "internal-error",
    errors.Shredded: "not-found",
    errors.KeysMissing: "unavailable",
    errors.Unpermitted: "internal-error",
    # What a caller can get wrong
    errors.NotFound: "not-found",
    errors.NotSignedIn: "not-signed-in",
    errors.SignInFailed: "sign-in-failed",
    errors.WrongReceipt: "wrong-receipt",
    errors.Locked: "locked",
    errors.NotPermitted: "not-permitted",
    errors.DeclarationNeeded: "declaration-needed",
    errors.ConflictOfInterest: "conflict-of-interest",
    errors.SamePerson: "same-person",
    errors.NotAllowed: "not-allowed",
    errors.NotReady: "not-ready",
    errors.NamesAPerson: "names-a-person",
    errors.AlreadyProposed: "already-proposed",
    errors.ProposalVoid: "proposal-void",
    errors.ContentDiffers: "different-content",
    errors.PreconditionMissing: "precondition-missing",
    errors.PreconditionFailed: "precondition-failed",
    errors.IdempotencyKeyMalformed: "idempotency-key-malformed",
    errors.IdempotencyMismatch: "idempotency-mismatch",
    errors.Unacceptable: "invalid-input",
    errors.NotInLogYet: "not-in-the-log-yet",
    errors.NoSuchCheckpoint: "no-such-checkpoint",
    errors.TooMuchWaiting: "too-much-waiting",
    errors.TooOften: "too-often",
    errors.TooLarge: "too-large",
    # What the house cannot do just now
    errors.Busy: "busy",
    errors.NotFounded: "unavailable",
    errors.OutOfDate: "unavailable",
    errors.NeverForgets: "unavailable",
    errors.NotOpenYet: "not-open-yet",
    errors.DirectoryBroken: "directory-broken",
    errors.AuditUnavailable: "audit-unavailable",
    errors.LogInconsistent: "log-inconsistent",
    errors.Unavailable: "unavailable",
}
"""Every error of the rooms and the problem it becomes; a test keeps it complete."""

EVERYDAY = frozenset({"busy", "not-open-yet"})
"""Problems of the house's side (5xx) that are no incident and leave no line in the log."""

WITH_INCIDENT = frozenset({"internal-error", "log-inconsistent"})
"""Problems whose answer names the incident, by which the operator finds the line in the log."""

HTTP_CODES: Mapping[int, str] = {
    401: "not-signed-in",
    403: "not-permitted",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    413: "too-large",
    415: "unsupported-media",
    422: "invalid-input",
    503: "unavailable",
}
"""What router and framework raise; other 4xx are malformed requests, other 5xx incidents."""

SQLITE_FULL = 13
DISK_FULL_SQLSTATE = "53100"
DEADLOCK_SQLSTATE = "40P01"
SERVER_ERROR = 500


def install(app: FastAPI) -> None:
    """Give an application these answers, and describe them in its OpenAPI document."""
    app.add_exception_handler(errors.TribuneError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    undescribed = app.openapi

    # Any: OpenAPI documents are JSON.
    def openapi() -> dict[str, Any]:
        return app.openapi_schema or problems.describe(undescribed())

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents


def code_of(error: Exception) -> str:
    """The problem an error becomes, whoever raised it."""
    if isinstance(error, errors.TribuneError):
        # A subclass that the table does not know is answered as its parent is.
        return next(
            (CODES[kind] for kind in type(error).__mro__ if kind in CODES), "internal-error"
        )
    if isinstance(error, database.DBAPIError):
        return _code_of_database(error)
    # No connection of the pool came free, or somebody else changed the same row at the same moment.
    if isinstance(error, database.TimeoutError | StaleDataError):
        return "busy"
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "storage-full"
    return "internal-error"


def _code_of_database(error: database.DBAPIError) -> str:
    if _disk_full(error):
        return "storage-full"
    if getattr(error.orig, "sqlstate", None) == DEADLOCK_SQLSTATE:
        return "busy"  # nothing was done, and the other one goes on
    if _of_the_trail(error):
        return "audit-unavailable"  # whatever the reason: nothing is done that leaves no trace
    if isinstance(error, database.OperationalError | database.InterfaceError):
        return "unavailable"
    return "internal-error"


def answer(error: Exception, lang: str) -> Response:
    """The answer to an error; an incident is written down, without a word of what was submitted."""
    code = code_of(error)
    members: dict[str, object] = {}
    retry_after = None
    listed: tuple[tuple[str, str], ...] = ()
    if problems.STATUS[code] >= SERVER_ERROR and code not in EVERYDAY:
        incident = _write_down(error)
        if code in WITH_INCIDENT:
            members["incident"] = incident
    match error:
        case errors.Unacceptable():
            listed = error.problems
        case errors.NamesAPerson():
            listed = tuple((pointer, "names_a_person") for pointer in error.pointers)
        case errors.NoSuchCheckpoint():
            listed = ((error.pointer, "unknown_value"),)
        case errors.Busy():
            retry_after = error.retry_after
        case errors.TooLarge():
            members["limit_bytes"] = error.limit_bytes
        case errors.NotReady():
            members["guards"] = list(error.guards)
        case errors.DeclarationNeeded():
            members["case"] = _glimpse(error.head)
    return problems.response(code, lang, errors=listed, retry_after=retry_after, members=members)


class Incidents:
    """ASGI: answers what nobody expected, so that no text of an exception reaches anybody.

    When the answer has begun, it is left unfinished: the server then closes the connection, and
    the caller sees that the answer is incomplete.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def note(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        failed: Exception | None = None
        try:
            await self.app(scope, receive, note)
        except ClientDisconnect:
            return  # nobody is there to be answered
        except Exception as error:  # noqa: BLE001  (this is the place that knows them all)
            failed = error
        if failed is None:
            return
        response = answer(failed, language(Request(scope)))
        if not begun:
            await response(scope, receive, send)


async def _refused(request: Request, error: Exception) -> Response:
    return answer(error, language(request))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  (registered for it alone)
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return problems.response("malformed-request", language(request))
    if isinstance(error.body, bytes) and error.body:
        # FastAPI hands the bytes on as they are when their Content-Type is not JSON.
        return problems.response("unsupported-media", language(request))
    listed = pointers.field_problems(found, request.scope.get("route"))
    return problems.response("invalid-input", language(request), errors=listed)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  (registered for it alone)
    if error.status_code >= SERVER_ERROR and error.status_code not in HTTP_CODES:
        return answer(error, language(request))
    code = HTTP_CODES.get(error.status_code, "malformed-request")
    # The detail is left out: FastAPI and others put what they could not read into it.
    allow = {name: text for name, text in (error.headers or {}).items() if name == "Allow"}
    if isinstance(error, problems.OverLimit):
        members = {"limit_bytes": error.limit_bytes}
        return problems.response(code, language(request), members=members)
    return problems.response(code, language(request), headers=allow)


def _write_down(error: Exception) -> str:
    """Log that something broke, and return the number under which it was logged.

    A class and a random number: no text, no values, no path, because on a reporter's door even
    the path next to the time of the line would say too much. The place in the code is told only
    to who asks for it with the level DEBUG.
    """
    incident = secrets.token_hex(4)
    log.error("incident", extra={"incident": incident, "error": type(error).__qualname__})
    if log.isEnabledFor(logging.DEBUG):
        frames = traceback.extract_tb(error.__traceback__, limit=-4)
        where = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))
        log.debug("where it broke", extra={"incident": incident, "where": where})
    return incident


def _disk_full(error: database.DBAPIError) -> bool:
    """Whether a database says that its disk is full (SQLite's SQLITE_FULL, SQLSTATE 53100)."""
    return (
        getattr(error.orig, "sqlite_errorcode", None) == SQLITE_FULL
        or getattr(error.orig, "sqlstate", None) == DISK_FULL_SQLSTATE
    )


def _of_the_trail(error: database.DBAPIError) -> bool:
    """Whether what failed was the writing of an event."""
    return (error.statement or "").startswith("INSERT INTO audit_")


def _glimpse(head: errors.Glimpse) -> dict[str, str | None]:
    return {
        "reference": head.reference,
        "state": head.state,
        "priority": head.priority,
        "category": head.category,
        "office": head.office,
        "received_on": head.received_on.isoformat(),
        "due": head.due.isoformat() if head.due else None,
    }
