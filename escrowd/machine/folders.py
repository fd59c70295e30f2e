"""Where this user's files belong on this machine (XDG)."""

from pathlib import Path

import platformdirs


def user_data(name: str) -> Path:
    """The folder of this user's data of the program ``name``; it need not be there yet."""
    return platformdirs.user_data_path(name)
