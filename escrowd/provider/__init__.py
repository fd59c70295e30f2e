"""The provider's side: a workspace on disk, the nodes it speaks to, and what a provider does with both.

``workspace``   the folder: lock, passphrase, sealed table
``records``     what the sealed table holds
``estate``      one client's files: the working copy of the bundle, the published revisions, the keys
``node_client`` HTTP to one node
``sending``     a statement to every node: pending first, then sent, then its receipt verified and kept
``delivery``    where printed papers go: a folder or a printer
``actions``     one use case a file; typed values in, typed results out; they print nothing and ask nothing
``imports``     one export format of a password manager a file
"""
