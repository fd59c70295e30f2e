"""What comes in: statements, questions, files, and the buttons of the pages. One handler a type of statement.

Parse, decide with the rules of core, then facts, ledger entry, orders and receipt in one transaction.
"""

from escrowd.node.intake.context import NodeContext
from escrowd.node.intake.proofs import take_proof
from escrowd.node.intake.questions import Lines, StoredFile, answer_query, answer_restore
from escrowd.node.intake.reception import take_statement
from escrowd.node.intake.uploads import Upload, authorise_upload, record_upload

__all__ = [
    "Lines",
    "NodeContext",
    "StoredFile",
    "Upload",
    "answer_query",
    "answer_restore",
    "authorise_upload",
    "record_upload",
    "take_proof",
    "take_statement",
]
