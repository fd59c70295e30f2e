import re
from dataclasses import fields, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from node.letter_samples import LINK, samples

from escrowd.core.wire import SHARE_BEGIN, SHARE_END
from escrowd.node.letters import KINDS, SHARE_MARKS, Release, compose, put_share
from escrowd.texts import render

CASES = list(samples())
WORDS = ("academic", *(["acid"] * 18), "username")
LANGUAGES = ("de", "en")
every_letter = pytest.mark.parametrize(
    ("kind", "context", "language"),
    [
        pytest.param(kind, context, language, id=f"{name}-{language}")
        for name, kind, context in CASES
        for language in LANGUAGES
    ],
)
REMOTE = re.compile(
    r"<(?:img|link|script|iframe|form|object|embed|base)\b|\bsrc=|url\(|@import|@font-face", re.IGNORECASE
)


def release(language, **changes):
    """The first release to a client."""
    context = next(context for name, _, context in CASES if name == "release-client-0")
    return compose("release-client", language, replace(context, **changes))


class Text(HTMLParser):
    """The text of an HTML document, and its links."""

    def __init__(self, html):
        super().__init__()
        self.text, self.links, self._skip = "", [], 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self._skip += tag in {"style", "title"}
        self.links += [value for name, value in attrs if name == "href"]

    def handle_endtag(self, tag):
        self._skip -= tag in {"style", "title"}

    def handle_data(self, data):
        self.text += "" if self._skip else f"{data} "


def test_every_kind_has_a_sample():
    """The samples of this test leave out no kind of letter."""
    assert {kind for _, kind, _ in CASES} == set(KINDS)


@every_letter
def test_a_letter_is_whole(kind, context, language):
    """Each letter has one line of subject, greets by name, carries the phrase, and has no remote content (P10)."""
    letter = compose(kind, language, context)
    assert letter.subject
    assert "\n" not in letter.subject
    assert len(letter.subject) <= 100
    for body in (letter.text, Text(letter.html).text):
        assert context.name in body
        assert context.phrase in body
        assert context.node in body
        assert not re.search(r"\{\{|\{%|\bNone\b|\x02|\x03| {2}\S.* {2}\.", body)
    assert f'<html lang="{language}">' in letter.html
    assert not REMOTE.search(letter.html)


@every_letter
def test_a_subject_holds_no_secret(kind, context, language):
    """No token and no card word stands in a subject, which mail servers log (P10)."""
    subject = compose(kind, language, context).subject
    assert "?t=" not in subject
    assert not set(SHARE_MARKS) & set(subject.split())


@every_letter
def test_text_and_html_hold_the_same_links(kind, context, language):
    """Who reads plain text can do all that who reads HTML can."""
    letter = compose(kind, language, context)
    assert all(link in letter.text.splitlines() for link in Text(letter.html).links)


@every_letter
def test_a_demonstration_says_so(kind, context, language):
    """A node whose time runs faster says so in subject and body of every mail, any other in none."""
    word = {"de": "Vorführung", "en": "emonstration"}[language]
    real, demo = (
        compose(kind, language, context),
        compose(kind, language, replace(context, time_scale=288_000)),
    )
    assert word not in real.subject + real.text + real.html
    for part in (demo.subject, demo.text, demo.html):
        assert word in part
    assert {"de": "288.000", "en": "288,000"}[language] in demo.text


@every_letter
def test_a_letter_of_a_trial_says_so(kind, context, language):
    """On trial the subject begins with [Probe], the body says for whom it would be; a release shows no word of ours."""
    changes = {"share": ()} if isinstance(context, Release) else {}
    trial = compose(kind, language, replace(context, trial_for="Erika Muster", **changes))
    real = compose(kind, language, replace(context, trial_for="", **changes))
    assert trial.subject == f"[Probe] {real.subject}"
    for body in (trial.text, Text(trial.html).text):
        assert body.count("Erika Muster") == 2
        assert "%SHARE" not in body
        assert "/p/release" not in body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["announce-provider", "announce", "release-client", "release-successor"])
