"""Processes that die: before the n-th call to the system, as a kill or a power cut would have it."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING
from unittest import mock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CALLS = ("open", "fsync", "replace", "unlink")
"""What changes a disk, and what makes the change last."""


@contextmanager
def before_each_call(notice: Callable[[str], None]) -> Iterator[None]:
    """Tell of every call to the system, before it is done."""

    def told(name: str) -> Callable[..., object]:
        real: Callable[..., object] = getattr(os, name)

        def tell_and_do(*args: object, **named: object) -> object:
            notice(name)
            return real(*args, **named)

        return tell_and_do

    with ExitStack() as patched:
        for name in CALLS:
            patched.enter_context(mock.patch.object(os, name, told(name)))
        yield


def calls_of(act: Callable[[], object]) -> list[str]:
    """Do something; the calls it made to the system."""
    made: list[str] = []
    with before_each_call(made.append):
        act()
    return made


def killed_at(call: int, act: Callable[[], object]) -> bool:
    """Do something in a process that dies before its n-th call to the system; whether it did die."""
    child = os.fork()
    if not child:
        left = iter(range(call))

        def die_in_time(_: str) -> None:
            if next(left, None) is None:
                os._exit(1)

        try:
            with before_each_call(die_in_time):
                act()
        finally:
            os._exit(0)  # the tests go on in the parent alone
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
