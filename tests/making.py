"""Cases made for a test. Bodies, sections, source and topics are those of the fixtures."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from catalog.finding.cards import Card
from catalog.management.commands.load_catalogue import fixture_files
from catalog.models import Body, Case, CaseBody, Fact, Population, Section, Source, Topic

# Bodies the tests speak of, by name; all are rows of the fixtures.
FUNAGATA = "063631"  # 山形県舟形町, 0.5万人
KASHIHARA = "292052"  # 奈良県橿原市, 12.2万人
TAWARAMOTO = "293636"  # 奈良県田原本町, 3.2万人
HIDAKA = "394106"  # 高知県日高村, 0.5万人
OSAKA = "270008"  # 大阪府, 885.0万人
MIYAGI = "040002"  # 宮城県, 229.2万人 by the register, without a figure in the casebook

_pages = count(10_001)  # above every page a test gives itself


@transaction.atomic  # a published case without a body is refused at the end of a transaction
def make_case(
    slug: str = "",
    *,
    section: str = "1",
    source: str = "dx2021",
    bodies: Iterable[str] = (FUNAGATA,),
    topics: Iterable[str] = (),
    status: str = Case.Status.PUBLISHED,
    **fields: Any,
) -> Case:
    """A saved case on a page of its own, after all of the casebook.

    `bodies` are codes, `source` and `topics` slugs. A section is named as the casebook's is; of a source that
    `make_source` has made, it is the section like that.
    """
    page = next(_pages)
    make_documents("later")
    case = Case.objects.create(
        slug=slug or f"made-{page}",
        section=Section.objects.get(pk=section if source == "dx2021" else f"{source}-{section}"),
        source=Source.objects.get(slug=source),
        status=status,
        **{"title": f"事例{page}", "page": page, "points": ["要点"], "approach": "内容", **fields},
    )
    case.topics.set(Topic.objects.filter(slug__in=topics))
    for position, code in enumerate(bodies, start=1):
        CaseBody.objects.create(case=case, body_id=code, position=position)
    make_documents("", case)
    return case


def make_documents(when: str, *cases: Case) -> None:
    """`later`: documents are not made with each row. Empty: again, and those of these cases at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT refresh_case_documents(%s), set_config('catalog.documents', %s, true)",
            [[case.pk for case in cases], when],
        )


def make_fact(case: Case, kind: str = "effect", value: Any = None, **fields: Any) -> Fact:
    """A fact on page 1 of its source: measured in 割 where it has a number."""
    grade = {"grade": "stated"} if value is None else {"grade": "measured", "unit": "割", "value": value}
    label = f"項目{case.facts.count() + 1}"
    return Fact.objects.create(
        case=case, **{"kind": kind, "label": label, "text": "記載", "page": 1, **grade, **fields}
    )


def without_cases() -> None:
    """Takes every case away, with all that belongs to one, until the test is rolled back.

    By TRUNCATE: where rows are deleted the database follows each of them, which takes a second.
    """
    with connection.cursor() as cursor:
        # What waits for the end of the transaction keeps a table from being truncated.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE catalog_case CASCADE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def make_source(slug: str) -> Source:
    """A source with sections like those of the casebook."""
    source = Source.objects.create(
        slug=slug, title=f"{slug}の本", publisher="県", published_on="2001-01-01", terms="自由"
    )
    Section.objects.bulk_create(
        Section(
            id=f"{slug}-{like.pk}",
            source=source,
            step=like.step,
            title=f"{slug}の{like.title}",
            position=like.position,
        )
        for like in Section.objects.filter(source__slug="dx2021")
    )
    return source


def make_varied_cases(number: int = 40, codes: list[str] | None = None) -> None:
    """Cases of one to five bodies and no to four topics by chance, always the same.

    The bodies are those with these codes, or those of the casebook's populations and forty of no known one.

    One in eight is a draft, one in three from the source `second`.
    """
    chance = random.Random(2021)
    make_source("second")
    codes = codes or codes_of_varied_bodies()
    of_casebook = Section.objects.filter(source__slug="dx2021").order_by("position")
    sections = list(of_casebook.values_list("pk", flat=True))
    topics = list(Topic.objects.values_list("slug", flat=True))
    for made in range(number):
        case = make_case(
            section=chance.choice(sections),
            source="second" if made % 3 == 1 else "dx2021",
            bodies=chance.sample(codes, chance.randint(1, 5)),
            topics=chance.sample(topics, chance.randint(0, 4)),
            status="draft" if made % 8 == 0 else "published",
            year=[None, 2019, 2020, 2024][made // 2 % 4],
        )
        if made % 4:
            make_fact(case, ["", "effect", "effect", "cost_yearly"][made % 4], [None, 3, None, 5][made % 4])


def codes_of_varied_bodies() -> list[str]:
    of_casebook = Population.objects.filter(source="casebook").values("body")
    codes = Body.objects.filter(code__in=of_casebook).values_list("code", flat=True)
    unknown = Body.objects.exclude(code__in=of_casebook).values_list("code", flat=True)[:40]
    Population.objects.filter(body__in=list(unknown)).delete()
    return [*codes, *unknown]


def fixtures_but_indicator_values() -> list[Path]:
    """The fixtures that `loaddata` takes in seconds: for 26,000 values it takes minutes."""
    return [file for file in fixture_files() if file.name != "53_indicator_values.jsonl"]


def fixtures_of_cases() -> list[Path]:
    """Those of the cases themselves; what they refer to is in the test database."""
    return [file for file in fixture_files() if "_cases_" in file.name or file.stem.endswith("_facts")]


def set_population(code: str, persons: int | None, as_of: str = "2020-01-01") -> None:
    """Makes this the one population of a body; None: it has none."""
    Population.objects.filter(body=code).delete()
    if persons:
        Population.objects.create(body_id=code, persons=persons, as_of=as_of, source_id="casebook")


def slugs(cases: Iterable[Case]) -> list[str]:
    return [case.slug for case in cases]


def slugs_of_cards(cards: Iterable[Card]) -> list[str]:
    return [card.case["slug"] for card in cards]
