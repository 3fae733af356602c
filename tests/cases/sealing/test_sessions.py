"""Sessions as wrapped keys: the token opens the row, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast
from uuid import uuid4

import pytest
from sqlmodel import select, update

from cases.errors import KeysMissing, NotSignedIn
from cases.models.people import SignIn
from cases.sealing import sessions
from cases.sealing.sessions import Session
from tests.cases.builders import SmallHouse, a_house

if TYPE_CHECKING:
    from tests.databases import Backend

NOW = 1_772_443_800


def a_session(**changed: object) -> Session:
    plain: dict[str, object] = {
        "kind": "staff",
        "who": uuid4(),
        "seed": b"\x5a" * 32,
        "ends": NOW + 28_800,
        "idle_ends": NOW + 900,
    }
    return Session(**{**plain, **changed})  # type: ignore[arg-type]


def begun(small: SmallHouse, session: Session) -> str:
    with small.work() as db:
        return sessions.begin(db, session)


def resumed(small: SmallHouse, text: str, now: int = NOW) -> Session:
    with small.look() as db:
        return sessions.resume(db, text, now)


def test_the_token_opens_what_was_put_in(small: SmallHouse) -> None:
    session = a_session()
    assert resumed(small, begun(small, session)) == session


def test_a_session_ends_at_the_earlier_of_its_two_ends(small: SmallHouse) -> None:
    text = begun(small, a_session(ends=NOW + 100, idle_ends=NOW + 50))
    resumed(small, text, NOW + 49)
    with pytest.raises(NotSignedIn):
        resumed(small, text, NOW + 50)
    text = begun(small, a_session(ends=NOW + 50, idle_ends=NOW + 100))
    with pytest.raises(NotSignedIn):
        resumed(small, text, NOW + 50)


def test_whatever_is_no_token_is_not_signed_in(small: SmallHouse) -> None:
    text = begun(small, a_session())
    wrong = ["", "x", "é" * 43, "!" * 43, text[:-1], text + "A", text + "=", text + "!", " " + text]
    for one in wrong:
        with pytest.raises(NotSignedIn):
            resumed(small, one)
        with pytest.raises(NotSignedIn):
            sessions.mark(small.house.keyring, one)


def test_a_stolen_row_opens_nothing_without_its_token_nor_a_token_without_the_root(
    small: SmallHouse,
) -> None:
    text, other = begun(small, a_session()), begun(small, a_session())
    with small.look() as db:
        rows = db.exec(select(SignIn)).all()
    mine = sessions.session_id(small.house.keyring, sessions._token(text))
    theirs = next(row for row in rows if row.id != mine)
    with small.work() as db:  # a writer puts another person's envelope under my id
        db.exec(
            update(SignIn)
            .where(SignIn.id == mine)  # type: ignore[arg-type]
            .values(env=theirs.env, owner=theirs.owner)
        )
    with pytest.raises(NotSignedIn):
        resumed(small, text)
    roots = cast("dict[int, bytes]", small.house.keyring.roots)
    roots[1] = b"\x00" * 32
    with pytest.raises(NotSignedIn):
        resumed(small, other)
    roots[2] = roots.pop(1)
    with pytest.raises(KeysMissing):
        resumed(small, other)


def test_a_row_under_another_owner_is_refused_so_that_ending_all_cannot_miss_it(
    small: SmallHouse,
) -> None:
    text = begun(small, a_session())
    with small.work() as db:
        db.exec(update(SignIn).values(owner=b"x" * 16))
    with pytest.raises(NotSignedIn):
        resumed(small, text)


def test_a_row_says_an_hour_and_neither_who_nor_which_kind(small: SmallHouse) -> None:
    staff, reporter = a_session(), a_session(kind="reporter", ends=NOW + 1_800)
    begun(small, staff)
    begun(small, reporter)
    with small.look() as db:
        rows = db.exec(select(SignIn)).all()
    assert {row.expires % 3_600 for row in rows} == {0}
    assert min(row.expires for row in rows) >= reporter.ends
    assert max(row.expires for row in rows) < staff.ends + 3_600
    assert len({len(row.env) for row in rows}) == 1
    for row in rows:
        for session in (staff, reporter):
            assert session.who.bytes not in row.env + row.owner + row.id
            assert session.seed not in row.env


def test_ends_can_be_moved_and_the_token_stays(small: SmallHouse) -> None:
    session = a_session()
    text = begun(small, session)
    later = replace(session, idle_ends=NOW + 5_000)
    with small.work() as db:
        assert sessions.resume(db, text, NOW) == session
        sessions.renew(db, text, later)
    assert resumed(small, text, NOW + 4_999) == later


def test_who_signs_out_while_the_session_is_renewed_is_not_brought_back(backend: Backend) -> None:
    if backend.kind == "sqlite":
        pytest.skip("SQLite has one writer at a time, so this cannot happen")
    small = a_house(backend)
    session = a_session()
    text = begun(small, session)

    def renew() -> None:
        with small.work() as db:
            sessions.resume(db, text, NOW)
            with small.work() as other:
                sessions.end(other, text)
            sessions.renew(db, text, replace(session, idle_ends=NOW + 5_000))

    with pytest.raises(NotSignedIn):
        renew()
    with pytest.raises(NotSignedIn):
        resumed(small, text)
    small.close()


def test_signing_out_ends_one_and_ending_all_ends_the_persons_own(small: SmallHouse) -> None:
    who, colleague = uuid4(), a_session()
    mine = [begun(small, a_session(who=who)) for _ in range(3)]
    theirs = begun(small, colleague)
    for _ in range(2):
        with small.work() as db:
            sessions.end(db, mine[0])
    with pytest.raises(NotSignedIn):
        resumed(small, mine[0])
    resumed(small, mine[1])
    cast("dict[int, bytes]", small.house.keyring.roots)[2] = b"\x02" * 32
    newest = begun(small, a_session(who=who))
    with small.work() as db:
        sessions.end_all(db, "reporter", who)
    resumed(small, mine[1])
    with small.work() as db:
        sessions.end_all(db, "staff", who)
    for text in (*mine, newest):
        with pytest.raises(NotSignedIn):
            resumed(small, text)
    assert resumed(small, theirs) == colleague


def test_a_reporters_handed_over_and_own_sessions_are_ended_together(small: SmallHouse) -> None:
    who = uuid4()
    texts = [begun(small, a_session(kind=kind, who=who)) for kind in ("reporter", "handover")]
    with small.work() as db:
        sessions.end_all(db, "reporter", who, but=texts[0])
    resumed(small, texts[0])
    with small.work() as db:
        sessions.end_all(db, "reporter", who)
    for text in texts:
        with pytest.raises(NotSignedIn):
            resumed(small, text)


def test_the_trail_names_a_session_by_eight_digits_of_its_id(small: SmallHouse) -> None:
    text = begun(small, a_session())
    mark = sessions.mark(small.house.keyring, text)
    assert len(mark) == 8
    assert int(mark, 16) >= 0
    assert mark != sessions.mark(small.house.keyring, begun(small, a_session()))
