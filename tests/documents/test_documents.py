"""The documents against the rows they are made of, whoever writes these and however."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from catalog.links.checks import record
from catalog.links.network import Finding, Outcome
from catalog.models import (
    Body,
    Case,
    CaseBody,
    CaseDocument,
    CaseGrams,
    Confirmation,
    Fact,
    Figure,
    Followed,
    Link,
    LinkCheck,
    Population,
    PopulationSource,
    Prefecture,
    Section,
    SimilarBody,
    Source,
    Step,
    Topic,
    content_of_case,
)
from tests.filling import ADD, a_publisher, change_url, new_case, opened
from tests.making import (
    FUNAGATA,
    HIDAKA,
    KASHIHARA,
    MIYAGI,
    OSAKA,
    fixtures_of_cases,
    make_case,
    make_source,
)
from tests.oracle import (
    PlainCase,
    Texts,
    cases_with_rows,
    dead_links,
    extra_of,
    fold_each,
    record_of,
    texts_of,
    whole_words_in,
)
from tests.properties import of_writing

pytestmark = pytest.mark.django_db

TEXTS = ["窓口のサーバー", "ﾌﾟﾚﾐｱﾑ商品券", "A‐B−Ｃ", "髙﨑市①", "一\n二", "人材の育成", "", "'\"\\&"]
FACTS = [
    ("effect", "measured", 3, "割"),
    ("effect", "stated", None, ""),
    ("cost_yearly", "expected", 1, "円"),
]
CODES = [FUNAGATA, HIDAKA, KASHIHARA, MIYAGI, OSAKA]
URLS = [f"https://example.jp/{name}" for name in "abc"]
TRUNCATED = [
    "case",
    "casebody",
    "similarbody",
    "link",
    "figure",
    "fact",
    "followed",
    "case_topics",
    "topic",
    "linkcheck",
    "confirmation",
]


def wrong_documents() -> dict[str, list[str]]:
    """What of each document is not what the rows of its case say, by slug."""
    documents = {document.pk: document for document in CaseDocument.objects.all()}
    cases, dead = list(cases_with_rows()), dead_links()
    assert sorted(documents) == sorted(case.pk for case in cases)
    texts = folded_lines(cases)
    wrong = {}
    for case in cases:
        expected = {**facts_of_rows(case), **texts[case.pk]}
        expected |= {"record": record_of(case), "extra": extra_of(case, dead)}
        found = facts_of_document(documents[case.pk])
        if differing := [name for name in expected if found[name] != expected[name]]:
            wrong[case.slug] = differing
    return {**wrong, **{slug: ["grams"] for slug in wrong_grams()}}


def facts_of_rows(case: Case) -> dict[str, Any]:
    """What the index is built from, and who may see the case."""
    return {
        "slug": case.slug,
        "is_public": case.status == "published",
        "section": case.section_id,
        "source": case.source_id,
        "page": case.page,
        "order": case.order,
        "updated_at": case.updated_at,
        "topics": sorted(topic.slug for topic in case.topics.all()),
        "bodies": [row.body_id for row in case.case_bodies.all()],
        "mentions": sorted(
            {row.body_id for row in case.similar_bodies.all()} | {row.body_id for row in case.followed.all()}
        ),
        "stated": [name for name in ("cost", "effect") if PlainCase.read(case).values[name]],
    }


def facts_of_document(document: CaseDocument) -> dict[str, Any]:
    lines = {name: lines_of(getattr(document, name)) for name in ("title", "head", "folded")}
    lines["words"] = sorted(re.findall(r"'([^']*)'", document.words))
    as_they_are = ("slug", "is_public", "section", "source", "page", "order", "updated_at", "stated")
    return {
        **{name: getattr(document, name) for name in as_they_are},
        "topics": sorted(document.topics),
        "bodies": document.bodies,
        "mentions": document.mentions,
        **lines,
        "record": json.loads(document.record),
        "extra": json.loads(document.extra),
    }


def folded_lines(cases: Iterable[Case]) -> dict[int, dict[str, list[str]]]:
    """The lines that search reads of each case, by the document's names of them."""
    texts = {case.pk: texts_of(case) for case in cases}
    joined = ["\n".join(part) for text in texts.values() for part in (text.title, text.head, text.lines)]
    folded = iter([lines_of(text) for text in fold_each(joined)])
    names = ("title", "head", "folded")
    return {
        pk: {name: next(folded) for name in names} | {"words": words_of(text)} for pk, text in texts.items()
    }


