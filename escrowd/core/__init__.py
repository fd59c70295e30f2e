"""Pure rules and formats: no clock, file, socket, environment; random numbers only in keys, shares, seal."""
