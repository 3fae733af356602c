"""Slow work waits in a line of its own, and the line has an end."""

import threading
import time

import anyio
import anyio.lowlevel
import pytest

from api.limits import Pool, padded
from cases.errors import Busy, SignInFailed, WrongReceipt

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_pool_gives_what_the_function_gives_and_lets_its_errors_through() -> None:
    pool = Pool()
    assert await pool.run(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await pool.run(divmod, 7, 0)
    assert await pool.run(divmod, 9, 2) == (4, 1)


async def test_one_runs_at_a_time_in_the_order_of_arrival() -> None:
    pool, running, most, order = Pool(), 0, 0, []

    def work(number: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        order.append(number)
        time.sleep(0.005)
        running -= 1

    async with anyio.create_task_group() as group:
        for number in range(10):
            group.start_soon(pool.run, work, number)
    assert most == 1
    assert order == list(range(10))


async def test_who_comes_when_sixteen_wait_is_sent_away_at_once() -> None:
    pool, go = Pool(permits=1, waiting=16), threading.Event()
    refused = []

    async def one() -> None:
        try:
            await pool.run(go.wait)
        except Busy as busy:
            refused.append(busy.retry_after)

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(one)
        with anyio.fail_after(5):
            while len(refused) < 3:
                await anyio.lowlevel.checkpoint()
        go.set()
    assert refused == [5, 5, 5]
    assert await pool.run(go.is_set)


async def test_who_gives_up_waiting_frees_the_place() -> None:
    pool, go = Pool(permits=1, waiting=1), threading.Event()

    async def first() -> None:
        await pool.run(go.wait)

    async with anyio.create_task_group() as group:
        group.start_soon(first)
        await anyio.wait_all_tasks_blocked()
        with anyio.move_on_after(0.01) as gave_up:
            await pool.run(go.is_set)
        assert gave_up.cancelled_caught
        go.set()
        assert await pool.run(go.is_set)


async def test_two_pools_do_not_wait_for_each_other() -> None:
    reporter, staff, go = Pool(), Pool(), threading.Event()

    async def first() -> None:
        await reporter.run(go.wait)

    async with anyio.create_task_group() as group:
        group.start_soon(first)
        await anyio.wait_all_tasks_blocked()
        with anyio.fail_after(5):
            assert await staff.run(divmod, 7, 2) == (3, 1)
        go.set()


@pytest.mark.parametrize("failure", [WrongReceipt, SignInFailed])
async def test_a_failed_sign_in_takes_its_time(failure: type[Exception]) -> None:
    began = time.perf_counter()
    with pytest.raises(failure):
        async with padded(0.05):
            raise failure
    assert time.perf_counter() - began >= 0.05


async def test_success_and_a_full_line_are_answered_at_once() -> None:
    began = time.perf_counter()
    async with padded(5):
        pass
    with pytest.raises(Busy):
        async with padded(5):
            raise Busy
    assert time.perf_counter() - began < 4


async def test_padding_does_not_add_to_what_took_long_already() -> None:
    async def slow() -> None:
        async with padded(0.02):
            await anyio.sleep(0.05)
            raise WrongReceipt

    began = time.perf_counter()
    with pytest.raises(WrongReceipt):
        await slow()
    assert time.perf_counter() - began < 0.5
