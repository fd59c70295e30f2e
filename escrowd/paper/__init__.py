"""What is printed or read on a screen.

``card`` makes the cards, ``readme`` the complete list, ``instructions`` the page beside the files of a kit.
Each takes finished values and returns finished bytes; nothing here reads or writes a file of the user's.
"""
