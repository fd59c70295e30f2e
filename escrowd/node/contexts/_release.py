"""What a release says, whatever caused it."""

from escrowd.core.orders import Order
from escrowd.core.wire import key_file, share_file
from escrowd.node import letters
from escrowd.node.contexts._view import Sight


def release_context(
    order: Order, view: Sight, *, silent_since: int = 0, requested_on: int = 0, trial: bool = False
) -> tuple[str, letters.Context]:
    """The kind of letter and its context.

    Parameters: ``silent_since`` or ``requested_on`` (wall), what caused it; ``trial``: to the provider,
    without share and attachments.
    """
    parcel = view.parcel(order.client)
    if parcel is None:
        raise LookupError(order.client)
    page = "" if trial else view.page("release")
    shares = {} if trial else parcel.sealed_shares
    person = order.about if trial else order.person
    older = [number for number in parcel.sets[1:] if share_file(number) in shares]
    return "release-client" if order.role == "client" else "release-successor", letters.Release(
        **view.common,
        client=view.client(order.client),
        role=order.role or "client",
        silent_since=silent_since,
        set_number=parcel.sets[0],
        revision=parcel.main.revision,
        revision_on=parcel.main.made_wall,
        parts=()
        if trial
        else tuple(letters.Part(name=name, size=file.size) for name, file in parcel.attached.items()),
        page=page,
        bundle_link=page if parcel.is_large else "",
        repeat=order.number,
        others=view.planned(order.client, but=person),
        blind=order.blind,
        requested_on=requested_on,
        older=tuple(letters.Older(revision=one.revision, on=one.made_wall) for one in parcel.older),
        share=letters.SHARE_MARKS if share_file(parcel.sets[0]) in shares else (),
        older_shares=tuple(
            letters.OlderShare(number=number, share=letters.share_marks(place))
            for place, number in enumerate(older, 1)
        ),
        kept=tuple(
            letters.Kept(number=number, revision=one.revision, on=one.made_wall, key=key_file(number))
            for number, one in parcel.kept.items()
        ),
        had=view.had(order.client, but=person),
    )
