"""What is printed or read on a screen: cards (``card``), the complete list (``readme``), the kit's page
(``instructions``).

Each takes finished values and returns finished bytes; nothing here reads or writes a file of the user's.
"""
