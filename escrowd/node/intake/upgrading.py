"""What an upgraded database cannot know by itself: whose card each proof key is. The manifests say it."""

import logging

from escrowd.core.manifest import verify_manifest
from escrowd.core.wire import MANIFEST_FILE
from escrowd.errors import EscrowdError
from escrowd.node.store import Connection, Store
from escrowd.node.store.deposits import newest
from escrowd.node.store.holders import put_holders, without_holders

log = logging.getLogger(__name__)


def record_holders(tx: Connection, store: Store) -> None:
    """Record the cards of deposits from before schema 2. One whose manifest is damaged waits for the next."""
    for provider, client in without_holders(tx):
        held = newest(tx, provider, client)
        if held is None:
            continue
        try:
            manifest = verify_manifest(store.find_file(held.files[MANIFEST_FILE].sha256).read_bytes())
        except (EscrowdError, OSError):
            log.warning("the cards of a deposit of %s are not known: its manifest cannot be read", provider)
            continue
        put_holders(tx, provider, client, manifest.sets)
