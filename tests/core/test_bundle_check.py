"""Completeness: a sample client that lacks nothing, 25 planted gaps, and what closes them."""

import random
from collections.abc import Callable

import pytest

from escrowd.core.bundle import (
    Bundle,
    Contact,
    Decision,
    Document,
    Entry,
    FreeField,
    SecondFactor,
    Totp,
    changed,
    record,
    remove_entry,
)
from escrowd.core.bundle.check import Facts, Gap, gaps
from escrowd.core.bundle.domains import own_domains
from escrowd.core.bundle.registers import changed_since

FACTS = Facts(names=("Jana Winter IT",), domains=frozenset({"winter.example"}), today="2027-06-01")
REGISTRAR, MAIL, SHOP, WIFI = "aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd"
ALL = (REGISTRAR, MAIL, SHOP, WIFI)
OF_DOMAIN = ("DNS", "Mail", "Web", "Backup", "Transfer")

Plant = Callable[[Bundle], Bundle]


def fields(**values: str) -> tuple[FreeField, ...]:
    return tuple(FreeField(name=name, value=value) for name, value in values.items())


def decided(id_: str) -> tuple[Decision, ...]:
    return (Decision(id=id_, date="2026-02-03", status="decided", reason="Der Kunde wollte es so."),)


def complete() -> Bundle:
    """A full-service client of whom everything is on record."""
    registrar = Entry(
        id=REGISTRAR,
        title="Domain korn.example",
        kind="domain-registrar",
        urls=("https://registrar.example/login",),
        user="korn-4711",
        password="a",
        second_factor=SecondFactor(kind="totp", device="Telefon von Marta Korn", codes=("1234",)),
        recovery_mailbox="marta.korn@posteo.de",
        contract_holder="Bäckerei Korn",
        purpose="Der Name im Internet.",
        decisions=decided("eeeeeeee"),
        fields=fields(
            DNS="beim Registrar",
            Backup="keine, weil alles beim Hoster gesichert wird",
            Transfer="Hafenstr. 1, Kiel",
            Geprüft="2027-01-02",
        ),
    )
    mail = Entry(
        id=MAIL,
        title="Postfach info",
        kind="mail",
        urls=("imap://imap.hoster.example",),
        user="info@korn.example",
        password="b",
        second_factor=SecondFactor(kind="none"),
        recovery_mailbox="marta.korn@posteo.de",
        contract_holder="Bäckerei Korn",
        purpose="Bestellungen.",
        decisions=decided("ffffffff"),
        fields=fields(verified="2027-01-02 by Marta"),
    )
    shop = Entry(
        id=SHOP,
        title="Webshop",
        kind="website-login",
        urls=("https://shop.korn.example/admin",),
        user="marta",
        password="c",
        second_factor=SecondFactor(kind="sms", device="0431 55555", codes_where="im Ordner"),
        recovery_mailbox="marta.korn@posteo.de",
        purpose="Verkauf.",
        depends_on=(MAIL,),
        decisions=decided("gggggggg"),
        fields=fields(Geprüft="nie, weil es ein Testzugang ist"),
    )
    wifi = Entry(
        id=WIFI,
        title="WLAN",
        kind="wifi",
        password="d",
        purpose="Kasse.",
        decisions=decided("hhhhhhhh"),
        fields=fields(**{"Zuletzt geprüft": "2026-12-01"}),
    )
    return Bundle(
        client="korn",
        name="Bäckerei Korn",
        language="de",
        profile="full-service",
        revision=1,
        entries=(registrar, mail, shop, wifi),
        contacts=(
            Contact(
                id="iiiiiiii",
                name="Jana Winter",
                kind="provider",
                organisation="Winter IT",
                phone="0431 98765",
            ),
            Contact(id="jjjjjjjj", name="Marta Korn", kind="client", mail="marta@korn.example"),
        ),
    )


def entry_of(bundle: Bundle, id_: str) -> Entry:
    return next(entry for entry in bundle.entries if entry.id == id_)


def put(bundle: Bundle, id_: str, **values: object) -> Bundle:
    """The bundle with other values in one entry."""
    new = entry_of(bundle, id_).model_copy(update=values)
    return changed(bundle, entries=tuple(new if one.id == id_ else one for one in bundle.entries))


def plant(id_: str, **values: object) -> Plant:
    return lambda bundle: put(bundle, id_, **values)


def unsaid(id_: str, *names: str, instead: str = "") -> Plant:
    """Take free fields away, or put a text in their place."""

    def act(bundle: Bundle) -> Bundle:
        kept = [one for one in entry_of(bundle, id_).fields if one.name not in names]
        kept += [FreeField(name=name, value=instead) for name in names if instead]
        return put(bundle, id_, fields=tuple(kept))

    return act


