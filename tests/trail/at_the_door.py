"""The auditors' own program at the doors of a house in this process, where a server would only take time."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.trail.sample_log import found, verifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.world import World


def fetch(world: World, folder: Path, *more: object) -> tuple[int, dict[str, str]]:
    """`fetch`, by the overseer, who may see everything: exit code, and how each check came out."""
    overseer = world.cast.person("oversight_body", "review", 0)
    with _inside(world, overseer.password):
        return found("fetch", "http://localhost", folder, "--user", overseer.username, *more)


@contextmanager
def _inside(world: World, password: str) -> Iterator[None]:
    class Inside(verifier.Service):  # type: ignore[misc, name-defined]  # it is loaded by its path
        def call(
            self, path: str, *, method: str = "GET", body: object = None, accept: str = "*/*"
        ) -> bytes:
            headers = {"Accept": accept}
            if self.token is not None:
                headers["Authorization"] = f"Bearer {self.token}"
            answer = world.anybody().ask(method, path, json=body, headers=headers)
            assert answer.is_success, answer.text
            return answer.content

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verifier, "Service", Inside)
        patch.setattr("getpass.getpass", lambda _: password)
        yield
