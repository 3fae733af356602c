"""Handing a matter to another authority: what went out is written down by itself, and what came back."""

from datetime import date
from uuid import UUID

from cases import investigation
from cases.deeds import Deed
from cases.errors import Unacceptable
from cases.objects import following, manifests, things
from cases.objects.following_shapes import Referral
from cases.objects.held import Held


def send(deed: Deed) -> None:
    """Write the referral that a step makes, with the hashes of what is sent (T14, T19, T24).

    Raises:
        Unacceptable: what was said under compulsion would go to an authority that may punish.
    """
    given = deed.given
    items = list(given.many("items", UUID))
    _refuse_compelled(deed, items)
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
            "sent_on": deed.today,
            "manifest": manifests.of(
                deed.db, deed.case, items, permit=deed.look("referral"), keys=deed.hand
            ),
        }
    )
    _put(deed, referral)


def _refuse_compelled(deed: Deed, items: list[UUID]) -> None:
    if deed.given.one("body", str) not in following.CRIMINAL:
        return
    compelled = {
        one.id
        for kind in ("item", "interview")
        for one in deed.held(kind)
        if one.value.get("compelled")
    }
    if faults := [(f"/items/{n}", "compelled") for n, one in enumerate(items) if one in compelled]:
        raise Unacceptable(faults)


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
    waiting = [
        one for one in deed.held("referral") if one.value["status"] not in ("prepared", "ended")
    ]
    if waiting:
        kept = {name: one for name, one in changed.items() if one is not None}
        _put(deed, Referral.model_validate(waiting[-1].value | kept), waiting[-1])


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
