from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from cases.actors import THE_SERVICE
from cases.database import connect
from cases.errors import NotAllowed, NotFound, NotFounded, Unacceptable
from cases.models.people import RecoveryWrap, UnitKind
from cases.sealing import hpke
from cases.staff import changes, founding, readiness, structure
from cases.staff.structure import OfficePlan, UnitPlan
from tests.cases.staff.people import a_plan, a_town

if TYPE_CHECKING:
    from tests.cases.staff.people import Town
    from tests.databases import Backend


pytestmark = pytest.mark.one_database


def test_offices_form_a_tree_without_circles(town: Town) -> None:
    with town.house.unit_of_work() as db:
        top = structure.create_office(
            db, OfficePlan(code="top", name="Top", kind="national"), THE_SERVICE
        ).id
        below = structure.create_office(
            db, OfficePlan(code="below", name="Below", kind="region", parent=top), THE_SERVICE
        ).id
    with town.house.unit_of_work() as db:
        structure.change_office(db, below, THE_SERVICE, {"name": "Beneath", "staff_count": 7})
    for parent in (below, top):
        with pytest.raises(Unacceptable) as refused, town.house.unit_of_work() as db:
            structure.change_office(db, top, THE_SERVICE, {"parent": parent})
        assert refused.value.problems == (("/parent", "circular"),)
    with town.house.glance() as db:
        changed = structure.office(db, below)
        assert (changed.name, changed.staff_count, changed.parent) == ("Beneath", 7, top)
        assert [one.code for one in structure.offices(db, after="below")] == ["harbour", "top"]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"code": "harbour"}, ("/code", "taken")),
        ({"code": "Näh"}, ("/code", "malformed")),
        ({"kind": "castle"}, ("/kind", "unknown")),
        ({"parent": uuid4()}, ("/parent", "unknown")),
        ({"unit": uuid4()}, ("/unit", "unknown")),
    ],
)
def test_an_office_that_cannot_be_is_refused(
    town: Town, changed: dict[str, object], problem: tuple[str, str]
) -> None:
    plan = OfficePlan(**{"code": "new", "name": "New", "kind": "post", **changed})  # type: ignore[arg-type]
    with pytest.raises(Unacceptable) as refused, town.house.unit_of_work() as db:
        structure.create_office(db, plan, THE_SERVICE)
    assert refused.value.problems == (problem,)


def test_a_unit_is_served_by_units_of_the_right_kind_only(town: Town) -> None:
    custody, review = town.units["custody"], town.units["review"]
    with town.house.unit_of_work() as db:
        structure.change_unit(
            db, town.units["main"], THE_SERVICE, {"custody_unit": custody, "name": "Affairs"}
        )
    with town.house.glance() as db:
        unit = structure.unit(db, town.units["main"])
        assert (unit.name, unit.custody_unit, unit.review_unit) == ("Affairs", custody, review)
    for unit_id, serving in (
        (town.units["main"], {"review_unit": custody}),
        (town.units["main"], {"review_unit": uuid4()}),
        (custody, {"review_unit": review}),
    ):
        with pytest.raises(Unacceptable), town.house.unit_of_work() as db:
            structure.change_unit(db, unit_id, THE_SERVICE, serving)


def test_a_code_names_one_unit(town: Town) -> None:
    for code, why in (("main", "taken"), ("Main unit", "malformed")):
        plan = UnitPlan(code=code, name="Another", kind=UnitKind.HANDLING)
        with pytest.raises(Unacceptable) as refused, town.house.unit_of_work() as db:
            structure.create_unit(db, plan, THE_SERVICE)
        assert refused.value.problems == (("/code", why),)


def test_unknown_units_and_offices_are_not_found(town: Town) -> None:
    with town.house.glance() as db:
        for look in (structure.unit, structure.office):
            with pytest.raises(NotFound):
                look(db, uuid4())


def test_the_national_unit_is_inside_and_the_outside_body_is_not(town: Town) -> None:
    main, outside, review = (town.units[code] for code in ("main", "outside", "review"))
    for national, body in ((outside, None), (review, None), (main, main), (main, review)):
        with pytest.raises(Unacceptable), town.house.unit_of_work() as db:
            structure.set_national(db, THE_SERVICE, national=national, outside=body)


def test_what_is_missing_is_named_step_by_step(town: Town) -> None:
    with town.house.glance() as db:
        assert readiness.outside_roles_missing(db) == readiness.OUTSIDE_ROLES
        gaps = readiness.unready_steps(db)
    assert {gap.unit for gap in gaps} == {"main", "outside"}
    assert readiness.Gap("main", "T25", "confirmer") in gaps


def test_who_is_invited_counts_only_for_a_plan(town: Town) -> None:
    town.person("hana", "outside head_ia")
    enrolled = town.person("carla", "outside case_manager")
    town.invite("ines", "outside intake_officer")
    assert not enrolled.key_units()
    with town.house.glance() as db:
        missing = set(readiness.outside_roles_missing(db))
        planned = set(readiness.outside_roles_missing(db, invited=True))
    assert "head_ia" not in missing
    assert {"case_manager", "intake_officer"} <= missing  # one has no key yet, one no account
    assert "intake_officer" not in planned


def test_without_an_outside_body_everything_is_missing(town: Town) -> None:
    with town.house.unit_of_work() as db:
        structure.set_national(db, THE_SERVICE, national=town.units["main"], outside=None)
    with town.house.glance() as db:
        assert readiness.outside_roles_missing(db) == readiness.OUTSIDE_ROLES


def test_an_installation_is_founded_once(town: Town) -> None:
    with pytest.raises(NotAllowed), town.house.unit_of_work() as db:
        founding.found(db, a_plan(), THE_SERVICE)


def test_its_identity_is_known_before_its_keys(town: Town, empty_backend: Backend) -> None:
    identity = founding.identity(town.house.engine)
    assert identity.deployment.bytes == town.house.keyring.deployment
    assert identity.kind == founding.REAL
    engine = connect(empty_backend.main_url, pool_size=1)
    with pytest.raises(NotFounded):
        founding.identity(engine)
    engine.dispose()


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"retention": {}}, "/retention/K0"),
        ({"retention": dict.fromkeys(founding.retention_classes(), 0)}, "/retention/K0"),
        ({"recovery_pk": b"short"}, "/recovery"),
    ],
)
def test_an_installation_without_its_choices_is_refused(
    town: Town, changed: dict[str, object], pointer: str
) -> None:
    with town.house.engine.begin() as connection:
        connection.execute(changes.Deployment.__table__.delete())  # type: ignore[attr-defined]
    with pytest.raises(Unacceptable) as refused, town.house.unit_of_work() as db:
        founding.found(db, a_plan(**changed), THE_SERVICE)
    assert refused.value.problems[0][0] == pointer


def test_the_recovery_key_opens_the_root_secret(backend: Backend) -> None:
    seed = hpke.new_seed()
    with a_town(backend, a_plan(recovery_pk=hpke.public_key(seed))) as town:
        keyring = town.house.keyring
        with town.house.glance() as db:
            wrap = db.get_one(RecoveryWrap, (UUID(bytes=keyring.deployment), 1))
        assert hpke.open_(seed, keyring.ctx("root/recovery", 1), wrap.blob) == keyring.roots[1]
