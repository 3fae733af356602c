"""Who can open what: the keys of a case and of its reports, and the wraps that lead to them.

    int      of a case, random; wrapped to units and staff:
               WE1(shred_int, ctx("case/outer", …)) ∘ Seal(pk, ctx("case/wrap", …))
    conv     of a report, random; wrapped to its reporter:
               WE1(shred_conv, ctx("report/outer", …)) ∘ Seal(pk, ctx("report/wrap", …))
             and linked from the case it arrived with:
               WE1(shred_conv, ctx("report/chain", …)) ∘ WE1(int_e, ctx("report/conv", …))
    id       of a report, random; wrapped to custodians and to the reporter, as conv
    earlier  epochs of int, linked from the next:  WE1(int_{e+1}, ctx("case/prev", …))
    merged   cases, linked from their target:      WE1(int_target, ctx("case/merged", …))

outer ∘ inner: the inner one is made first. The outer layer is under the vault's shred key of that thing,
so that deleting one vault row forgets one identity, one thread or one case for everybody. HPKE does not
commit to its key, so every key that comes out of a wrap is compared with the commitment in its row.
"""

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import col, select

from cases.actors import ReporterActor, StaffActor
from cases.database import Work
from cases.errors import EnvelopeInvalid, NotFound, NotOpenYet, Shredded
from cases.models.case import Case, CaseChain, CaseWrap, ChainKind, KeyKind, Recipient, Report
from cases.models.people import Staff, Unit, UnitWrap
from cases.sealing import envelope, hpke
from cases.sealing.context import hkdf
from cases.sealing.hpke import Secret
from cases.sealing.keyring import KEY_BYTES, Keyring


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody a key can be wrapped to."""

    type: Recipient
    id: UUID
    epoch: int
    pk: bytes = field(repr=False)


def unit_holder(unit: Unit) -> Holder:
    """A unit as the recipient of keys.

    Raises:
        NotOpenYet: nobody of its key circle has signed in yet.
    """
    if unit.pk is None:
        raise NotOpenYet
    return Holder(Recipient.UNIT, unit.id, unit.epoch, unit.pk)


def staff_holder(staff: Staff) -> Holder:
    """A member of staff as the recipient of keys.

    Raises:
        NotOpenYet: they have not signed in yet.
    """
    if staff.pk is None:
        raise NotOpenYet
    return Holder(Recipient.STAFF, staff.id, staff.epoch, staff.pk)


def new_key() -> bytes:
    """A fresh key of a case or a report, 32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def case_commitment(keyring: Keyring, key: bytes, case_id: UUID, epoch: int) -> bytes:
    """What the case's row says about its `int` key without giving it away."""
    return hkdf(key, keyring.ctx("case/commit", case_id, KeyKind.INT, epoch))


def report_commitment(
    keyring: Keyring, key: bytes, report_id: UUID, kind: KeyKind, epoch: int
) -> bytes:
    """What the report's row says about its `conv` or `id` key without giving it away."""
    return hkdf(key, keyring.ctx("report/commit", report_id, kind, epoch))


def wrap(
    keyring: Keyring,
    shred: bytes,
    key: bytes,
    *,
    kind: KeyKind,
    epoch: int,
    case_id: UUID,
    report_id: UUID | None,
    to: Holder,
) -> CaseWrap:
    """Seal a key of a case (`report_id` None) or of a report to one holder."""
    owner = report_id or case_id
    room = "report" if report_id else "case"
    parts = (owner, kind, epoch, to.type, to.id)
    sealed = hpke.seal(to.pk, keyring.ctx(f"{room}/wrap", *parts), key)
    return CaseWrap(
        case_id=case_id,
        report_id=report_id,
        kind=kind,
        epoch=epoch,
        recipient_type=to.type,
        recipient=to.id,
        recipient_epoch=to.epoch,
        blob=envelope.seal(shred, keyring.ctx(f"{room}/outer", *parts), sealed),
    )


def unwrap(keyring: Keyring, shred: bytes, row: CaseWrap, secret: Secret) -> bytes:
    """Open a wrap with its recipient's secret key; the caller checks the commitment.

    Raises:
        EnvelopeInvalid: not this recipient's, or tampered with.
    """
    owner = row.report_id or row.case_id
    room = "report" if row.report_id else "case"
    parts = (owner, row.kind, row.epoch, row.recipient_type, row.recipient)
    sealed = envelope.open_(shred, keyring.ctx(f"{room}/outer", *parts), row.blob)
    return secret.open_(keyring.ctx(f"{room}/wrap", *parts), sealed)


def link_thread(
    keyring: Keyring, shred_conv: bytes, int_key: bytes, conv: bytes, *, case: Case, report: Report
) -> CaseChain:
    """Let the case's key open a report's thread; never the reverse."""
    inner = envelope.seal(int_key, keyring.ctx("report/conv", report.id, case.epoch), conv)
    return CaseChain(
        case_id=case.id,
        kind=ChainKind.CONV,
        epoch=case.epoch,
        subject=report.id,
        subject_epoch=report.conv_epoch,
        blob=envelope.seal(shred_conv, keyring.ctx("report/chain", report.id, case.epoch), inner),
    )


