"""Numbered upgrades of the schema, one file each: `u0002_what_changes.py` with a function ``upgrade(op)``.

``op`` is alembic's ``Operations``. Each runs in one transaction with its number; `schema.py` describes the
result.
"""
