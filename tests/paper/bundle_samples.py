"""Bundles to print: one like in life, one with every field of the model filled with a value of its own."""

import itertools

from escrowd.core.bundle.model import (
    Bundle,
    Change,
    Contact,
    Decision,
    Document,
    Entry,
    FreeField,
    Money,
    Origin,
    Revision,
    SecondFactor,
    Shared,
    Totp,
)

HOSTILE = [
    "<script>alert(1)</script>",
    "<!-- -->",
    "]]>",
    "&amp;&lt;&#65;&nbsp;",
    "\" onclick='x'",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    " vorn und hinten ",
    "zwei  Leerzeichen",
    "Zeile 1\nZeile 2\r\nZeile 3\rZeile 4",
    "\tTab\x0bVT\x0cFF\x1fUS\x7fDEL\x85NEL",
    "NUL\x00Ende",
    "Ä Ö Ü ß é ñ Ł 漢字 😀 👩‍💻",
    "e\u0301 gegen \u00e9, ﬁ-Ligatur",
    "\u202egedreht\u202c \u2066isoliert\u2069",
    "\ufeffBOM\u200bZWSP\u00a0NBSP\u00adSHY\u2028LS",
    "0O1lI|5S8B",
    "x" * 400,
    "=HYPERLINK(1)",
    "../../etc/passwd",
    "</span></dd></dl>",
    "%s {0} ${x} $(x) `x`",
    "\U000e0041\ufff9\U0010fffd",
    "a" + "\u0300" * 30,
    "-",
]


def bakery(profile="guided", language="de"):
    """A small business with a handful of credentials."""
    return Bundle.model_validate_json(_BAKERY.replace("PROFILE", profile).replace("LANGUAGE", language))


_BAKERY = r"""
{"schema": "escrow-bundle/1", "client": "korn", "name": "Bäckerei Korn", "language": "LANGUAGE", "profile": "PROFILE",
 "revision": 12,
 "groups": [["Domain"], ["E-Mail"], ["Website", "Shop"]],
 "entries": [
  {"id": "aaaaaaaa", "title": "Registrar der Domain baeckerei-korn.example", "kind": "domain-registrar",
   "urls": ["https://registrar.example/login"], "user": "marta@korn.example", "password": "Sauerteig1lI0O-§7",
   "purpose": "Hier gehört Ihnen Ihr Name im Internet. Läuft der Vertrag aus, sind Website und E-Mail weg.",
   "totp": {"secret": "JBSWY3DPEHPK3PXP", "algorithm": "SHA1", "digits": 6, "period": 30, "issuer": "Registrar",
            "account": "marta@korn.example"},
   "second_factor": {"kind": "totp", "device": "Telefon von Marta Korn", "codes_where": "im Notfallordner, Register 1",
                     "codes": ["4711-0815", "1234-5678"]},
   "recovery_mailbox": "marta.korn@freemail.example", "contract_holder": "Bäckerei Korn GmbH", "renewal": "2027-08-01",
   "cost": {"amount": "12.50", "currency": "EUR", "every": "year"}, "group": ["Domain"], "tags": ["wichtig"],
   "fields": [{"name": "AuthCode", "value": "x7-QQ-19", "protected": true}, {"name": "Kundennummer", "value": "10077"}],
   "decisions": [{"id": "bbbbbbbb", "date": "2025-03-14", "status": "decided", "topic": "Bei wem liegt die Domain?",
     "choice": "Beim Registrar in Kiel, auf den Namen der Bäckerei", "alternatives": ["beim Hoster", "bei uns"],
     "reason": "Der Name soll nicht an einem Dienstleister hängen.", "asked_by": "Marta Korn", "review": "2027-03-14"}]},
  {"id": "cccccccc", "title": "Postfach info@", "kind": "mail", "urls": ["imap://mail.example:993"], "user": "info@korn.example",
   "password": " mit Leerzeichen ", "purpose": "Bestellungen und Rechnungen kommen hier an.", "group": ["E-Mail"],
   "depends_on": ["aaaaaaaa"], "notes": "IMAP 993, SMTP 587.\nAbwesenheit bitte im Webmail einstellen.",
   "second_factor": {"kind": "none"}},
  {"id": "dddddddd", "title": "Webshop", "kind": "website-login", "urls": ["https://shop.korn.example/admin"],
   "user": "marta", "password": "correct horse battery staple", "group": ["Website", "Shop"],
   "second_factor": {"kind": "sms", "device": "Telefon von Marta Korn"}},
  {"id": "eeeeeeee", "title": "WLAN Backstube", "kind": "wifi", "user": "Backstube", "password": "roggen+weizen-1900"}],
 "documents": [
  {"id": "ffffffff", "name": "Vertrag Registrar.pdf", "file": "Vertrag Registrar.pdf", "size": 48123,
   "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "entry": "aaaaaaaa",
   "note": "unterschrieben 2019"}],
 "contacts": [
  {"id": "gggggggg", "name": "Jana Winter", "kind": "provider", "organisation": "Winter IT", "phone": "0431 98765",
   "mail": "jana@winter.example"},
  {"id": "hhhhhhhh", "name": "Nils Peters", "kind": "successor", "role": "übernimmt die Technik", "phone": "0431 123456"}],
 "decisions": [{"id": "iiiiiiii", "date": "2026-01-10", "status": "wish", "topic": "Kartenzahlung im Shop",
   "asked_by": "Marta Korn", "reason": "Kunden fragen danach."}],
 "history": [
  {"number": 11, "when": 1795000000, "reason": "import from keepass",
   "changes": [{"subject": "entry", "action": "added", "id": "cccccccc", "title": "Postfach info@"}]},
  {"number": 12, "when": 1795500000, "reason": "entry edit",
   "changes": [{"subject": "entry", "action": "changed", "id": "dddddddd", "title": "Webshop", "fields": ["password"],
     "entry": {"id": "dddddddd", "title": "Webshop", "kind": "website-login", "urls": ["https://shop.korn.example/admin"],
       "user": "marta", "password": "hefe-2019", "group": ["Website", "Shop"],
       "second_factor": {"kind": "sms", "device": "Telefon von Marta Korn"}}}]}]}
"""


