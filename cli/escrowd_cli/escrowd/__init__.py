"""The commands of ``escrowd``: one module each, the heavy imports inside the command."""
