"""The records of a case file: notes, persons, allegations, tasks, outcomes, recommendations."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from api.deps import AtDoor, Door, StaffWith
from api.guard import GuardedRoute
from api.problems import responses
from api.v1.act_shapes import Made
from api.v1.acts import on_case
from api.v1.cases import IfMatch
from cases.actors import StaffActor
from cases.objects import shapes, things

router = APIRouter(route_class=GuardedRoute, tags=["cases"])

REFUSALS = responses("not-signed-in", "not-permitted", "declaration-needed", "not-found")
CHANGE_REFUSALS = {**REFUSALS, **responses("precondition-failed", "precondition-missing")}


def add(at: Door, by: StaffActor, reference: str, kind: str, thing: shapes.Shape) -> Made:
    """Add one record."""
    with on_case(at, reference, by) as (db, case, keys):
        made = things.add(db, case, kind, thing, by=by, keys=keys)
        return _made(made)


def _made(made: things.Made) -> Made:
    return Made(
        id=made.id,
        version=made.version,
        declare_again=made.declare_again,
        warnings=list(made.warnings),
    )


def declare_routes(path: str, kind: str, act: str, model: type[shapes.Shape]) -> None:
    """The three routes of one kind of record."""
    by_type = Annotated[StaffActor, Depends(StaffWith(act))]
    name = kind.title().replace("_", "")

    @router.post(
        f"/v1/cases/{{reference}}/{path}",
        operation_id=f"add{name}",
        summary=f"Add to the case: {kind.replace('_', ' ')}",
        status_code=201,
        responses=REFUSALS,
    )
    def add_one(at: AtDoor, by: by_type, reference: str, body: model) -> Made:  # type: ignore[valid-type]
        return add(at, by, reference, kind, body)

    @router.patch(
        f"/v1/cases/{{reference}}/{path}/{{identity}}",
        operation_id=f"change{name}",
        summary=f"Replace in the case: {kind.replace('_', ' ')}",
        responses=CHANGE_REFUSALS,
    )
    def change_one(
        at: AtDoor,
        by: by_type,
        reference: str,
        identity: UUID,
        body: model,  # type: ignore[valid-type]
        *,
        if_match: IfMatch = None,
    ) -> Made:
        with on_case(at, reference, by, if_match, match=True) as (db, case, keys):
            made = things.change(db, case, kind, identity, body, by=by, keys=keys)
            return _made(made)

    @router.delete(
        f"/v1/cases/{{reference}}/{path}/{{identity}}",
        operation_id=f"remove{name}",
        summary=f"Take out of the case: {kind.replace('_', ' ')}",
        status_code=204,
        responses=CHANGE_REFUSALS,
    )
    def delete_one(
        at: AtDoor,
        by: by_type,
        reference: str,
        identity: UUID,
        if_match: IfMatch = None,
    ) -> None:
        with on_case(at, reference, by, if_match, match=True) as (db, case, keys):
            things.delete(db, case, kind, identity, by=by, keys=keys)


PATHS = {
    "notes": "note",
    "persons": "person",
    "allegations": "allegation",
    "consignments": "consignment",
    "items": "item",
    "plans": "plan",
    "tasks": "task",
    "interviews": "interview",
    "investigation-reports": "investigation_report",
    "review-checklists": "review_checklist",
    "bundle-clearances": "bundle_clearance",
    "outcomes": "outcome",
    "recommendations": "recommendation",
    "referrals": "referral",
    "protection-plans": "protection_plan",
    "threats": "threat",
    "retaliation-claims": "retaliation",
    "inspection-watches": "inspection_watch",
}
"""Path -> the kind of record."""

for path, kind in PATHS.items():
    declare_routes(path, kind, things.PERMISSIONS[kind], shapes.MODELS[kind])
