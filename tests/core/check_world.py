"""A sample client that lacks nothing, and 27 gaps to plant in it."""

from collections.abc import Callable

from escrowd.core.bundle import (
    Bundle,
    Contact,
    Decision,
    Entry,
    FreeField,
    SecondFactor,
    changed,
    remove_entry,
)
from escrowd.core.bundle.check import Facts, gaps

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
