"""Bundles to print: one like in life, one with every field of the model filled with a value of its own."""

from escrowd.core.bundle.model import Bundle


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
     "entry": {"id": "dddddddd", "title": "Webshop", "kind": "website-login", "password": "hefe-2019"}}]}]}
"""
