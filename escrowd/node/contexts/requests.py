"""Letters that requests order: somebody asked with a card, and what became of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from escrowd.core.orders import Order
from escrowd.core.releases import find
from escrowd.core.requests import Request, due_at
from escrowd.core.terms import PROVIDER
from escrowd.node import letters
from escrowd.node.contexts._release import release_context
from escrowd.node.contexts._view import Sight


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView(Sight):
    """What letters of one request speak of.

    ``may_act``: whether a click at the address of the letter at hand may object.
    """

    request: Request
    may_act: bool = False

    @property
    def earliest(self) -> int:
        """When the release goes out at the earliest (wall), 0 while a yes is missing."""
        due = due_at(self.request)
        return 0 if due is None else self.wall_of(max(due, self.now.moment.awake))

    def had(self, client: str, but: str) -> tuple[letters.Had, ...]:
        """Who got a release by this request already, without one person."""
        return tuple(
            letters.Had(person=self.name(r.person), role=r.role, on=self.wall_of(r.done_awake))
            for r in self.request.releases
            if r.client == client and r.person != but and r.done_awake is not None
        )

    def about(self, order: Order) -> dict[str, Any]:
        """What all letters about a request know."""
        request = self.request
        return {
            **self.common,
            "client": self.client(order.client),
            "audience": self.audience(order),
            "asker": order.person in request.askers,
            "person": self.name(order.person if order.person in request.askers else request.askers[0]),
            "role": request.role,
            "id": request.id,
            "client_id": order.client,
            "asked_on": self.wall_of(request.opened),
            "earliest": self.earliest,
        }


def request_context_of(order: Order, view: RequestView) -> tuple[str, letters.Context]:
    """The kind of letter that carries an order of a request out, and what it is told."""
    return _MAKERS[order.kind](order, view)


def _received(order: Order, view: RequestView) -> tuple[str, letters.Context]:
    return "request-received", letters.RequestReceived(
        **view.about(order),
        delay_max=view.request.delay_max,
        link=view.page("object") if view.may_act and order.role == "client" else "",
    )


def _consent(order: Order, view: RequestView) -> tuple[str, letters.Context]:
    return "request-consent", letters.RequestConsent(**view.about(order), link=view.page("consent"))


def _delayed(order: Order, view: RequestView) -> tuple[str, letters.Context]:
    delay = view.request.delays[order.number - 1]
    return "request-delayed", letters.RequestDelayed(
        **view.about(order), seconds=delay.seconds, reason=delay.reason, left=view.request.delay_left
    )


def _approved(order: Order, view: RequestView) -> tuple[str, letters.Context]:
    return "request-approved", letters.RequestApproved(
        **view.about(order), by=view.name(order.about), by_client=order.about != PROVIDER
    )


def _objected(order: Order, view: RequestView) -> tuple[str, letters.Context]:
    return "request-objected", letters.RequestObjected(**view.about(order), by=view.name(order.about))


def _release(order: Order, view: RequestView) -> tuple[str, letters.Context]:
    return release_context(order, view, requested_on=view.wall_of(view.request.opened))


def _unconfirmed(order: Order, view: RequestView) -> tuple[str, letters.Context]:
    release = find(view.request.releases, replace(order, person=order.about))
    done = None if release is None else release.done_awake
    return "unconfirmed", letters.Unconfirmed(
        **view.common,
        client=view.client(order.client),
        person=view.name(order.about),
        role=view.request.role,
        released_on=view.now.wall if done is None else view.wall_of(done),
    )


_MAKERS: Final[Mapping[str, Callable[[Order, RequestView], tuple[str, letters.Context]]]] = {
    "request-received": _received,
    "request-consent": _consent,
    "request-delayed": _delayed,
    "request-approved": _approved,
    "request-objected": _objected,
    "release": _release,
    "unconfirmed": _unconfirmed,
}
