"""Files both ways, and what they may be called."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import func, select

from cases import evidence, intake
from cases.audit import log
from cases.audit.events import Details
from cases.errors import ContentDiffers, NotFound, Unacceptable
from cases.evidence import Described, File, names
from cases.intake import Receipt, Submission
from cases.models.case import Attachment, Case, Report
from cases.sealing.hierarchy import StaffKeys

if TYPE_CHECKING:
    from cases.actors import ReporterActor, StaffActor
    from tests.cases.builders import SmallHouse

pytestmark = pytest.mark.one_database

ABOUT = Described(name="a.txt", media_type="text/plain", source_type="interview", grade="B2")


def sent(small: SmallHouse) -> ReporterActor:
    stretched = secrets.token_bytes(32)
    intake.submit(intake.prepare(small.house, Submission(body="x")), Receipt(stretched))
    with small.work() as db:
        return intake.visit(db, intake.enter(db, stretched).token)


def case_of(small: SmallHouse, by: ReporterActor) -> Case:
    with small.look() as db:
        return db.get_one(Case, db.get_one(Report, by.report_id).case_id)


def added(
    small: SmallHouse, by: ReporterActor, content: bytes, client_id: UUID | None = None
) -> File:
    with small.look() as db:
        place = evidence.place_for_reporter(db, by, client_id or uuid4(), most=10)
    with evidence.sealer(small.house, place) as sealer:
        sealer.update(content)
        sealed = sealer.finish()

    def keep() -> File:
        with small.work() as db:
            return evidence.keep_for_reporter(db, by, place, sealed, ABOUT)

    return evidence.in_turn(keep)


def added_by_staff(
    small: SmallHouse,
    staff: StaffActor,
    by: ReporterActor,
    content: bytes,
    client_id: UUID,
    *,
    to_reporter: bool,
) -> File:
    with small.work() as db:
        report = db.get_one(Report, by.report_id)
        case = db.get_one(Case, report.case_id)
        place = evidence.place_for_staff(
            db, case, client_id, report=report if to_reporter else None
        )
        with evidence.sealer(small.house, place) as sealer:
            sealer.update(content)
            sealed = sealer.finish()
        keys = StaffKeys(db, staff)
        return evidence.keep_for_staff(db, case, place, sealed, ABOUT, by=staff, keys=keys)


def opened_by(small: SmallHouse, staff: StaffActor, case: Case, client_id: UUID) -> bytes:
    with small.work() as db:
        found = evidence.open_for_staff(
            db, staff, db.get_one(Case, case.id), client_id, keys=StaffKeys(db, staff)
        )
    return b"".join(found.pieces)


def test_a_reporters_file_is_read_by_staff_and_every_look_is_recorded(small: SmallHouse) -> None:
    manager = small.person("case_manager")
    by = sent(small)
    file = added(small, by, b"content")
    case = case_of(small, by)
    assert opened_by(small, manager, case, file.id) == b"content"
    with small.look() as db:
        told = [one.body for one in log.told_of(db, case.id)]
    [look] = [body for body in told if body.kind == "attachment.read"]
    assert look.actor.id == manager.id


def test_a_file_of_staff_stays_inside_unless_it_is_sent_to_the_reporter(small: SmallHouse) -> None:
    manager = small.person("case_manager")
    by = sent(small)
    inside, outside = uuid4(), uuid4()
    added_by_staff(small, manager, by, b"inside", inside, to_reporter=False)
    added_by_staff(small, manager, by, b"outside", outside, to_reporter=True)
    with small.look() as db:
        assert [one.id for one in evidence.own_files(db, by)] == [outside]
        assert b"".join(evidence.open_own(db, by, outside).pieces) == b"outside"
        with pytest.raises(NotFound):
            evidence.open_own(db, by, inside)
    case = case_of(small, by)
    assert opened_by(small, manager, case, inside) == b"inside"
    with small.work() as db:
        row = db.get_one(Case, case.id)
        permit = log.emit(db, "record.read", by=manager, case=row, d=Details(parts=["evidence"]))
        listed = evidence.files_of(db, permit, row, StaffKeys(db, manager))
    assert [(one.id, one.author, one.grade) for one in listed] == [
        (inside, "service", "B2"),
        (outside, "service", "B2"),
    ]


def test_another_unit_opens_nothing(small: SmallHouse) -> None:
    outsider = small.person("case_manager", unit="outside")
    by = sent(small)
    file = added(small, by, b"content")
    with pytest.raises(NotFound):
        opened_by(small, outsider, case_of(small, by), file.id)
    manager = small.person("case_manager")
    with pytest.raises(NotFound):
        opened_by(small, manager, case_of(small, sent(small)), file.id)


def test_an_id_stands_for_one_content_for_good(small: SmallHouse) -> None:
    by = sent(small)
    client_id = uuid4()
    assert added(small, by, b"one", client_id).new
    assert not added(small, by, b"one", client_id).new
    with pytest.raises(ContentDiffers):
        added(small, by, b"two", client_id)
    manager = small.person("case_manager")
    staffs = uuid4()
    assert added_by_staff(small, manager, by, b"one", staffs, to_reporter=False).new
    assert not added_by_staff(small, manager, by, b"one", staffs, to_reporter=False).new
    with pytest.raises(ContentDiffers):
        added_by_staff(small, manager, by, b"two", staffs, to_reporter=False)


def test_the_same_file_sent_twice_at_once_is_one(small: SmallHouse) -> None:
    by = sent(small)
    client_id = uuid4()
    with ThreadPoolExecutor(3) as pool:
        new = sorted(
            file.new for file in pool.map(lambda _: added(small, by, b"one", client_id), range(3))
        )
    assert new == [False, False, True]
    with small.look() as db:
        assert db.exec(select(func.count()).select_from(Attachment)).one() == 1


def test_the_stored_id_is_not_the_one_the_sender_chose(small: SmallHouse) -> None:
    by = sent(small)
    client_id = uuid4()
    added(small, by, b"one", client_id)
    with small.look() as db:
        assert db.get(Attachment, client_id) is None


# Names


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("attachment; filename=a.pdf", "a.pdf"),
        ('Attachment ; filename="a b.pdf"', "a b.pdf"),
        ('attachment; filename="a \\"quoted\\".pdf"', 'a "quoted".pdf'),
        ("attachment; filename=plain; filename*=UTF-8''re%C3%A7u.pdf", "reçu.pdf"),
        ("attachment; filename*=utf-8'fr'a%20b", "a b"),
        ("attachment; size=5; filename=a", "a"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\temp\\\\a.exe"', "a.exe"),
        ("attachment; filename*=UTF-8''a%E2%80%AEgpj.exe", "agpj.exe"),
        ("attachment; filename*=UTF-8''a%00b%0D%0A.txt", "ab.txt"),
        ("attachment; filename*=UTF-8''%2E%2Ehidden.", "hidden"),
    ],
)
def test_a_name_is_read_and_cleaned(header: str, name: str) -> None:
    assert names.from_header(header) == name


@given(st.text(min_size=1, max_size=60))
def test_a_cleaned_name_is_harmless_and_survives_the_way_out_and_in(text: str) -> None:
    try:
        name = names.clean(text)
    except Unacceptable:
        return
    assert not set(name) & set("/\\\x00\r\n\u202e")
    assert name not in {".", ".."}
    header = names.to_header(name)
    assert header.isascii()
    assert header.isprintable()
    assert names.from_header(header) == name


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (None, "application/octet-stream"),
        ("", "application/octet-stream"),
        ("Text/HTML; charset=utf-8", "text/html"),
        ("image/png", "image/png"),
    ],
)
def test_a_kind_of_content_is_repeated_without_parameters(header: str | None, kind: str) -> None:
    assert names.media_type(header) == kind


@pytest.mark.parametrize("header", ["x", "a/b/c", "text/html\r\nX: y", "a b/c", "x/" + "y" * 200])
def test_a_kind_of_content_that_is_none_is_refused(header: str) -> None:
    with pytest.raises(Unacceptable):
        names.media_type(header)