def link_previous(
    keyring: Keyring, new: bytes, old: bytes, *, case_id: UUID, epoch: int
) -> CaseChain:
    """Let the key of `epoch` open the key of the epoch before."""
    return CaseChain(
        case_id=case_id,
        kind=ChainKind.PREVIOUS,
        epoch=epoch,
        subject=case_id,
        subject_epoch=epoch - 1,
        blob=envelope.seal(new, keyring.ctx("case/prev", case_id, epoch), old),
    )


def link_merged(
    keyring: Keyring, target_key: bytes, source_key: bytes, *, target: Case, source: Case
) -> CaseChain:
    """Let the target of a merge open the case that was merged into it."""
    context = keyring.ctx("case/merged", target.id, source.id, target.epoch)
    return CaseChain(
        case_id=target.id,
        kind=ChainKind.MERGED,
        epoch=target.epoch,
        subject=source.id,
        subject_epoch=source.epoch,
        blob=envelope.seal(target_key, context, source_key),
    )


def _expect(commitment: bytes, computed: bytes) -> None:
    if not hmac.compare_digest(commitment, computed):
        raise EnvelopeInvalid


_WRAPS = select(CaseWrap).where(
    col(CaseWrap.case_id).in_(bindparam("cases", expanding=True)),
    col(CaseWrap.kind) == KeyKind.INT,
    col(CaseWrap.recipient).in_(bindparam("holders", expanding=True)),
)
"""Asked at every look at what is sealed, so put together once."""


