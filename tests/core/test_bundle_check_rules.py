"""Completeness: what counts as an answer, whose a domain is, and what changes no sheet."""

import pytest
from core.check_world import (
    FACTS,
    MAIL,
    PLANTED,
    REGISTRAR,
    SHOP,
    WIFI,
    codes,
    complete,
    entry_of,
    factor,
    fields,
    no_web,
    plant,
    put,
    unsaid,
)

from escrowd.core.bundle import (
    Bundle,
    Contact,
    Document,
    Entry,
    SecondFactor,
    Totp,
    changed,
    record,
)
from escrowd.core.bundle.check import Facts, gaps
from escrowd.core.bundle.domains import own_domains
from escrowd.core.bundle.registers import changed_since


def test_the_order_of_the_bundle_changes_nothing() -> None:
    """Moving entries moves no gap, so it makes no new sheet."""
    bundle = PLANTED["16 no contract"][0](PLANTED["06 no registrar"][0](complete()))
    turned = changed(bundle, entries=tuple(reversed(bundle.entries)))
    assert gaps(turned, FACTS) == gaps(bundle, FACTS)


def test_a_day_alone_makes_no_new_sheet() -> None:
    """Without facts nothing is compared with today: old tries are found by the command, never by paper."""
    bundle = PLANTED["19 tried out long ago"][0](complete())
    assert codes(bundle, Facts(today="2099-01-01")) > codes(bundle, Facts()) == set()


def test_a_gap_elsewhere_makes_a_new_stand() -> None:
    """What a sheet says of its domain may change by an entry of another register: then its Stand changes, too."""
    before = complete()
    after = record(before, no_web(before), when=5, reason="entry edit")
    found, gone = changed_since(after, before.revision)
    assert [register.key for register in found] == ["domain", "web"]
    assert gone == ()


def test_a_secret_in_the_bundle_needs_no_device() -> None:
    """A one-time password whose secret is on the list works on any device, whoever has the old one."""
    totp = Totp(secret="JBSWY3DP", algorithm="SHA1", digits=6, period=30)
    bundle = plant(SHOP, totp=totp)(
        factor(SHOP, kind="totp", device="Jana Winter", codes_where="")(complete())
    )
    assert gaps(bundle, FACTS) == ()


def test_a_key_file_is_a_password() -> None:
    """A server that is entered with a key has its key attached."""
    bundle = put(complete(), WIFI, kind="server", password="", urls=("ssh://h",), user="root")
    bundle = put(bundle, WIFI, second_factor=SecondFactor(kind="none"), contract_holder="Korn")
    assert codes(bundle) == {("entry.password", WIFI)}
    key = Document(id="kkkkkkkk", name="id", file="id", size=1, sha256="0" * 64, entry=WIFI)
    assert gaps(changed(bundle, documents=(key,)), FACTS) == ()


@pytest.mark.parametrize("holder", ["Marta Winter", "Bäckerei Korn", "Winterhuder Brot", "Sommer IT", ""])
def test_somebody_else_is_not_the_provider(holder: str) -> None:
    """A client with the provider's family name, a longer word, another firm: no finding."""
    person = Contact(id="llllllll", name="Marta Winter", kind="client")
    bundle = changed(complete(), contacts=(*complete().contacts, person))
    bundle = put(bundle, MAIL, contract_holder=holder or "Korn")
    assert not [gap for gap in gaps(bundle, FACTS) if gap.code == "finding.contract"]


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ({"kind": "domain-registrar", "title": "Registrar von korn.example"}, ("korn.example",)),
        ({"kind": "domain-registrar", "title": "INWX.de", "urls": ("https://www.inwx.de",)}, ()),
        (
            {"kind": "domain-registrar", "fields": fields(domains="a.example, B.example")},
            ("a.example", "b.example"),
        ),
        ({"kind": "mail", "user": "info@korn.example"}, ("korn.example",)),
        ({"kind": "mail", "user": "baeckerei.korn@gmx.de"}, ()),
        ({"kind": "mail", "user": "jana@winter.example"}, ()),
        (
            {"kind": "hosting", "title": "Webspace www.korn.example", "urls": ("https://h.example",)},
            ("korn.example",),
        ),
        ({"urls": ("https://www.korn.example/wp-admin/",)}, ("korn.example",)),
        ({"urls": ("https://shop.example/login",), "user": "info@korn.example"}, ()),
    ],
)
def test_which_domains_are_the_clients_own(entry: dict[str, object], found: tuple[str, ...]) -> None:
    """A domain is the client's where an entry says so; a shop where they buy is not."""
    values = {"id": "aaaaaaaa", "title": "x", "kind": "website-login", **entry}
    bundle = Bundle(
        client="k", name="K", language="de", profile="guided", revision=0, entries=(Entry(**values),)
    )
    assert own_domains(bundle, {"winter.example"}) == found


def test_a_field_may_answer_for_one_domain() -> None:
    """With two domains in one account, `DNS korn.example` speaks of that one only."""
    bundle = unsaid(REGISTRAR, "DNS")(complete())
    old = entry_of(bundle, REGISTRAR).fields
    two = fields(**{"Domain": "brot.example", "DNS korn.example": "beim Hoster", "Mail": "keine, weil neu"})
    bundle = put(bundle, REGISTRAR, fields=(*old, *two, *fields(Web="keine, weil neu")))
    assert [(gap.code, gap.domain) for gap in gaps(bundle, FACTS)] == [("domain.dns", "brot.example")]
