"""Where members of staff are written to, and how they want it. Each may have an address, none must.

The address is sealed under the root secret: the database alone does not show it, and the service opens it
only to write to it or to show it to its owner.
"""

import json
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import get_args
from uuid import UUID

from sqlmodel import col, select

from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import Unacceptable
from cases.models.mail import StaffMailbox
from cases.sealing import envelope, padding
from workflows.model import Locale

LONGEST_ADDRESS = 254
"""Characters, as SMTP allows (RFC 5321, section 4.5.3.1.3)."""

LANGUAGES = frozenset(get_args(Locale))

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
"""What an address looks like: no display name, no quoting, no route, no sign that could end a header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Where somebody is written to.

    Attributes:
        language: what the e-mail is written in.
        hurried: what is urgent comes within minutes; otherwise with the one e-mail of the day.
    """

    address: str = field(repr=False)
    language: Locale
    hurried: bool = True


def is_address(text: str) -> bool:
    """Whether a text can be written to."""
    return len(text) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


def of(db: Work, staff: Collection[UUID]) -> dict[UUID, Mailbox]:
    """The mailboxes of those who have one, by person."""
    if not staff:
        return {}
    rows = db.exec(select(StaffMailbox).where(col(StaffMailbox.staff).in_(staff)))
    return {row.staff: _open(db, row) for row in rows}


def own(db: Work, by: StaffActor) -> Mailbox | None:
    """Where the person is written to, if anywhere."""
    return of(db, [by.id]).get(by.id)


def keep(db: Work, staff: UUID, box: Mailbox, by: StaffActor) -> None:
    """Write to somebody there from now on.

    Raises:
        Unacceptable: that is no address, or no language of the service.
    """
    wrong = [] if is_address(box.address) else [("/address", "malformed")]
    if box.language not in LANGUAGES:
        wrong.append(("/language", "unknown_value"))
    if wrong:
        raise Unacceptable(wrong)
    keyring = db.house.keyring
    plain = padding.pad(json.dumps(asdict(box)).encode(), padding.TEXT_FLOOR)
    row = db.get(StaffMailbox, staff) or StaffMailbox(staff=staff, root_ver=0, env=b"")
    row.root_ver = keyring.root_version
    row.env = envelope.seal(keyring.key("mailbox"), keyring.ctx("mailbox", staff), plain)
    db.add(row)
    log.emit(db, "config.changed", by=by, d=Details(action="mailbox.kept", staff=staff))


def remove(db: Work, staff: UUID, by: StaffActor) -> None:
    """Write to somebody no more; nothing happens where nobody did."""
    row = db.get(StaffMailbox, staff)
    if row is not None:
        db.delete(row)
        log.emit(db, "config.changed", by=by, d=Details(action="mailbox.removed", staff=staff))


def _open(db: Work, row: StaffMailbox) -> Mailbox:
    keyring = db.house.keyring
    key, context = keyring.key("mailbox", row.root_ver), keyring.ctx("mailbox", row.staff)
    return Mailbox(**json.loads(padding.unpad(envelope.open_(key, context, row.env))))