def factor(id_: str, **values: object) -> Plant:
    """Change the second factor of an entry."""

    def act(bundle: Bundle) -> Bundle:
        old = entry_of(bundle, id_).second_factor
        assert old is not None
        return put(bundle, id_, second_factor=old.model_copy(update=values))

    return act


def no_web(bundle: Bundle) -> Bundle:
    """The shop is somebody else's platform."""
    return put(bundle, SHOP, urls=("https://platform.example/korn",))


PLANTED: dict[str, tuple[Plant, set[tuple[str, str]]]] = {
    "01 no transfer address": (unsaid(REGISTRAR, "Transfer"), {("domain.transfer", REGISTRAR)}),
    "02 no word on DNS": (unsaid(REGISTRAR, "DNS"), {("domain.dns", REGISTRAR)}),
    "03 a bare none for the backup": (
        unsaid(REGISTRAR, "Backup", instead="keine"),
        {("domain.backup", REGISTRAR)},
    ),
    "04 no holder": (plant(REGISTRAR, contract_holder=""), {("domain.holder", REGISTRAR)}),
    "05 no website": (no_web, {("domain.web", REGISTRAR)}),
    "06 no registrar": (
        lambda bundle: remove_entry(bundle, REGISTRAR),
        {(f"domain.{part}", MAIL) for part in ("registrar", "holder", "dns", "backup", "transfer")},
    ),
    "07 no mailbox of the domain": (
        plant(MAIL, user="korn", kind="licence"),
        {("domain.mail", REGISTRAR)},
    ),
    "08 a registrar for nobody knows what": (
        lambda bundle: plant(REGISTRAR, title="Registrar")(unsaid(REGISTRAR, "Domain")(two_domains(bundle))),
        {("entry.domains", REGISTRAR)},
    ),
    "09 no user": (plant(REGISTRAR, user=" "), {("entry.user", REGISTRAR)}),
    "10 no password": (plant(WIFI, password=""), {("entry.password", WIFI)}),
    "11 no address": (plant(MAIL, urls=()), {("entry.url", MAIL)}),
    "12 second factor not asked": (plant(MAIL, second_factor=None), {("entry.second-factor", MAIL)}),
    "13 no device": (factor(SHOP, device=""), {("entry.device", SHOP)}),
    "14 no recovery codes": (factor(SHOP, codes_where=""), {("entry.codes", SHOP)}),
    "15 no recovery mailbox": (plant(REGISTRAR, recovery_mailbox=""), {("entry.mailbox", REGISTRAR)}),
    "16 no contract": (
        plant(MAIL, contract_holder=""),
        {("entry.contract", MAIL), ("entry.contract", SHOP)},
    ),
    "17 nobody knows what for": (plant(WIFI, purpose=""), {("entry.purpose", WIFI)}),
    "18 never tried out": (unsaid(WIFI, "Zuletzt geprüft"), {("entry.verified", WIFI)}),
    "19 tried out long ago": (
        unsaid(WIFI, "Zuletzt geprüft", instead="2026-03-01"),
        {("finding.verified-old", WIFI)},
    ),
    "20 no reason": (plant(SHOP, decisions=()), {("entry.reason", SHOP)}),
    "21 the code goes to the provider's phone": (
        factor(SHOP, device="SMS an +49 431 98765"),
        {("finding.device", SHOP)},
    ),
    "22 the codes are with the provider": (
        factor(SHOP, codes_where="im Tresor von Jana Winter"),
        {("finding.codes", SHOP)},
    ),
    "23 the contract is the provider's": (
        plant(REGISTRAR, contract_holder="Winter IT"),
        {("finding.contract", REGISTRAR)},
    ),
    "24 reset through the provider": (
        plant(MAIL, recovery_mailbox="kunden@winter.example"),
        {("finding.mailbox-provider", MAIL)},
    ),
    "25 reset through the domain itself": (
        plant(REGISTRAR, recovery_mailbox="marta@korn.example"),
        {("finding.mailbox-own", REGISTRAR)},
    ),
    "26 signed in with the provider's address": (
        plant(SHOP, user="jana@winter.example"),
        {("finding.user-provider", SHOP)},
    ),
    "27 signed in with the domain's own address": (
        plant(SHOP, user="info@korn.example", recovery_mailbox=""),
        {("finding.user-own", SHOP), ("entry.mailbox", SHOP)},
    ),
}


def two_domains(bundle: Bundle) -> Bundle:
    """The mailbox answers for two domains, with all that is asked of them."""
    old = entry_of(bundle, MAIL).fields
    more = fields(Domain="korn.example, brot.example", Registrar="keiner, weil der Vermieter sie hält")
    said = fields(
        Inhaber="Vermieter", DNS="Vermieter", Backup="Hoster", Transfer="Hafenstr. 1", Web="keine, später"
    )
    return put(bundle, MAIL, fields=(*old, *more, *said))


def codes(bundle: Bundle, facts: Facts = FACTS) -> set[tuple[str, str]]:
    return {(gap.code, gap.entry) for gap in gaps(bundle, facts)}


