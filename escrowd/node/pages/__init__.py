"""The node as people see it in a browser: no script, no cookie, nothing happens before a button."""

from escrowd.node.pages.frame import PREFIX, error_page
from escrowd.node.pages.routes import build_pages

__all__ = ["PREFIX", "build_pages", "error_page"]
