"""The standard texts reporters are sent, in the administration's own words."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from api.deps import AtDoor, StaffWith
from api.guard import GuardedRoute
from api.paging import Listed
from api.problems import responses
from api.v1.act_shapes import Proposed
from api.v1.case_shapes import Shape
from api.v1.structure import proposed
from cases import naming, twofold
from cases.actors import StaffActor
from cases.staff import wording
from cases.staff.wording import Wording
from workflows import catalogue
from workflows.model import LOCALES, Locale
from workflows.texts import LONGEST, VARIABLES

router = APIRouter(route_class=GuardedRoute, tags=["administration"])

Editor = Annotated[StaffActor, Depends(StaffWith("manage_units"))]


class TextItem(Shape):
    """One standard text in one language."""

    code: str
    language: Locale
    shipped: str
    own: str | None = Field(description="As the administration wrote it; it is shown instead.")


class TextWish(Shape):
    """A standard text in the administration's own words."""

    code: str = Field(max_length=64, examples=["acknowledged"])
    language: Locale
    text: str = Field(
        max_length=LONGEST,
        description="Plain words. Variables: " + ", ".join(f"`{{{one}}}`" for one in VARIABLES),
        examples=["We read your report. You will hear from us within {feedback_months} months."],
    )

    def wording(self) -> Wording:
        """The same, for the rooms."""
        return Wording(code=self.code, language=self.language, text=self.text)


class TextShown(Shape):
    """A text as a reporter would read it."""

    text: str


@router.get(
    "/v1/reporter-texts",
    operation_id="listReporterTexts",
    summary="The standard texts reporters are sent",
    responses=responses("not-signed-in", "not-permitted"),
)
def list_texts(at: AtDoor, by: Editor) -> Listed[TextItem]:  # noqa: ARG001 -- the gate
    """Every text in every language: as it ships, and in the administration's own words."""
    with at.glance() as db:
        own = wording.written(db)
    items = [
        TextItem(
            code=entry.code,
            language=language,
            shipped=entry.labels[language],
            own=own.get((entry.code, language)),
        )
        for entry in catalogue.code_list(wording.LIST).entries
        for language in LOCALES
    ]
    return Listed(items=items, next=None)


@router.post(
    "/v1/reporter-texts",
    operation_id="wordReporterText",
    summary="Word a standard text anew",
    status_code=202,
    responses=responses("not-signed-in", "not-permitted", "already-proposed", "names-a-person"),
)
def word(at: AtDoor, by: Editor, body: TextWish) -> Proposed:
    """It is shown once a second person has agreed. It may name nobody of the staff."""
    with at.unit_of_work() as db:
        naming.demand_no_staff(db, body.text, "/text")
        return proposed(twofold.word_text(db, body.wording(), by))


@router.post(
    "/v1/reporter-texts/preview",
    operation_id="previewReporterText",
    summary="See a standard text as a reporter would",
    responses=responses("not-signed-in", "not-permitted", "names-a-person"),
)
def preview(at: AtDoor, by: Editor, body: TextWish) -> TextShown:  # noqa: ARG001 -- the gate
    """Nothing is kept."""
    with at.glance() as db:
        naming.demand_no_staff(db, body.text, "/text")
        wording.check(body.wording())
        return TextShown(text=wording.shown(db, body.text))
