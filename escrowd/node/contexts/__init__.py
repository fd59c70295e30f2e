"""What each letter is told: from an order and the facts behind it to the context of its template.

Wall times are computed once, here, from the schedule of the moment at which the order is committed, and
stay as they are in the letter.
"""

from escrowd.node.contexts._view import PageLink, Sight, View
from escrowd.node.contexts.requests import RequestView, request_context_of
from escrowd.node.contexts.silence import context_of

__all__ = ["PageLink", "RequestView", "Sight", "View", "context_of", "request_context_of"]
