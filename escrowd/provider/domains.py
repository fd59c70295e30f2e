"""The host names that a bundle is about: whose mail may be lost together with what stands in it.

A node is told them with each deposit, so that it can say which addresses hang on the bundle. One name too few
lets an address pass for independent; one too many takes a click away from its owner
(``docs/decisions/0070-which-domains-a-bundle-is-about.md``).
"""

from escrowd.core.bundle import Bundle
from escrowd.core.bundle.domains import hosts_of
from escrowd.core.statements import MAX_DOMAINS


def domains_of(bundle: Bundle) -> tuple[str, ...]:
    """The host names in lower case and their ASCII form, sorted; at most ``MAX_DOMAINS``."""
    return tuple(sorted(hosts_of(bundle)))[:MAX_DOMAINS]
