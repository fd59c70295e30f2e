"""A holder proves a card and asks: a wait that others can stretch a little and nobody can refuse.

Beside the switch, and untouched by it: no check-in, pause, deafness, settling, trial or copy of the node
puts a request off, and it runs under the terms that counted when it was opened. One deposit's requests are
a tuple of ``Request``; every function takes the moment, in milliseconds of the node's awake time, and
returns what holds then. The driver commits facts and orders together, and evaluates after each event.

Q1   A proof with a card of the groups client, successor, reserve asks for the persons of that role in the
     terms. A card of the nodes asks for nobody.
Q2   Of one group one request is open at a time; who asks again joins it. It is open until a mail of it went
     out. The next one ends the repeats of the one before.
Q3   Provider, witnesses and every beneficiary are told at once.
Q4   Base = the first such mail accepted for the provider, at the latest ``TOLD_WITHIN`` (2 d) after the
     proof.
Q5   Due = base + wait + the provider's delays + ``OBJECTION`` (7 d) if the client objected; the wait is the
     terms' ``request_wait`` for a client, ``OTHERS_WAIT`` (7 d) for the others.
Q6   The provider's approval makes it due at once.
Q7   A successor or reserve is due only once the client or the provider said yes.
Q8   Delays carry a reason and add up to the terms' ``delay_max`` at most.
Q9   A client may object once, by an address that may act (``core.addresses``, A12). All are told.
Q10  What is due cannot be put off any more. Nothing refuses a request: no function here takes one back.
Q11  Released is who has an address that a release by request may go to (``core.addresses``). Who has none yet
     is released when there is one.
Q12  From the order on: ``core.releases``. A provider's check-in stops no repeats here.
Q13  A request that was made with a card of a set that is retired meanwhile moves along to the newest set.

So a client is out at most ``request_wait + delay_max + 2 d`` after the proof, and 7 d later if the client
objected: sums of awake time in which the node could not mail the provider included.
"""

from escrowd.core.requests.events import (
    approve,
    consent,
    delay,
    move_along,
    object_,
    open_request,
    role_of,
    told_accepted,
)
from escrowd.core.requests.facts import (
    OBJECTION,
    OTHERS_WAIT,
    SECOND,
    TOLD_WITHIN,
    Change,
    Delay,
    Evaluation,
    Request,
    Requests,
    State,
    due_at,
    find,
    runs,
    state_of,
)
from escrowd.core.requests.going import (
    begun,
    confirmed,
    evaluate,
    may_go,
    may_release,
    refused,
    released,
)

__all__ = [
    "OBJECTION",
    "OTHERS_WAIT",
    "SECOND",
    "TOLD_WITHIN",
    "Change",
    "Delay",
    "Evaluation",
    "Request",
    "Requests",
    "State",
    "approve",
    "begun",
    "confirmed",
    "consent",
    "delay",
    "due_at",
    "evaluate",
    "find",
    "may_go",
    "may_release",
    "move_along",
    "object_",
    "open_request",
    "refused",
    "released",
    "role_of",
    "runs",
    "state_of",
    "told_accepted",
]