def test_a_complete_client_has_no_gap() -> None:
    """What is on record, or stated as none with its reason, is not missing."""
    assert gaps(complete(), FACTS) == ()
    assert gaps(complete()) == ()


@pytest.mark.parametrize("name", PLANTED)
def test_each_planted_gap_is_found(name: str) -> None:
    """It is found at its entry, and nothing else is."""
    act, found = PLANTED[name]
    assert codes(act(complete())) == found


def test_all_planted_gaps_are_found_together() -> None:
    """One gap hides no other, as long as both can be there at once."""
    together = [name for name in PLANTED if name[:2] not in {"05", "06", "07", "08", "13", "14", "18", "27"}]
    together = [name for name in together if name[:2] not in {"04", "12", "15", "22", "26"}]
    bundle = complete()
    wanted: set[tuple[str, str]] = set()
    for name in together:
        bundle, wanted = PLANTED[name][0](bundle), wanted | PLANTED[name][1]
    assert codes(bundle) == wanted


CLOSES: dict[str, dict[str, object]] = {
    "entry.user": {"user": "u"},
    "entry.password": {"password": "p"},
    "entry.url": {"urls": ("https://anywhere.example",)},
    "entry.second-factor": {"second_factor": SecondFactor(kind="none")},
    "entry.device": {"second_factor": SecondFactor(kind="none")},
    "entry.codes": {"second_factor": SecondFactor(kind="none")},
    "finding.device": {"second_factor": SecondFactor(kind="none")},
    "finding.codes": {"second_factor": SecondFactor(kind="none")},
    "entry.mailbox": {"recovery_mailbox": "m@posteo.de"},
    "finding.mailbox-provider": {"recovery_mailbox": "m@posteo.de"},
    "finding.mailbox-own": {"recovery_mailbox": "m@posteo.de"},
    "finding.user-own": {"recovery_mailbox": "m@posteo.de"},
    "finding.user-provider": {"user": "u"},
    "entry.contract": {"contract_holder": "Bäckerei Korn"},
    "finding.contract": {"contract_holder": "Bäckerei Korn"},
    "domain.holder": {"contract_holder": "Bäckerei Korn"},
    "entry.purpose": {"purpose": "x"},
}
ANSWERS = {
    "entry.verified": "Geprüft=2027-05-01",
    "finding.verified-old": "Geprüft=2027-05-01",
    "entry.domains": "Domain=korn.example",
    "domain.registrar": "Registrar=none, because the landlord has it",
    "domain.holder": "Inhaber=Bäckerei Korn",
    "domain.transfer": "Transfer=Hafenstr. 1",
    "domain.dns": "DNS=at the registrar",
    "domain.mail": "E-Mail=none, because nobody writes",
    "domain.web": "Website=keine, weil es einen Laden gibt",
    "domain.backup": "Sicherung=none, because there is nothing",
}


def closed(bundle: Bundle, gap: Gap) -> Bundle:
    """The bundle after somebody did about one gap what it asks for."""
    if gap.code in ANSWERS:
        name, _, value = ANSWERS[gap.code].partition("=")
        kept = tuple(one for one in entry_of(bundle, gap.entry).fields if one.name != name)
        return put(bundle, gap.entry, fields=(*kept, FreeField(name=name, value=value)))
    if gap.code == "entry.reason":
        return put(bundle, gap.entry, decisions=decided("z" + gap.entry[1:]))
    return put(bundle, gap.entry, **CLOSES[gap.code])


@pytest.mark.parametrize("seed", range(30))
def test_adding_what_is_missing_removes_the_gap(seed: int) -> None:
    """Whatever of everything is missing at once: each gap goes when it is closed, and in the end there is none."""
    draw = random.Random(seed)  # noqa: S311 — which gaps come together, nothing secret
    bundle = complete()
    for name in draw.sample(sorted(PLANTED), 8):
        if name[:2] not in {"06", "07", "08"} or draw.random() < 0.2:
            bundle = _if_there(PLANTED[name][0], bundle)
    for _ in range(60):
        left = gaps(bundle, FACTS)
        if not left:
            break
        gap = draw.choice(left)
        bundle = closed(bundle, gap)
        assert (gap.code, gap.entry, gap.domain) not in {
            (one.code, one.entry, one.domain) for one in gaps(bundle, FACTS)
        }
    assert gaps(bundle, FACTS) == ()


def _if_there(act: Plant, bundle: Bundle) -> Bundle:
    try:
        return act(bundle)
    except (StopIteration, AssertionError):  # another gap took away what this one needs
        return bundle


def test_a_gap_holds_no_secret() -> None:
    """P10: what a gap says of an entry is never its password, a code or a protected field."""
    bundle = complete()
    for act, _ in PLANTED.values():
        for gap in gaps(act(bundle), FACTS):
            assert gap.value not in {"a", "b", "c", "d", "1234"}


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