class Maker:
    """Bundles in which every field of every part is filled, each text with a hostile string of its own."""

    def __init__(self):
        self._numbers = itertools.count()
        self.texts = 0

    def text(self):
        """A string that occurs nowhere else in the bundle."""
        number, self.texts = next(self._numbers), self.texts + 1
        hostile = HOSTILE[number % len(HOSTILE)]
        return f"{hostile}~{number}" if number // len(HOSTILE) % 2 else f"{number}~{hostile}"

    def id(self):
        digits, number = "abcdefghijklmnopqrstuvwxyz234567", next(self._numbers)
        return "z" + "".join(digits[number >> (5 * place) & 31] for place in range(7))

    def decision(self):
        t = self.text
        return Decision(
            id=self.id(), date="2026-02-03", status="decided", topic=t(), choice=t(), alternatives=(t(), t()), reason=t(),
            asked_by=t(), review="2028-04-05",
        )  # fmt: skip

    def entry(self, depends_on=(), id_=None):
        t = self.text
        return Entry(
            id=id_ or self.id(), title=t(), kind="server", urls=(t(), "https://a.example/?q=%22<b>&x=" + t()), user=t(),
            password=t(), recovery_mailbox=t(), contract_holder=t(), renewal="2027-08-09", purpose=t(), notes=t(),
            totp=Totp(secret="JBSWY3DPEHPK3PXP", algorithm="SHA256", digits=8, period=60, issuer=t(), account=t(),
                      encoder="steam"),
            second_factor=SecondFactor(kind="totp", device=t(), codes_where=t(), codes=(t(), t())),
            cost=Money(amount="1234.50", currency="CHF", every="quarter"), depends_on=depends_on,
            shared=(Shared(own="zzzzzzzz", what=t(), away=t()),), tags=(t(), t()),
            fields=(FreeField(name=t(), value=t(), protected=True), FreeField(name=t(), value=t(), protected=False)),
            group=(t(), t()), decisions=(self.decision(),), origin=Origin(source="keepass"),
        )  # fmt: skip

    def document(self, entry):
        t = self.text
        return Document(
            id=self.id(), name=t(), file="Vertrag Ä & 100%.pdf", size=48_123, sha256="0123456789abcdef" * 4, entry=entry,
            note=t(), origin=Origin(source="keepass"),
        )  # fmt: skip

    def contact(self):
        t = self.text
        return Contact(
            id=self.id(),
            name=t(),
            kind="supplier",
            role=t(),
            organisation=t(),
            phone=t(),
            mail=t(),
            address=t(),
            note=t(),
        )

    def bundle(self, language="de", profile="expert"):
        t, entries = self.text, [self.entry()]
        entries += [self.entry(depends_on=(entries[0].id,)) for _ in range(15)]
        changes = (
            Change(subject="entry", action="removed", id=self.id(), title=t(), entry=self.entry()),
            Change(subject="entry", action="changed", id=entries[1].id, title=t(), fields=tuple(
                name for name in Entry.model_fields if name not in {"id", "origin"}), entry=self.entry(id_=entries[1].id)),
            Change(subject="document", action="removed", id=self.id(), title=t(), document=self.document(self.id())),
            Change(subject="contact", action="removed", id=self.id(), title=t(), contact=self.contact()),
            Change(subject="decision", action="removed", id=self.id(), title=t(), decision=self.decision()),
            Change(subject="bundle", action="changed", title=t(), fields=("client", "name", "language", "profile", "groups",
                   "entries", "documents", "contacts", "decisions"), values={"name": t(), "groups": ((t(), t()),)}),
            *(Change(subject="document", action="changed", title=t(), fields=(name,))
              for name in Document.model_fields if name not in {"id", "origin"}),
            *(Change(subject="contact", action="changed", title=t(), fields=(name,))
              for name in Contact.model_fields if name != "id"),
            *(Change(subject="decision", action="changed", title=t(), fields=(name,))
              for name in Decision.model_fields if name != "id"),
        )  # fmt: skip
        return Bundle(
            schema="escrow-bundle/1", client="korn", name=t(), language=language, profile=profile, revision=7,
            entries=tuple(entries), documents=(self.document(entries[0].id),), contacts=(self.contact(),),
            decisions=(self.decision(),), groups=(entries[3].group,),
            history=(
                Revision(
                    number=7, when=1_795_500_000, reason=t(), why=t(), asked_by=t(), changes=changes
                ),
            ),
        )  # fmt: skip
