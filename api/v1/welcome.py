"""The first page: what this is, where to report, where staff sign in, where the interface is told."""

from collections.abc import Iterator
from html import escape
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from api.deps import AtDoor
from api.guard import Everyone, GuardedRoute
from api.locales import words

PUBLIC = Depends(Everyone(why="what this is and how to use it is for everybody"))

router = APIRouter(route_class=GuardedRoute, dependencies=[PUBLIC], include_in_schema=False)

RIGHT_TO_LEFT = frozenset({"ar"})


@router.get("/")
def welcome(at: AtDoor, request: Request) -> HTMLResponse:
    """A plain page in the caller's language."""
    text = words("welcome", at.language)
    demo = f"<p><strong>DEMO</strong> {escape(text['demo'])}</p>" if request.app.state.demo else ""
    body = f"""{demo}
<h1>{escape(text["title"])}</h1>
<p>{escape(text["what"])}</p>
<h2>{escape(text["report_title"])}</h2>
<p>{escape(text["report"])}</p>
<p><code>POST /v1/reports</code> · <code>GET /v1/intake</code></p>
<h2>{escape(text["return_title"])}</h2>
<p>{escape(text["return"])}</p>
<p><code>POST /v1/reporter/session</code></p>
<h2>{escape(text["staff_title"])}</h2>
<p>{escape(text["staff"])}</p>
<p><code>POST /v1/session</code></p>
<p><a href="/v1/docs">{escape(text["docs"])}</a></p>"""
    return page(at.language, text["title"], body)


@router.get("/v1/openapi.json")
def description(request: Request) -> Response:
    """The description of this interface, OpenAPI 3.1."""
    state = request.app.state
    if not hasattr(state, "description"):  # a megabyte that anybody may ask for: written once
        state.description = JSONResponse(request.app.openapi()).body
    return Response(state.description, media_type="application/json")


@router.get("/v1/docs")
def docs(request: Request) -> HTMLResponse:
    """The interface as a page to read: every operation, without script and without other hosts."""
    described = request.app.openapi()
    parts = [f"<h1>{escape(described['info']['title'])}</h1>"]
    parts.append(f"<p>{escape(described['info']['description'])}</p>")
    parts.append('<p><a href="/v1/openapi.json">OpenAPI 3.1</a></p>')
    for tag in described["tags"]:
        found = list(operations(described, tag["name"]))
        if found:
            parts.append(f"<h2>{escape(tag['name'])}</h2><p>{escape(tag['description'])}</p>")
            parts.extend(found)
    return page("en", described["info"]["title"], "\n".join(parts))


def operations(described: dict[str, Any], tag: str) -> Iterator[str]:
    """The operations of one tag, as HTML."""
    for path, methods in described["paths"].items():
        for method, told in methods.items():
            if tag in told.get("tags", ()):
                answers = ", ".join(told["responses"])
                yield (
                    f"<h3><code>{method.upper()} {escape(path)}</code></h3>"
                    f"<p>{escape(told.get('summary', ''))}. {escape(told.get('description', ''))}</p>"
                    f"<p>{escape(answers)}</p>"
                )


def page(language: str, title: str, body: str) -> HTMLResponse:
    """A whole page without style, script or anything fetched."""
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    return HTMLResponse(
        f'<!doctype html><html lang="{language}" dir="{direction}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><main>{body}</main></html>",
        headers={"Content-Language": language},
    )