def test_a_blind_step_says_so(kind, language):
    """A step taken although the provider's addresses refused says so, in every mail that it causes (P3)."""
    context = next(context for _, one, context in CASES if one == kind)
    seeing, blind = (compose(kind, language, replace(context, blind=one)).text for one in (False, True))
    word = {"de": "seit langer Zeit", "en": "for a long time"}[language]
    assert word not in " ".join(seeing.split())
    assert word in " ".join(blind.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_announcement_begins_with_what_matters(language):
    """The first sentences say since when, when at the earliest, and that there is nothing to do."""
    context = next(context for name, _, context in CASES if name == "announce-client-False")
    first = compose("announce", language, context).text.split("\n\n")[1]
    wanted = {
        "de": [
            "Jana Winter hat sich seit dem 1. Februar 2027 nicht",
            "frühestens am 24. März 2027",
            "müssen nichts",
        ],
        "en": [
            "has not been in touch with us since 1 February 2027",
            "24 March 2027 at the earliest",
            "do not have to",
        ],
    }
    assert all(part in " ".join(first.split()) for part in wanted[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_third_check_in_by_link_says_what_the_next_must_be(language):
    """Check-ins by link are counted aloud, and the third names the command that the next one needs."""
    cases = {name: context for name, kind, context in CASES if kind == "checked-in"}
    second = compose("checked-in", language, cases["checked-in-link"])
    third = compose("checked-in", language, cases["checked-in-link-3"])
    assert {"de": "2 von 3", "en": "2 of 3"}[language] in second.subject + second.text
    assert "escrow checkin" not in second.text
    assert "escrow checkin" in third.text
    used_up = next(context for name, _, context in CASES if name == "remind-3")
    assert "escrow checkin" in compose("remind", language, used_up).text


def mail(letter, encoding):
    """The letter as a message on its way."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = letter.subject
    message.set_content(letter.text, cte=encoding)
    message.add_alternative(letter.html, subtype="html", cte=encoding)
    return message.as_bytes()


@pytest.mark.parametrize("encoding", ["8bit", "quoted-printable"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_share_goes_in_when_the_mail_is_sent(language, encoding):
    """A finished release with its marks replaced holds the 20 words in both bodies, in order, and no mark."""
    letter = release(language)
    sent = message_from_bytes(put_share(mail(letter, encoding), WORDS), policy=SMTP)
    for kind in ("plain", "html"):
        body = sent.get_body((kind,)).get_content()
        assert "%SHARE" not in body
        assert body.count(" ".join(WORDS)) == 1
    lines = letter.text.splitlines()
    begin, end = lines.index(SHARE_BEGIN), lines.index(SHARE_END)
    assert lines[begin + 1 : end] == [" ".join(SHARE_MARKS)]
    places = [letter.html.index(f"<li>{mark}</li>") for mark in SHARE_MARKS]
    assert all(one < other for one, other in pairwise(places))


def test_a_release_without_its_whole_share_is_refused():
    """A release is never sent with a word or a mark missing (P9)."""
    whole = mail(release("de"), "8bit")
    with pytest.raises(ValueError, match="19"):
        put_share(whole, WORDS[:19])
    with pytest.raises(ValueError, match="19"):
        put_share(whole.replace(SHARE_MARKS[3].encode(), b""), WORDS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_release_without_a_share_of_the_node_says_so(language):
    """Where the node has no share of the set, the letter shows no mark and asks for a second card instead."""
    letter = release(language, share=())
    assert "%SHARE" not in letter.text + letter.html
    assert SHARE_BEGIN not in letter.text
    assert {"de": "Eine zweite Karte", "en": "A second card"}[language] in letter.text


def test_a_client_called_like_a_mark_puts_no_word_into_a_subject():
    """Only the bodies of a message receive the share (P10)."""
    sent = message_from_bytes(
        put_share(mail(release("de", client=SHARE_MARKS[0]), "8bit"), WORDS), policy=SMTP
    )
    assert SHARE_MARKS[0] in sent["Subject"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_release_explains_the_three_public_commands(language):
    """A release says how to open it with nothing of ours (P5), and names the right key file."""
    text = release(language, set_number=7).text
    for command in ("shamir recover", "age -d -i key-7.age -o bundle.zip bundle.age", "unzip bundle.zip -d"):
        assert f"    {command}" in text
    assert "apt install age unzip" in text
    assert 'pipx install "shamir-mnemonic[cli]"' in text
    for command in ("brew install age pipx", "winget install FiloSottile.age", "Expand-Archive bundle.zip"):
        assert command in text


def test_a_release_never_asks_for_a_card():
    """No letter asks for the words of a card to be sent, and a release warns of whoever does."""
    assert "niemandem am Telefon" in release("de").text
    assert "to nobody by telephone" in release("en").text


@pytest.mark.parametrize(
    "name", ["# Titel", "a\r\nBcc: x@evil.example", "=> x | https://evil.example", "<b>x</b>"]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hostile_name_stays_a_name(name, language):
    """A client's name adds no header, no line, no link, no markup to a letter."""
    letter = release(language, client=name, name=name, provider=name)
    assert "\n" not in letter.subject
    assert "\r" not in letter.subject
    assert "<b>" not in letter.html
    assert set(Text(letter.html).links) == {LINK.replace("checkin", "release")}


def test_a_letter_takes_only_its_own_context():
    """Another kind's context, and a language that there is not, are errors of the program."""
    context = next(context for _, kind, context in CASES if kind == "remind")
    with pytest.raises(TypeError):
        compose("warn", "de", context)
    with pytest.raises(TypeError):
        compose("remind", "fr", context)


def test_the_same_letter_twice_is_the_same():
    """Composing is a pure function: a letter that is composed again has the same bytes (P4)."""
    assert [compose(kind, "de", context) for _, kind, context in CASES] == [
        compose(kind, "de", context) for _, kind, context in CASES
    ]


def test_a_context_of_a_release_names_its_share_by_marks_only():
    """The words are no part of what is stored with an order: a context made without them holds the marks."""
    assert Release.__dataclass_fields__["share"].default == SHARE_MARKS


@every_letter
def test_no_paragraph_runs_into_the_next(kind, context, language):
    """Where a template leaves something out, the empty line between two blocks stays."""
    values = {field.name: getattr(context, field.name) for field in fields(context)}
    template = render._letters(language, context.zone).get_template(f"{language}/{kind}.letter")
    source = template.render({**values, "share_begin": SHARE_BEGIN, "share_end": SHARE_END})
    for block in re.split(r"\n\s*\n", source.strip()):
        first, *rest = block.splitlines()
        for line in rest:
            mark = re.match(r"(# |- |\d+\. |> |! |=> |\$ |\| |:: |---$|\*\*(?:Sie müssen|You do not))", line)
            assert mark is None or first.startswith(mark[1][:1]) or first[0].isdigit(), (first, line)