def words_of(texts: Texts) -> list[str]:
    """The grams of the words that are found whole, and of the readings of names."""
    no_kana: list[str] = []
    parts = (
        ("*", texts.title, no_kana),
        ("+", texts.head, texts.kana),
        ("", texts.lines, texts.kana + texts.similar_kana),
    )
    grams = {
        f"{mark}{kind}{one}"
        for mark, lines, kana in parts
        for kind, words in (("=", whole_words_in("\n".join(lines))), ("~", kana))
        for one in (fold_each(words) if words else [])
    }
    return sorted(grams)


def lines_of(text: str) -> list[str]:
    """The lines in an order of their own: search does not ask in which they stand."""
    return sorted(line for line in text.split("\n") if line)


def wrong_grams() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT slug FROM catalog_casedocument LEFT JOIN catalog_casegrams USING (case_id)"
            " WHERE grams IS DISTINCT FROM grams(title, '*') || grams(head, '+') || grams(folded) || words"
        )
        return [slug for (slug,) in cursor.fetchall()]


def execute(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)


class Writer:
    """Writes by chance, as editors, importers, fixtures and people at the database's prompt do."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data

    def pick(self, rows: Any) -> Any:
        """One of the rows, by its place in their order."""
        listed = list(rows.order_by("pk"))
        return listed[self.data.draw(st.integers(0, 20)) % len(listed)] if listed else None

    def text(self) -> str:
        return self.data.draw(st.sampled_from(TEXTS))

    def code(self) -> str:
        return self.data.draw(st.sampled_from(CODES))

    def number(self) -> int:
        return self.data.draw(st.integers(1, 9))

    def create_case(self) -> None:
        topics = self.data.draw(st.lists(st.sampled_from(["bpr", "data"]), unique=True))
        status = self.data.draw(st.sampled_from(["draft", "published"]))
        make_case(title=self.text() or "題", bodies=[self.code()], topics=topics, status=status)

    def save_case(self) -> None:
        if case := self.pick(Case.objects):
            case.title, case.points, case.references = self.text() or "題", [self.text()], [self.text()]
            case.section, case.source = self.pick(Section.objects), self.pick(Source.objects)
            case.save()

    def update_cases(self) -> None:
        fields = ("heading", "background", "approach", "outcome", "editor_note", "withdrawn_reason")
        name = self.data.draw(st.sampled_from(fields))
        Case.objects.update(**{name: self.text(), "similar_open_ended": True})

    def change_status(self) -> None:
        status = self.data.draw(st.sampled_from(["draft", "published", "withdrawn"]))
        if case := self.pick(Case.objects):
            Case.objects.filter(pk=case.pk).update(status=status, withdrawn_reason="終了")

    def move_cases_by_sql(self) -> None:
        execute('UPDATE catalog_case SET "order" = "order" + 1, slug = slug || %s', "-x")

    def delete_case(self) -> None:
        if case := self.pick(Case.objects):
            case.delete()

    def create_rows(self) -> None:
        if case := self.pick(Case.objects):
            place = {"case": case, "position": self.number()}
            url = self.data.draw(st.sampled_from(URLS))
            CaseBody.objects.bulk_create([CaseBody(**place, body_id=self.code(), note=self.text())])
            Figure.objects.bulk_create([Figure(**place, label=f"{self.number()}", value="八台")])
            kind, grade, value, unit = self.data.draw(st.sampled_from(FACTS))
            Fact.objects.create(
                **place, label=f"{self.number()}", kind=kind, grade=grade, value=value, unit=unit,
                text=self.text() or "一", page=1,
            )  # fmt: skip
            Followed.objects.create(
                **place, body_id=self.code(), role="model", note=self.text() or "一", page=1
            )
            Link.objects.create(**place, url=url, label="例")
            SimilarBody.objects.create(**place, body_id=self.code(), note=self.text(), url=url)

    def update_rows(self) -> None:
        rows: Any = self.data.draw(st.sampled_from([CaseBody, SimilarBody, Fact, Figure, Followed, Link]))
        if row := self.pick(rows.objects):
            other = self.pick(Case.objects)
            rows._default_manager.filter(pk=row.pk).update(case=other, position=self.number())
        CaseBody.objects.update(note=self.text())

    def exchange_bodies(self) -> None:
        if row := self.pick(CaseBody.objects):
            CaseBody.objects.filter(pk=row.pk).update(body=self.code())
        if mention := self.pick(SimilarBody.objects):
            SimilarBody.objects.filter(pk=mention.pk).update(body=self.code(), url="")
        if row := self.pick(Followed.objects):
            Followed.objects.filter(pk=row.pk).update(body=self.code())

    def delete_rows(self) -> None:
        rows: Any = self.data.draw(st.sampled_from([CaseBody, SimilarBody, Fact, Figure, Followed, Link]))
        rows.objects.filter(position__lte=self.number()).delete()

    def set_topics(self) -> None:
        if case := self.pick(Case.objects):
            case.topics.set(Topic.objects.all()[: self.number() % 4])

    def change_topics(self) -> None:
        if topic := self.pick(Topic.objects.filter(cases__isnull=False).distinct()):
            if self.number() == 1:
                topic.delete()
            else:
                changes = {"title": f"主題{self.number()}", "slug": f"topic-{self.number()}"}
                Topic.objects.filter(pk=topic.pk).update(**changes, position=self.number())

    def change_body(self) -> None:
        named = {"name": self.text() or "町", "kana": f"よみ{self.number()}"}
        office = {"website": f"https://example.jp/{self.number()}", "telephone": "03-1234-5678"}
        days = {f"{name}_checked_on": date(2026, 1, self.number()) for name in office}
        Body.objects.filter(pk=self.code()).update(**named, **office, **days)

    def end_body(self) -> None:
        code, successor = self.code(), self.code()
        ended = None if code == successor else date(2026, 1, self.number())
        Body.objects.filter(pk=code).update(abolished_on=ended, successor=successor if ended else None)

    def change_populations(self) -> None:
        source = self.data.draw(st.sampled_from(["casebook", "resident-register"]))
        match self.number() % 4:
            case 0:
                Population.objects.filter(body=self.code()).delete()
            case 1:
                PopulationSource.objects.filter(pk=source).update(title=self.text(), position=self.number())
            case 2:
                Population.objects.filter(body=self.code()).update(persons=700)
            case _:
                Population.objects.update_or_create(
                    body_id=self.code(),
                    as_of=date(2026, 1, self.number()),
                    source_id=source,
                    defaults={"persons": self.data.draw(st.sampled_from([700, 30_000, 2_000_000]))},
                )

    def change_contact(self) -> None:
        if row := self.pick(CaseBody.objects):
            contact = {"contact_section": self.text() or "課", "contact_checked_on": date(2026, 1, 1)}
            CaseBody.objects.filter(pk=row.pk).update(**contact)

    def answer(self) -> None:
        """A body says that the case is right, or not, as it stands or as it once was; or is forgotten."""
        if row := self.pick(CaseBody.objects):
            content = content_of_case(row.case_id) if self.number() < 8 else "another"
            at = datetime(2026, 11, 30, 14, tzinfo=UTC) + timedelta(hours=self.number())
            verdict = {"verdict": "right"} if self.number() < 7 else {"verdict": "wrong", "text": "ここ"}
            revoked = at if self.number() == 9 else None
            Confirmation.objects.create(
                case_id=row.case_id, body_id=row.body_id, content=content, answered_at=at, expires_at=at,
                revoked_at=revoked, **verdict,
            )  # fmt: skip

    def change_prefecture(self) -> None:
        name = {"name": f"{self.number()}県", "kana": self.text()}
        Prefecture.objects.filter(pk=self.code()[:2]).update(**name)

    def change_section_and_step(self) -> None:
        section = self.pick(Section.objects)
        Section.objects.filter(pk=section.pk).update(title=f"区分{self.number()}")
        Step.objects.filter(pk=section.step_id).update(title=f"段階{self.number()}")

    def change_sources(self) -> None:
        name = self.data.draw(st.sampled_from(["title", "edition", "publisher", "terms"]))
        Source.objects.update(**{name: self.text()})
        Source.objects.filter(slug="second").update(published_on=date(2020, 1, self.number()))

    def check_links(self) -> None:
        url = self.data.draw(st.sampled_from(URLS))
        outcome = self.data.draw(st.sampled_from(["alive", "failing", "failing", "failing"]))
        for day in range(1, self.number() % 4 + 1):
            at = datetime(2026, 11, day, tzinfo=UTC) + timedelta(hours=self.number())
            record(Finding(url, Outcome(outcome), checked_at=at))

    def change_checks(self) -> None:
        if check := self.pick(LinkCheck.objects):
            if self.number() < 4:
                check.delete()
            else:
                url = self.data.draw(st.sampled_from([*URLS, "https://example.jp/other"]))
                LinkCheck.objects.filter(pk=check.pk).update(url=url)

    def write_several_tables_at_once(self) -> None:
        execute(
            "WITH one AS (SELECT min(id) AS id FROM catalog_case),"
            " noted AS (UPDATE catalog_casebody SET note = '同時' RETURNING case_id),"
            " left_out AS (DELETE FROM catalog_link USING one WHERE case_id = one.id)"
            " UPDATE catalog_case SET outcome = '同時' FROM one WHERE catalog_case.id = one.id"
        )

    def write_the_same_again(self) -> None:
        execute("UPDATE catalog_case SET title = title, version = version + 1")
        execute("UPDATE catalog_body SET name = name")

    def truncate(self) -> None:
        table = self.data.draw(st.sampled_from(TRUNCATED))
        # What waits for the end of the transaction would forbid it.
        Case.objects.filter(case_bodies=None).update(status="draft")
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        execute(f"TRUNCATE catalog_{table} CASCADE")
        execute("SET CONSTRAINTS ALL DEFERRED")


WAYS: list[Callable[[Writer], None]] = [
    way for name, way in vars(Writer).items() if name not in ("__init__", "pick", "text", "code", "number")
    if callable(way)
]  # fmt: skip


@pytest.fixture
def some_cases() -> None:
    """Three cases with every kind of row, one of them a draft, by themselves."""
    Case.objects.all().delete()
    make_source("second")
    for number, code in enumerate([FUNAGATA, KASHIHARA, MIYAGI]):
        status = "draft" if number == 2 else "published"
        case = make_case(bodies=[code, OSAKA], topics=["bpr", "data"], status=status)
        Figure.objects.create(case=case, label="回数", value="８回")
        of_effect = {"kind": "effect", "label": "効果", "value": 3, "unit": "割", "text": "３割", "page": 1}
        Fact.objects.create(case=case, grade="measured", **of_effect)
        Followed.objects.create(case=case, body_id=KASHIHARA, role="follower", note="導入", page=1)
        Link.objects.create(case=case, url=URLS[number], label="例")
        SimilarBody.objects.create(case=case, body_id=HIDAKA, url=URLS[0], note="研修")


@pytest.mark.usefixtures("some_cases")
@of_writing
@given(st.lists(st.sampled_from(WAYS), min_size=1, max_size=6), st.data())
def test_after_every_write_each_document_says_what_its_rows_say(
    ways: list[Callable[[Writer], None]], data: st.DataObject
) -> None:
    with transaction.atomic():
        for way in ways:
            try:
                with transaction.atomic():
                    way(Writer(data))
            except IntegrityError:
                pass  # refused, and nothing written
            assert wrong_documents() == {}, way.__name__
        transaction.set_rollback(True)


def test_a_difference_is_seen() -> None:
    first, second = Case.objects.order_by("pk")[:2]
    CaseDocument.objects.filter(pk=first.pk).update(folded="別", bodies=[])
    CaseDocument.objects.filter(pk=second.pk).update(record='{"slug": "x"}')
    assert wrong_documents() == {first.slug: ["grams"], second.slug: ["record"]}


def test_grams_that_are_lost_are_made_again() -> None:
    CaseGrams.objects.all().delete()
    assert len(wrong_documents()) == 60
    execute("SELECT refresh_all_case_documents()")
    assert wrong_documents() == {}


@pytest.mark.long
def test_an_editor_saves() -> None:
    client = a_publisher()
    assert client.post(ADD, new_case()).status_code == 302
    assert wrong_documents() == {}
    case = Case.objects.get(slug="new-case")
    sent = {**opened(client, case), "title": "次の題名", "case_bodies-0-body": HIDAKA, "reason": "訂正"}
    assert client.post(change_url(case), sent).status_code == 302
    assert wrong_documents() == {}
    assert json.loads(CaseDocument.objects.get(pk=case.pk).record)["title"] == "次の題名"


@pytest.mark.long
def test_an_import_and_fixtures_are_loaded(client: Client, tmp_path: Path) -> None:
    file = tmp_path / "cases.csv"
    file.write_bytes(client.get("/cases.csv?section=1").getvalue())
    before = list(CaseDocument.objects.order_by("pk").values_list("record", flat=True))
    Case.objects.filter(section="1").delete()
    call_command("import_cases", str(file), stdout=StringIO())
    assert wrong_documents() == {}
    Case.objects.all().delete()
    assert not CaseDocument.objects.exists()
    call_command("loaddata", *fixtures_of_cases(), verbosity=0)
    assert wrong_documents() == {}
    assert CaseDocument.objects.count() == len(before) == 60


def test_a_draft_has_a_document_that_is_not_public() -> None:
    draft, withdrawn = make_case(status="draft"), make_case(status="withdrawn", withdrawn_reason="終了")
    made = CaseDocument.objects.filter(pk__in=[draft.pk, withdrawn.pk])
    assert list(made.values_list("is_public", flat=True)) == [False, False]
    Case.objects.filter(pk=draft.pk).update(status="published")
    assert CaseDocument.objects.get(pk=draft.pk).is_public


def test_a_body_that_ended_tells_the_name_of_its_successor_and_of_its_prefecture_as_they_are() -> None:
    make_case("made", bodies=[FUNAGATA])
    Body.objects.filter(pk=FUNAGATA).update(abolished_on="2026-04-01", successor=HIDAKA)
    Prefecture.objects.filter(pk="39").update(name="土佐県")
    assert wrong_documents() == {}
    Body.objects.filter(pk=HIDAKA).update(name="新日高村")
    assert wrong_documents() == {}
    (body,) = json.loads(CaseDocument.objects.get(slug="made").record)["bodies"]
    assert body["successor"] == {"code": HIDAKA, "name": "新日高村", "prefecture": "土佐県"}


def place_of_document(case: Case) -> str:
    """Where the row of the document lies: elsewhere once it is written again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ctid::text FROM catalog_casedocument WHERE case_id = %s", [case.pk])
        (place,) = cursor.fetchone()
    return place


def test_what_changes_nothing_writes_no_document() -> None:
    case = make_case()
    place = place_of_document(case)
    execute("UPDATE catalog_case SET version = NULL")
    execute("UPDATE catalog_body SET name = name, kana = kana")
    case.case_bodies.update(position=1)
    assert Case.objects.get(pk=case.pk).version > case.version
    assert place_of_document(case) == place
    Case.objects.filter(pk=case.pk).update(heading="別")
    assert place_of_document(case) != place


@pytest.mark.long
def test_a_loader_of_many_rows_may_have_the_documents_made_later() -> None:
    deleted, made = Case.objects.order_by("pk")[0], make_case("made", title="初め")
    execute("SET LOCAL catalog.documents = 'later'")
    deleted.delete()
    Topic.objects.filter(slug="bpr").update(title="別の題")
    Case.objects.filter(pk=made.pk).update(title="後で")
    assert CaseDocument.objects.get(pk=made.pk).title == "初め"
    execute("SELECT refresh_all_case_documents()")
    execute("SET LOCAL catalog.documents = ''")
    assert wrong_documents() == {}
    assert CaseDocument.objects.get(pk=made.pk).title == "後で"
