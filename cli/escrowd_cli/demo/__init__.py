"""The whole story on one machine, with real parts: a node, a mail server, the command line, a terminal.

``story``     what happens, told one line at a time
``world``     the node, the mail server and the folders that the story plays in
``samples``   two clients and their password exports, made on the spot
``terminal``  a pseudo-terminal on which the provider types
"""
