"""Handing a matter to another authority: what went out is written down by itself, and what came back."""

from datetime import date
from uuid import UUID

from cases import investigation
from cases.deeds import Deed
from cases.objects import handing_on, manifests, things
from cases.objects.following_shapes import Referral
from cases.objects.held import Held

SENDS = "refer"
"""The event of the steps that hand a matter on."""
AWAY = "referred_out"
"""The state from which they come back."""


def problems(deed: Deed) -> list[tuple[str, str]]:
    """What is wrong with handing a matter on, or with telling what came of it.

    Of a referral that nobody was told of, each later step says itself whether the reporter hears of it.

    Returns:
        (pointer, code of `field_problems`) each.
    """
    given = deed.given
    quiet = given.one("withhold_notice", bool)
    if deed.step.event == SENDS:
        body, items = given.one("body", str) or "", list(given.many("items", UUID))
        found = handing_on.untold(body, withheld=quiet is True)
        found += handing_on.unaccepted(deed.db, deed.case, body)
        if not handing_on.may_learn(body, given.one("identity_basis", str)):
            found.append(("/identity_basis", "not_for_this_body"))
        if items:
            found += handing_on.compelled(body, items, _kept_back(deed))
        return found
    if deed.case.state != AWAY or deed.step.field("withhold_notice") is None:
        return []
    waiting = _waiting(deed)
    # The silence that the law demands about a body holds for what comes back from it too.
    if found := [fault for one in waiting for fault in _heard(one, withheld=quiet is True)]:
        return found[:1]
    if quiet is None and any(one.value["withhold_notice"] for one in waiting):
        return [("/withhold_notice", "required")]
    return []


def _heard(referral: Held, *, withheld: bool) -> list[tuple[str, str]]:
    return handing_on.untold(referral.value["body"], withheld=withheld)


def tells_who_reported(deed: Deed) -> bool:
    """Whether something that is handed on tells who reported."""
    items = list(deed.given.many("items", UUID))
    return bool(items and handing_on.telling(items, _kept_back(deed)))


def _kept_back(deed: Deed) -> handing_on.Kept:
    return handing_on.kept_back(deed.db, deed.case, by=deed.staff, keys=deed.hand)


def send(deed: Deed) -> None:
    """Write the referral that a step makes, with the hashes of what is sent (T14, T19, T24, T51)."""
    given = deed.given
    items = list(given.many("items", UUID))
    referral = Referral.model_validate(
        {
            "body": given["body"],
            "basis": given["legal_basis"],
            "reprisal_risk": given["reprisal_risk"],
            "items": items,
            "withheld": given.one("withheld", str),
            "identity_basis": given.one("identity_basis", str),
            "may_learn_identity": "identity_basis" in given,
            "withhold_notice": given.one("withhold_notice", bool) is True,
            "status": "sent",
            "terms": handing_on.terms(deed.db, given.one("body", str) or ""),
            "sent_on": deed.today,
            "manifest": manifests.of(
                deed.db, deed.case, items, permit=deed.look("referral"), keys=deed.hand
            ),
        }
    )
    _put(deed, referral)


def answered(deed: Deed) -> None:
    """Keep what the authority found on the referral that waits for it, and name who decides on it (T43)."""
    given = deed.given
    _turn(
        deed,
        status="result_received",
        result=given.one("result", str),
        result_on=given.one("result_on", date) or deed.today,
        reference=given.one("authority_reference", str),
    )
    investigation.name_deciders(deed)


def ended(deed: Deed) -> None:
    """The authority sent it back, or nothing administrative remains (T44, T45)."""
    _turn(deed, status="ended")


def _turn(deed: Deed, **changed: object) -> None:
    if waiting := _waiting(deed):
        kept = {name: one for name, one in changed.items() if one is not None}
        _put(deed, Referral.model_validate(waiting[-1].value | kept), waiting[-1])


def _waiting(deed: Deed) -> list[Held]:
    """The referrals that were sent and have not ended, oldest first."""
    return [
        one for one in deed.held("referral") if one.value["status"] not in ("prepared", "ended")
    ]


def _put(deed: Deed, referral: Referral, earlier: Held | None = None) -> None:
    things.put(
        deed.db,
        deed.case,
        "referral",
        referral,
        by=deed.staff,
        keys=deed.hand,
        earlier=earlier.row if earlier else None,
    )
