"""Whoever reports comes back with a receipt alone, and is spoken to in their own language."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.world import code, said

if TYPE_CHECKING:
    from tests.world import World

pytestmark = pytest.mark.one_database

PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 400
ANNEX = b"%PDF-1.7\n" + b"the annex, in our words\n" * 4_000

SAID = {
    "en": ("We received your report", "We asked you a question", "Closed, see our reply"),
    "fr": (
        "Nous avons reçu votre signalement",
        "Nous vous avons posé une question",
        "Clôturé, voir notre réponse",
    ),
    "es": (
        "Recibimos su denuncia",
        "Le hemos hecho una pregunta",
        "Cerrada, vea nuestra respuesta",
    ),
    "pt": (
        "Recebemos a sua denúncia",
        "Fizemos-lhe uma pergunta",
        "Encerrada, veja a nossa resposta",
    ),
    "ar": ("استلمنا بلاغكم", "طرحنا عليكم سؤالاً", "مغلق، اطلعوا على ردنا"),
}
"""Received, waiting for an answer, closed: as the author reads it."""


@pytest.mark.parametrize("language", SAID)
def test_from_the_receipt_to_the_last_word_in_their_own_language(
    world: World, language: str
) -> None:
    received, asked, closed = SAID[language]
    reporter = world.report(language=language, body="بوابة · portão · 12", office="harbour")
    assert reporter.answer["status_text"] == received
    life = world.life(reporter)
    assert reporter.enter().report()["status_text"] == received

    # A question, and its answer with a photograph.
    life.acknowledged().do("triage", "start_triage")
    life.do("triage", "ask_reporter", question="Which gate? / أي بوابة؟")
    stands = reporter.report()
    assert stands["status_text"] == asked
    assert "Which gate? / أي بوابة؟" in [one["body"] for one in stands["messages"]]
    assert {one["author"] for one in stands["messages"]} == {"service"}
    reporter.write("البوابة الشمالية")
    photo = reporter.send_file(PHOTO, name="%D8%A8%D9%88%D8%A7%D8%A8%D8%A9.jpg")
    life.came("reporter_answers", "triage")

    # Staff read it, and send a file of theirs into the same thread.
    thread = life.read("triage", "reports", "threads", "evidence")
    assert thread["reports"][0]["body"] == "بوابة · portão · 12"
    answers = [x for x in thread["threads"][0]["messages"] if x["author"] == "reporter"]
    assert [one["body"] for one in answers] == ["البوابة الشمالية"]
    assert world.as_("triage").get(life.path("attachments", photo)).content == PHOTO
    annex, report = str(uuid4()), thread["reports"][0]["id"]
    headers = {"Content-Disposition": 'attachment; filename="annex.pdf"'}
    path = life.path("attachments", annex)
    said(world.as_("triage").put(f"{path}?report={report}", ANNEX, headers=headers), 201)

    # Back home: both files are there, and come byte for byte.
    files = {one["id"]: one for one in reporter.report()["attachments"]}
    assert {one["author"] for one in files.values()} == {"you", "service"}
    for identity, content in ((photo, PHOTO), (annex, ANNEX)):
        assert files[identity]["size"] == len(content)
        back = reporter.caller.get(f"/v1/reporter/attachments/{identity}")
        assert back.content == content
        assert back.headers["Content-Disposition"].startswith("attachment")

    # And the end of it, worded in their language; who wrote is not said.
    life.allege().assess()
    life.do("manager", "to_local", handler="Head of the post")
    life.do(
        "manager", "resolved", closure_reason="resolved_locally", result="Done.", message="Done!"
    )
    stands = reporter.report()
    assert (stands["status"], stands["status_text"]) == ("closed", closed)
    codes = [one["code"] for one in stands["messages"] if one["code"]]
    assert codes == [
        "received",
        "acknowledged",
        "question_asked",
        "answer_received",
        "local_resolution",
        "closed",
    ]
    assert not any(one.get("staff") for one in stands["messages"])
    assert "request_review" in stands["can"]


def test_what_a_desk_wrote_down_is_its_teller_s_alone(world: World) -> None:
    reporter = world.report(desk=True, language="es", body="Me pidieron dinero.", channel="phone")
    desk = world.as_("desk")
    life = world.life(reporter)
    assert code(desk.get(life.path())) == (403, "not-permitted")
    handed_over = reporter.receipt
    reporter.enter()  # the receipt of the desk is exchanged for one that nobody else has seen
    assert reporter.receipt != handed_over
    old = world.anybody().post("/v1/reporter/session", {"receipt": handed_over})
    assert code(old) == (401, "wrong-receipt")
    assert reporter.report()["status_text"] == SAID["es"][0]
    assert code(life.try_("desk", "acknowledge")) == (409, "not-ready")
    life.acknowledged()


def test_another_receipt_opens_nothing_of_it_not_even_after_both_became_one_case(
    world: World,
) -> None:
    one, other = (world.life(office="airport") for _ in range(2))
    for life in (one, other):
        life.acknowledged().triaged("COR-01")
        life.reporter.enter()
    mine = one.reporter.send_file(PHOTO)
    one.declare("manager")
    one.declare("manager2")
    other.both("manager", "manager2", "merge", target_case=one.reference, basis="The same day.")
    one.reporter.write("only the first knows this")
    theirs = other.reporter.report()
    assert theirs["attachments"] == []
    assert "only the first knows this" not in str(theirs)
    assert theirs["status"] == "assessing", "nothing tells that somebody else reported too"
    stolen = other.reporter.caller.get(f"/v1/reporter/attachments/{mine}")
    assert code(stolen) == (404, "not-found")
    threads = one.read("manager", "threads")["threads"]
    assert len(threads) == 2
