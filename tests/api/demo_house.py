"""The whole application over a demo, without a running server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from api import demo, settings, wiring
from api.main import create_app
from tests.inprocess import Client

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.demo import DemoCast, DemoPerson
    from cases.database import House
    from tests.databases import Backend


@dataclass
class DemoHouse:
    """A demo and its doors; everybody has the same password, stretched once."""

    cast: DemoCast
    house: House
    app: FastAPI
    client: Client
    tokens: dict[str, str] = field(default_factory=dict)

    @classmethod
    def on(cls, backend: Backend, **chosen: object) -> DemoHouse:
        """Made on two fresh databases."""
        found = settings.for_directory(
            backend.directory,
            database_url=backend.main_url,
            vault_url=backend.vault_url,
            reporter_tick_minutes=0,
            **chosen,
        )
        cast = demo.create_demo(backend.directory, found, one_password=True)
        house = wiring.open_house(found, publish_receipt=lambda _line: None)
        app = create_app(found, house=house, background=False)
        return cls(cast, house, app, Client(app))

    # Any: an answer of the client's own kind.
    def sign_in(self, username: str, password: str, **more: str) -> Any:  # noqa: ANN401
        """Try to sign in."""
        body = {"username": username, "password": password, **more}
        return self.client.post("/v1/session", json=body)

    def as_(self, role: str, unit: str = "main", nth: int = 0) -> Client:
        """A client in whose name somebody of the cast is signed in."""
        return self.signed_in(self.cast.person(role, unit, nth))

    def signed_in(self, person: DemoPerson) -> Client:
        """A client in whose name this person is signed in; once for all tests of a module."""
        if person.username not in self.tokens:
            answer = self.sign_in(person.username, person.password)
            assert answer.status_code == 201, answer.text
            self.tokens[person.username] = answer.json()["token"]
        return self.with_token(self.tokens[person.username])

    def with_token(self, token: str) -> Client:
        """A client that shows this token."""
        return Client(self.app, headers={"Authorization": f"Bearer {token}"})

    def unit(self, code: str) -> str:
        """The id of a unit."""
        return str(next(one["id"] for one in self.listed("/v1/units") if one["code"] == code))

    def staff(self, username: str) -> str:
        """The id of a person."""
        everybody = self.listed("/v1/staff")
        return str(next(one["id"] for one in everybody if one["username"] == username))

    # Any: JSON.
    def listed(self, path: str) -> list[dict[str, Any]]:
        """Every item of a list that an administrator can see."""
        client, items, cursor = self.as_("system_admin"), [], None
        while True:
            query = {"limit": 200, **({"cursor": cursor} if cursor else {})}
            page = client.get(path, params=query).json()
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items

    def close(self) -> None:
        """Give back every connection."""
        self.house.close()
