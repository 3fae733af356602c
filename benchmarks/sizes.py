"""How much each benchmark does: a whole run, a quick look, and the smallest that still uses every part."""

from dataclasses import dataclass

MIB = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The measures of one run.

    Attributes:
        unmeasured: rounds before those that count, which warm what is warm in service.
        stretch_rounds: rounds of submissions, receipt logins and Argon2id in turn.
        stretch_each: of each in a round.
        throughput_rounds: rounds of one worker, then two.
        throughput_seconds: of submissions by many clients at once, per worker count and round.
        workers: processes of the larger server.
        few: cases in the small queue.
        many: cases in the large one.
        page_rounds: rounds over every view of the queue.
        page_each: pages of each in a round.
        upload_bytes: of the large file.
        upload_rounds: how often it is sent to each server.
        starts: cold starts.
        settle_seconds: before what a server holds at rest is read.
        probe_rounds: rounds of `/healthz` alone, then under wrong receipts.
        probe_seconds: of each.
        wrong_per_second: wrong receipts that arrive, whether or not earlier ones were answered.
        trail_rounds: rounds of whatever of the trail is compared.
        trail_events: of the trail in a round, each way.
        trail_few: leaves of the small tree.
        trail_many: leaves of the large one.
        trail_each: entries and proofs in a round.
        trail_rate: events a second that are offered while the sequencer works.
        trail_seconds: how long.
    """

    unmeasured: int = 1
    stretch_rounds: int = 20
    stretch_each: int = 5
    throughput_rounds: int = 5
    throughput_seconds: float = 4.0
    workers: int = 2
    few: int = 1_000
    many: int = 100_000
    page_rounds: int = 7
    page_each: int = 5
    upload_bytes: int = 1024 * MIB
    upload_rounds: int = 3
    starts: int = 5
    settle_seconds: float = 1.0
    probe_rounds: int = 5
    probe_seconds: float = 4.0
    wrong_per_second: int = 200
    trail_rounds: int = 5
    trail_events: int = 200
    trail_few: int = 10_000
    trail_many: int = 1_000_000
    trail_each: int = 40
    trail_rate: int = 500
    trail_seconds: float = 10.0


FULL = Sizes()

QUICK = Sizes(
    stretch_rounds=6,
    throughput_rounds=2,
    throughput_seconds=2.0,
    many=10_000,
    page_rounds=3,
    page_each=3,
    upload_bytes=128 * MIB,
    starts=2,
    probe_rounds=2,
    probe_seconds=2.0,
    trail_rounds=3,
    trail_many=100_000,
    trail_seconds=4.0,
)

TINY = Sizes(
    unmeasured=0,
    stretch_rounds=1,
    stretch_each=1,
    throughput_rounds=1,
    throughput_seconds=0.2,
    workers=1,
    few=60,
    many=60,
    page_rounds=1,
    page_each=1,
    upload_bytes=MIB,
    upload_rounds=1,
    starts=1,
    settle_seconds=0.0,
    probe_rounds=1,
    probe_seconds=0.3,
    wrong_per_second=20,
    trail_rounds=1,
    trail_events=3,
    trail_few=300,
    trail_many=600,
    trail_each=1,
    trail_rate=50,
    trail_seconds=0.3,
)
"""For the test that keeps the benchmarks running; its figures say nothing, and few are as good as many."""
