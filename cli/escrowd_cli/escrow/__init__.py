"""The commands of ``escrow``: one module each, the heavy imports inside the command."""
