"""What a client is owed: the model, its bytes, changes to it, its history, and merging an import into it.

``model``          the document itself, ``escrow-bundle/1``
``codec``          its bytes (``bundle.json``)
``edit``           pure changes: put, remove, find, restore
``history``        the next revision and what it changed
``merge``          a repeated import, three ways: what was, what the export has, what was edited by hand
``document_file``  harmless file names
``domains``        the hosts that it is about, and which domains are the client's own
``check``          what it does not say yet
``naming``         who is meant by a name or a number
``own``            the provider's own estate: what belongs into it, and what of it a client may read
"""

from escrowd.core.bundle.codec import MAX_BUNDLE_BYTES, bundle_from_bytes, bundle_to_bytes, part_from_values
from escrowd.core.bundle.document_file import harmless_file
from escrowd.core.bundle.edit import (
    changed,
    documents_of,
    entry_at,
    find_decision,
    find_document,
    find_entry,
    former_entry_id,
    put_contact,
    put_decision,
    put_document,
    put_entry,
    remove_contact,
    remove_document,
    remove_entry,
    restore_entry,
)
from escrowd.core.bundle.history import (
    changed_entries,
    changed_fields,
    differences,
    explain,
    record,
    undo,
    unexplained,
)
from escrowd.core.bundle.model import (
    SCHEMA,
    Bundle,
    Change,
    Contact,
    Decision,
    Document,
    Entry,
    FreeField,
    Money,
    Origin,
    Part,
    Revision,
    SecondFactor,
    Shared,
    Totp,
)

__all__ = [
    "MAX_BUNDLE_BYTES",
    "SCHEMA",
    "Bundle",
    "Change",
    "Contact",
    "Decision",
    "Document",
    "Entry",
    "FreeField",
    "Money",
    "Origin",
    "Part",
    "Revision",
    "SecondFactor",
    "Shared",
    "Totp",
    "bundle_from_bytes",
    "bundle_to_bytes",
    "changed",
    "changed_entries",
    "changed_fields",
    "differences",
    "documents_of",
    "entry_at",
    "explain",
    "find_decision",
    "find_document",
    "find_entry",
    "former_entry_id",
    "harmless_file",
    "part_from_values",
    "put_contact",
    "put_decision",
    "put_document",
    "put_entry",
    "record",
    "remove_contact",
    "remove_document",
    "remove_entry",
    "restore_entry",
    "undo",
    "unexplained",
]
