"""Every sentence that a client, a successor or a provider reads in a mail, on a page or on paper.

``de/`` and ``en/`` hold the sentences: ``*.letter`` (one mail each, in the notation of ``blocks``) and
``*.toml`` (books of sentences for papers and pages). ``papers/`` and ``pages/`` hold the HTML that lays a
book's sentences out, once for all languages. ``render`` alone knows the template engine and the locale data.
"""
