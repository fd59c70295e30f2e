"""Letters: from a kind, a language and a typed context to subject, text and HTML. No store, clock or sending.

``KINDS`` names every letter and the context it takes. The sentences stand in ``escrowd.texts``.

A release is finished (Message-ID, Date, words) before the node may open its share, so its body holds
``SHARE_MARKS`` where the 20 words go; ``put_share`` replaces them at the moment of sending, in parts that
travel as 7bit, 8bit or quoted-printable.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import get_args

from escrowd.core.wire import SHARE_BEGIN, SHARE_END
from escrowd.node.letters._context import (
    Agreement,
    Audience,
    Context,
    Entitled,
    Part,
    Planned,
    Role,
    Standing,
)
from escrowd.node.letters._share import SHARE_MARKS, put_share, share_marks
from escrowd.node.letters.alarms import (
    Alarm,
    AlarmDamaged,
    AlarmDeaf,
    AlarmDeafLimit,
    AlarmHeard,
    AlarmHeld,
    AlarmKey,
    AlarmLags,
    AlarmRefused,
    AlarmRestored,
    Digest,
)
from escrowd.node.letters.people import (
    AddressAdded,
    AddressChanged,
    AddressConfirmed,
    AddressRemoved,
    AddressRemoving,
    AddressUnwanted,
    CardProved,
    ConfirmAddress,
    Drill,
    SetConfirm,
    SetNew,
    SetRetired,
    SetUnseal,
    TrialEnded,
)
from escrowd.node.letters.requests import (
    DeadlineMoved,
    Reported,
    Request,
    RequestApproved,
    RequestConsent,
    RequestDelayed,
    RequestObjected,
    RequestReceived,
    Vouched,
    WitnessAnnounced,
    WitnessOverdue,
)
from escrowd.node.letters.silence import (
    AllClear,
    Announce,
    AnnounceProvider,
    CheckedIn,
    Confirmed,
    DepositReceipt,
    Had,
    Kept,
    ListOld,
    Notice,
    Older,
    OlderShare,
    Release,
    Remind,
    Unconfirmed,
    Warn,
)
from escrowd.texts import render
from escrowd.texts.blocks import Letter

__all__ = [
    "KINDS",
    "SHARE_MARKS",
    "AddressAdded",
    "AddressChanged",
    "AddressConfirmed",
    "AddressRemoved",
    "AddressRemoving",
    "AddressUnwanted",
    "Agreement",
    "Alarm",
    "AlarmDamaged",
    "AlarmDeaf",
    "AlarmDeafLimit",
    "AlarmHeard",
    "AlarmHeld",
    "AlarmKey",
    "AlarmLags",
    "AlarmRefused",
    "AlarmRestored",
    "AllClear",
    "Announce",
    "AnnounceProvider",
    "Audience",
    "CardProved",
    "CheckedIn",
    "ConfirmAddress",
    "Confirmed",
    "Context",
    "DeadlineMoved",
    "DepositReceipt",
    "Digest",
    "Drill",
    "Entitled",
    "Had",
    "Kept",
    "Letter",
    "ListOld",
    "Notice",
    "Older",
    "OlderShare",
    "Part",
    "Planned",
    "Release",
    "Remind",
    "Reported",
    "Request",
    "RequestApproved",
    "RequestConsent",
    "RequestDelayed",
    "RequestObjected",
    "RequestReceived",
    "Role",
    "SetConfirm",
    "SetNew",
    "SetRetired",
    "SetUnseal",
    "Standing",
    "TrialEnded",
    "Unconfirmed",
    "Vouched",
    "Warn",
    "WitnessAnnounced",
    "WitnessOverdue",
    "compose",
    "put_share",
    "share_marks",
]

KINDS: Mapping[str, type[Context]] = {
    "remind": Remind,
    "checked-in": CheckedIn,
    "warn": Warn,
    "announce-provider": AnnounceProvider,
    "announce": Announce,
    "release-client": Release,
    "release-successor": Release,
    "all-clear": AllClear,
    "notice": Notice,
    "unconfirmed": Unconfirmed,
    "confirmed": Confirmed,
    "deposit-receipt": DepositReceipt,
    "list-old": ListOld,
    "confirm-address": ConfirmAddress,
    "address-confirmed": AddressConfirmed,
    "address-added": AddressAdded,
    "address-unwanted": AddressUnwanted,
    "address-removed": AddressRemoved,
    "address-removing": AddressRemoving,
    "address-changed": AddressChanged,
    "request-received": RequestReceived,
    "request-consent": RequestConsent,
    "request-delayed": RequestDelayed,
    "request-approved": RequestApproved,
    "request-objected": RequestObjected,
    "witness-overdue": WitnessOverdue,
    "witness-announced": WitnessAnnounced,
    "vouched": Vouched,
    "reported": Reported,
    "deadline-moved": DeadlineMoved,
    "set-new": SetNew,
    "set-confirm": SetConfirm,
    "set-retired": SetRetired,
    "set-unseal": SetUnseal,
    "drill": Drill,
    "card-proved": CardProved,
    "trial-ended": TrialEnded,
    "digest": Digest,
    "alarm-deaf": AlarmDeaf,
    "alarm-deaf-limit": AlarmDeafLimit,
    "alarm-heard": AlarmHeard,
    "alarm-held": AlarmHeld,
    "alarm-refused": AlarmRefused,
    "alarm-key": AlarmKey,
    "alarm-restored": AlarmRestored,
    "alarm-lags": AlarmLags,
    "alarm-damaged": AlarmDamaged,
}
"""Every letter there is. A reserve is written to as a successor is, under its own name."""


def compose(kind: str, language: str, context: Context) -> Letter:
    """The letter ``kind`` in ``language`` ("de" or "en").

    Raises: KeyError for an unknown kind; TypeError for another kind's context or an unknown language.
    """
    if type(context) is not KINDS[kind] or language not in get_args(render.Language):
        raise TypeError(kind, language, type(context))
    values = {field.name: getattr(context, field.name) for field in fields(context)}
    values |= {"share_begin": SHARE_BEGIN, "share_end": SHARE_END}
    spoken: render.Language = "de" if language == "de" else "en"
    return render.letter(kind, spoken, values, zone=context.zone)
