"""Pure rules and formats: no clock, file, socket or environment; random numbers only in keys, shares, seal."""
