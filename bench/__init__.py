"""How fast, each figure beside its reference, measured in the same run: ``make bench``."""
