"""How the interface describes itself."""

from typing import Any

DESCRIPTION: dict[str, Any] = {
    "version": "1.0.0",
    "summary": "Complaints, whistleblowing and administrative investigation for customs.",
    "description": (
        "A reporter needs no account: `POST /v1/reports` answers a receipt of 20 digits, which alone "
        "opens the thread again. Staff sign in with `POST /v1/session` and see what their part in a "
        "case allows. Every error is a problem document (RFC 9457) in the language asked for."
    ),
    "openapi_tags": [
        {"name": "reporting", "description": "Sending a report, without saying who one is."},
        {"name": "reporter", "description": "Coming back with a receipt."},
        {"name": "session", "description": "Staff signing in and out."},
        {"name": "cases", "description": "The queue, the case file, and what is done to a case."},
        {"name": "proposals", "description": "Acts that wait for a second person."},
        {"name": "evidence", "description": "Files of a case."},
        {"name": "statistics", "description": "The month's figures for integrity committees."},
        {"name": "administration", "description": "Staff, units and offices."},
        {"name": "service", "description": "What this is, and whether it runs."},
    ],
}
