"""escrowd: every client holds the keys to what is theirs, and gets in without the provider.

The parts, from the bottom up. Each may import what stands above it in this list and nothing else; the
three sides (provider, node, recovery) never import each other. ``tests/test_house.py`` enforces it.

===============  ======================================================================================
``errors``       one tree of codes and fields; no sentences
``core``         pure rules and formats: bundle, payload, seal, shares, statements, manifest, terms,
                 ledger, switch, wire. No clock, file, socket or environment
``texts``        every sentence that a client, successor or provider reads, in German and English
``machine``      files, child processes, secret input: touches this machine, knows no business
``paper``        what is printed: cards, the list, the kit's instructions
``provider``     the workspace and what a provider does, one use case a file in ``actions``
``node``         the daemon: intake -> facts -> tick -> orders -> outbox -> channel
``recovery``     the beneficiary's side: read a release or a kit, combine cards, open
``escrowd_cli``  the programs ``escrow`` and ``escrowd`` (in ``cli/``)
===============  ======================================================================================

The words: a *provider* looks after clients and checks in; a *client* is the business that a *bundle*, all
that it is owed, belongs to; a *successor* takes over; a *node* is one running escrowd; a *set* is the
shares of one secret; a *card* is the paper that carries one share; a *kit* is what a holder needs beside
cards; a *deposit* is what a node holds for a client; *terms* are what provider and client agreed.
``docs/formats.md`` has the formats, ``docs/promises.md`` what must always hold (P1 to P10).
"""

__version__ = "0.1.0"
