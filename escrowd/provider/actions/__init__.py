"""What a provider does, one use case a file. Each takes typed values, returns typed results, prints nothing.

``session`` is an unlocked workspace. ``now`` is wall time, Unix seconds. ``client`` is a client's id, ``ref``
an entry's id or unique title. Errors are those of ``escrowd.errors``.
"""