class StaffKeys:
    """Opens what one member of staff may open, within one unit of work. Keeps keys no longer than that."""

    def __init__(self, db: Work, by: StaffActor) -> None:
        self._db = db
        self._by = by
        self._keyring = db.house.keyring
        self._secrets: dict[UUID, Secret] = {}
        self._ints: dict[tuple[UUID, int], bytes] = {}

    def holders(self) -> frozenset[UUID]:
        """The recipients whose wraps this person can open: themselves and the units whose seed they hold."""
        return self._by.key_units() | {self._by.id}

    def unit_seed(self, unit_id: UUID) -> bytes:
        """The seed of a unit in whose key circle the person is.

        Raises:
            NotFound: they are not in it.
        """
        return self._secret(unit_id).seed

    def _secret(self, holder: UUID) -> Secret:
        """The secret key of a unit in whose key circle the person is, or their own."""
        if holder not in self._secrets:
            own = holder == self._by.id
            self._secrets[holder] = Secret(self._by.seed) if own else self._of_unit(holder)
        return self._secrets[holder]

    def _of_unit(self, unit_id: UUID) -> Secret:
        unit = self._db.get_one(Unit, unit_id)
        row = self._db.get(UnitWrap, (unit_id, unit.epoch, self._by.id))
        if row is None or unit_id not in self._by.key_units():
            raise NotFound
        context = self._keyring.ctx("unit/sk", unit_id, unit.epoch, self._by.id, row.staff_epoch)
        secret = Secret(self._secret(self._by.id).open_(context, row.blob))
        if secret.public_key() != unit.pk:
            raise EnvelopeInvalid
        return secret

    def case_keys(self, cases: Iterable[Case]) -> dict[UUID, bytes]:
        """The current `int` key of each case this person holds a wrap for; the others are left out."""
        wanted = {case.id: case for case in cases if (case.id, case.epoch) not in self._ints}
        if wanted:
            asked = {"cases": list(wanted), "holders": list(self.holders())}
            rows = {
                row.case_id: row
                for row in self._db.exec(_WRAPS, params=asked)
                if row.epoch == wanted[row.case_id].epoch
            }
            shreds = self._db.house.vault.keys((KeyKind.INT, case_id) for case_id in rows)
            for case_id, row in rows.items():
                shred = shreds.get((KeyKind.INT, case_id))
                if shred is not None:
                    self._take(wanted[case_id], row, shred)
        return {
            case.id: self._ints[case.id, case.epoch]
            for case in cases
            if (case.id, case.epoch) in self._ints
        }

    def _take(self, case: Case, row: CaseWrap, shred: bytes) -> None:
        key = unwrap(self._keyring, shred, row, self._secret(row.recipient))
        _expect(case.commitment, case_commitment(self._keyring, key, case.id, case.epoch))
        self._ints[case.id, case.epoch] = key

    def case_key(self, case: Case, epoch: int | None = None) -> bytes:
        """The `int` key of a case, at its current epoch or an earlier one.

        Raises:
            NotFound: the person holds no wrap for it, or it was shredded.
        """
        if case.id not in self.case_keys([case]):
            merged = self._merged_key(case)
            self._ints[case.id, case.epoch] = merged
        at = case.epoch
        while epoch is not None and at > epoch:
            if (case.id, at - 1) not in self._ints:
                link = self._link(case.id, ChainKind.PREVIOUS, at, case.id)
                context = self._keyring.ctx("case/prev", case.id, at)
                self._ints[case.id, at - 1] = envelope.open_(
                    self._ints[case.id, at], context, link.blob
                )
            at -= 1
        return self._ints[case.id, at]

    def _merged_key(self, source: Case) -> bytes:
        if source.merged_into is None:
            raise NotFound
        target = self._db.get_one(Case, source.merged_into)
        statement = (
            select(CaseChain)
            .where(
                CaseChain.case_id == target.id,
                CaseChain.kind == ChainKind.MERGED,
                CaseChain.subject == source.id,
                CaseChain.subject_epoch == source.epoch,
            )
            .order_by(col(CaseChain.epoch).desc())
        )
        link = self._db.exec(statement).first()
        if link is None:
            raise NotFound
        context = self._keyring.ctx("case/merged", target.id, source.id, link.epoch)
        key = envelope.open_(self.case_key(target, link.epoch), context, link.blob)
        _expect(source.commitment, case_commitment(self._keyring, key, source.id, source.epoch))
        return key

    def thread_key(self, report: Report, epoch: int | None = None) -> bytes:
        """The `conv` key of a report, through the case it arrived with.

        Raises:
            NotFound: the person cannot open that case, or the thread was forgotten.
        """
        wanted = report.conv_epoch if epoch is None else epoch
        case = self._db.get_one(Case, report.origin_case_id)
        statement = (
            select(CaseChain)
            .where(
                CaseChain.case_id == case.id,
                CaseChain.kind == ChainKind.CONV,
                CaseChain.subject == report.id,
                CaseChain.subject_epoch == wanted,
            )
            .order_by(col(CaseChain.epoch).desc())
        )
        link = self._db.exec(statement).first()
        if link is None:
            raise NotFound
        try:
            shred = self._db.house.vault.key(KeyKind.CONV, report.id)
        except Shredded as gone:
            raise NotFound from gone
        inner = envelope.open_(
            shred, self._keyring.ctx("report/chain", report.id, link.epoch), link.blob
        )
        key = envelope.open_(
            self.case_key(case, link.epoch),
            self._keyring.ctx("report/conv", report.id, link.epoch),
            inner,
        )
        if wanted == report.conv_epoch:
            _expect(
                report.conv_commitment,
                report_commitment(self._keyring, key, report.id, KeyKind.CONV, wanted),
            )
        return key

    def identity_key(self, report: Report) -> bytes:
        """The `id` key of a report, for those the custodians' unit or a grant lets in.

        Raises:
            NotFound: this person holds no wrap for it, or it was forgotten.
        """
        statement = select(CaseWrap).where(
            CaseWrap.report_id == report.id,
            CaseWrap.kind == KeyKind.ID,
            col(CaseWrap.recipient).in_(self.holders()),
        )
        row = self._db.exec(statement).first()
        if row is None or not report.id_commitment:
            raise NotFound
        return _report_key(self._db, report, row, self._secret(row.recipient))

    def _link(self, case_id: UUID, kind: ChainKind, epoch: int, subject: UUID) -> CaseChain:
        statement = select(CaseChain).where(
            CaseChain.case_id == case_id,
            CaseChain.kind == kind,
            CaseChain.epoch == epoch,
            CaseChain.subject == subject,
        )
        link = self._db.exec(statement).first()
        if link is None:
            raise NotFound
        return link


def reporter_key(
    db: Work, by: ReporterActor, report: Report, kind: KeyKind, epoch: int | None = None
) -> bytes:
    """The `conv` or `id` key of the reporter's own report.

    Raises:
        NotFound: it was forgotten, or this is not the report's author.
    """
    wanted = (report.conv_epoch if kind == KeyKind.CONV else 1) if epoch is None else epoch
    statement = select(CaseWrap).where(
        CaseWrap.report_id == report.id,
        CaseWrap.kind == kind,
        CaseWrap.recipient_type == Recipient.REPORTER,
        CaseWrap.epoch == wanted,
    )
    row = db.exec(statement).first()
    if row is None or report.id != by.report_id:
        raise NotFound
    return _report_key(db, report, row, Secret(by.seed))


def _report_key(db: Work, report: Report, row: CaseWrap, secret: Secret) -> bytes:
    kind = KeyKind(row.kind)
    try:
        shred = db.house.vault.key(kind, report.id)
    except Shredded as gone:
        raise NotFound from gone
    key = unwrap(db.house.keyring, shred, row, secret)
    current = report.conv_epoch if kind == KeyKind.CONV else 1
    if row.epoch == current:
        commitment = report.conv_commitment if kind == KeyKind.CONV else report.id_commitment
        _expect(commitment, report_commitment(db.house.keyring, key, report.id, kind, row.epoch))
    return key
