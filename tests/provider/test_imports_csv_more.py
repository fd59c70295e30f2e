"""The CSV exports of Proton Pass, LastPass and Apple."""

import pytest

from escrowd.core.bundle import Entry
from escrowd.core.bundle.imported import NotCarried
from escrowd.provider.imports import detect_format, read_export

PROTON = (
    "type,name,url,email,username,password,note,totp,createTime,modifyTime,vault\n"
    'login,Shop,"https://a.example, https://b.example",,jörg,pä,Notiz,JBSWY3DP,1,2,Bäcker\n'
    "login,Post,https://p.example,j@p.example,,pw,,,1,2,Bäcker\n"
    "login,Beides,,j@p.example,jörg,pw,,,1,2,\n"
)
LASTPASS = (
    "url,username,password,totp,extra,name,grouping,fav\n"
    "https://a.example,jörg,pä,JBSWY3DP,Notiz,Shop,Bäcker\\Web,1\n"
    "http://sn,,,,Tresor 3-1-4,Notiz,,0\n"
)
APPLE = (
    "Title,URL,Username,Password,Notes,OTPAuth\n"
    "a.example (jörg),https://a.example/,jörg,pä,Notiz,otpauth://totp/A:b?secret=JBSWY3DP\n"
)


def entries(text: str) -> tuple[Entry, ...]:
    return read_export(text.encode()).entries


@pytest.mark.parametrize(
    ("text", "name"), [(PROTON, "proton-csv"), (LASTPASS, "lastpass-csv"), (APPLE, "apple-csv")]
)
def test_the_program_is_recognised_by_its_columns(text: str, name: str) -> None:
    """No column has to be named."""
    assert detect_format(text.encode()).name == name
    first = entries(text)[0]
    assert (first.user, first.password, first.notes) == ("jörg", "pä", "Notiz")
    assert first.totp is not None


def test_proton_s_mail_address_is_the_user_where_there_is_none() -> None:
    """The address stands in for an empty user name, and is a field of its own beside one."""
    shop, post, both = entries(PROTON)
    assert (shop.urls, shop.group) == (("https://a.example", "https://b.example"), ("Bäcker",))
    assert (post.user, post.fields) == ("j@p.example", ())
    assert (both.user, both.fields[0].value) == ("jörg", "j@p.example")


def test_lastpass_folders_and_notes() -> None:
    """Backslashes part folders; the address that marks a secure note is none; favourites are reported."""
    shop, note = entries(LASTPASS)
    assert shop.group == ("Bäcker", "Web")
    assert (note.urls, note.notes) == ((), "Tresor 3-1-4")
    assert NotCarried("Shop", "fav", "setting") in read_export(LASTPASS.encode()).not_carried
