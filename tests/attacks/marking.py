"""A client that puts a mark into everything a person could write, wherever it is sent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from workflows import catalogue
from workflows.model import FieldKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from httpx2 import Response

    from tests.attacks.haystack import Marks
    from tests.world import World

ACTIONS = re.compile(r"/v1/cases/([^/]+)/actions")

SENTENCES = frozenset(
    {
        "body", "text", "title", "note", "name", "contact", "place", "summary", "description",
        "reason", "grounds", "staff_number",
    }
)  # fmt: skip
"""Fields in which people write what they like; besides them, whatever holds a space."""

ADDRESS = "203.0.113.77"
"""Where a reporter is, if anybody asked."""


def written(texts: frozenset[str], marks: Marks, where: str, value: Any) -> Any:  # noqa: ANN401 -- JSON
    """A body with a mark behind every text in it."""
    if isinstance(value, list):
        return [written(texts, marks, f"{where}/{n}", one) for n, one in enumerate(value)]
    if not isinstance(value, dict):
        return value
    return {
        name: f"{one} {marks(f'{where}/{name}')}"
        if isinstance(one, str) and (name in texts or " " in one)
        else written(texts, marks, f"{where}/{name}", one)
        for name, one in value.items()
    }


@dataclass
class MarkingClient:
    """Stands between callers and a client.

    Attributes:
        state_of: where the case of a reference stands; asked before each action, so that every text
            which a step takes is given.
        texts: (state, action, field) of every text that a step took.
        answers: everything that was answered as a problem.
    """

    client: Any = field(repr=False)  # Any: the client of tests, or one over a wire
    marks: Marks
    state_of: Callable[[str], str] | None = None
    texts: set[tuple[str, str, str]] = field(default_factory=set)
    answers: list[str] = field(default_factory=list, repr=False)

    @property
    def app(self) -> Any:  # noqa: ANN401 -- as the client has it
        """The application behind the doors."""
        return self.client.app

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str],
        json: Any = None,  # noqa: ANN401 -- JSON
        **more: Any,  # noqa: ANN401 -- as the client takes it
    ) -> Response:
        """Send it, marked."""
        headers = self._headers(method, path, headers)
        if "content" in more and isinstance(more["content"], bytes):
            more["content"] += self.marks(f"{method} {path} content").encode()
        if json is None or path.endswith(("/session", "/receipt")):
            return self._kept(self.client.request(method, path, headers=headers, json=json, **more))
        acting = ACTIONS.fullmatch(path)
        state = self.state_of(acting[1]) if acting and self.state_of else ""
        named = step_texts(state, json["action"]) if acting else frozenset()
        texts = named | {"reason", "reasons"} if acting else SENTENCES
        if "/referrals" in path:
            texts -= {"body"}  # whom it is sent to, a code
        extra = dict.fromkeys(named - set(json), "More:")

        def send(body: dict[str, Any]) -> Response:
            marked = written(texts, self.marks, path, body)
            answer: Response = self.client.request(
                method, path, headers=headers, json=marked, **more
            )
            if answer.is_success:
                given = named & set(body)
                self.texts.update((state, body.get("action", ""), name) for name in given)
            return answer

        answer = send(json | extra)
        if extra and answer.status_code not in {200, 202, 412, 428}:
            answer = send(json)  # some texts exclude each other: what was asked for goes alone
        return self._kept(answer)

    def _headers(self, method: str, path: str, headers: dict[str, str]) -> dict[str, str]:
        where = f"{method} {path}"
        marked = headers | {
            "User-Agent": self.marks(f"{where} user agent"),
            "Referer": f"https://{self.marks(f'{where} referer')}.example/",
            "X-Forwarded-For": ADDRESS,
            "X-Real-IP": ADDRESS,
            "X-Request-ID": self.marks(f"{where} request id"),
        }
        if name := headers.get("Content-Disposition"):
            mark = self.marks(f"{where} file name")
            marked["Content-Disposition"] = name.replace("UTF-8''", f"UTF-8''{mark}")
        return marked

    def _kept(self, answer: Response) -> Response:
        if not answer.is_success:
            self.answers.append(answer.text + str(answer.headers))
        return answer


def step_texts(state: str, action: str) -> frozenset[str]:
    """The names of the texts that a step takes."""
    step = catalogue.workflow().steps.get((state, action))
    asked = step.fields if step else ()
    return frozenset(one.name for one in asked if one.kind is FieldKind.TEXT)


def every_text() -> set[tuple[str, str, str]]:
    """(state, action, field) of every text that any step takes from staff."""
    return {
        (step.source or "", step.event, one.name)
        for step in catalogue.workflow().transitions
        for one in step.fields
        if one.kind is FieldKind.TEXT and {*step.who} != {"reporter"}
    }


def marking(
    world: World,
    marks: Marks,
    client: Any = None,  # noqa: ANN401 -- as above
    state_of: Callable[[str], str] | None = None,
) -> tuple[World, MarkingClient]:
    """The same world, in which everybody's writing is marked."""
    through = MarkingClient(client or world.client, marks, state_of)
    members = {name: replace(one, client=through) for name, one in world.members.items()}  # type: ignore[arg-type]
    return replace(world, client=through, members=members), through  # type: ignore[arg-type]
