"""The programs ``escrow`` (provider and beneficiary) and ``escrowd`` (the operator of a node).

``app`` has the two entry points; ``escrow`` and ``escrowd`` hold one module per command; ``complaints`` and
``messages.toml`` have the English sentence and hint of every error code; ``demo`` plays the whole story.
"""
