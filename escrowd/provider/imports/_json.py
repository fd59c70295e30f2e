"""Members of a JSON export, read by their type: what is of another is named by where it stands."""

from collections.abc import Iterator, Mapping, Sequence

from escrowd.errors import InputError


def as_object(value: object, at: str) -> dict[str, object]:
    """``value``, an object. Raises ``InputError`` ``import.malformed`` (``at``), as everything here does."""
    if not isinstance(value, dict):
        raise InputError("import.malformed", at=at)
    return value


def list_member(value: Mapping[str, object], name: str, at: str) -> Sequence[object]:
    """The elements of a member: none where it is absent or ``null``."""
    found = value.get(name)
    if found is None:
        return ()
    if not isinstance(found, list):
        raise InputError("import.malformed", at=f"{at}.{name}".lstrip("."))
    return found


def text_member(value: Mapping[str, object], name: str, at: str) -> str:
    """The text of a member: empty for none and ``null``, JSON's for a number or a truth value."""
    found = value.get(name)
    if found is None:
        return ""
    if isinstance(found, bool | int):
        return str(found).lower()
    if not isinstance(found, str):
        raise InputError("import.malformed", at=f"{at}.{name}".lstrip("."))
    return found


def number_member(value: Mapping[str, object], name: str, at: str = "") -> int:
    """A whole number; absent or ``null`` is 0, which every cost's lower bound refuses where it is needed."""
    found = value.get(name)
    if found is None:
        return 0
    if isinstance(found, bool) or not isinstance(found, int):
        raise InputError("import.malformed", at=f"{at}.{name}".lstrip("."))
    return found


def leaves(path: str, value: object, name: str = "") -> Iterator[tuple[str, str, str]]:
    """Each text, number and truth value inside ``value``: its dotted path, its own name, and its text."""
    if isinstance(value, dict):
        for inner, member in value.items():
            yield from leaves(f"{path}.{inner}", member, inner)
    elif isinstance(value, list):
        for number, member in enumerate(value, 1):
            yield from leaves(f"{path}.{number}", member, name)
    elif value is not None and value != "":
        yield path, name, value if isinstance(value, str) else str(value).lower()
