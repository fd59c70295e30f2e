"""The node as other programs see it: JSON over HTTP, described by its own OpenAPI document."""

from collections.abc import Callable
from typing import Any

from escrowd.node.intake import NodeContext

__all__ = ["NodeContext", "build_app"]


def build_app(context: NodeContext) -> Callable[..., Any]:
    """The ASGI application of a running node, JSON and pages. Sweeps the spool of an earlier process."""
    from escrowd.node.api.app import make_app  # noqa: PLC0415 — the pages stand on modules of this package

    return make_app(context)
