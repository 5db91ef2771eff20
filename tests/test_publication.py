"""Whatever editors do: what is published is at once in every public answer, and what is not is in none."""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from html import unescape
from io import BytesIO
from itertools import count
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from catalog import history
from catalog.models import Body, Case, Topic, bands
from tests.addresses import PUBLIC
from tests.editing.test_admin import LIST, chosen
from tests.filling import ADD, a_publisher, change_url, errors, new_case, opened
from tests.making import FUNAGATA, HIDAKA, KASHIHARA, OSAKA, TAWARAMOTO, make_case, without_cases

pytestmark = pytest.mark.django_db

CHANGES = 24
TOPIC = "bpr"
GOBO = "302058"  # 和歌山県御坊市, which is named as similar alone
NAMES = {HIDAKA: "日高村", KASHIHARA: "橿原市", TAWARAMOTO: "田原本町", GOBO: "御坊市"}
STEP_OF = {"1": 0, "3-1": 2, "4-2": 3}  # of some sections
# What nothing but the cases of the walk has: their words, and the names of their bodies.
MARK = re.compile("|".join(("zq[0-9]+zq", *NAMES.values())))
marks = (f"zq{number}zq" for number in count(1))


@dataclass(frozen=True)
class Written:
    """What stands in a case; without status there is none. Slug, title and approach are a mark each."""

    slug: str
    page_in_source: int
    status: str = ""
    title: str = ""
    approach: str = ""
    body: str = ""
    section: str = ""

    @property
    def row(self) -> Case:
        return Case.objects.get(slug=self.slug)

    @property
    def fields(self) -> dict[str, str]:
        """What differs from case to case in the admin's form."""
        names = ("slug", "status", "title", "approach", "section")
        place = {"page": str(self.page_in_source), "case_bodies-0-body": self.body}
        return {**{name: getattr(self, name) for name in names}, **place}

    @property
    def on_card(self) -> set[str]:
        return {self.slug, self.title, NAMES[self.body]}

    @property
    def whole(self) -> set[str]:
        return {*self.on_card, self.approach, NAMES[GOBO]}


STANDING = [
    Written("standing", 1, "published", body=FUNAGATA, section="1"),
    Written("alone", 2, "published", body=OSAKA, section="1"),
]
EVERY_CHANGE = {
    ("create", ""),
    *((what, "draft") for what in ("publish", "publish_by_form", "delete", "edit", "restore")),
    *((what, "published") for what in ("withdraw", "return_to_draft", "edit", "restore")),
    *((what, "withdrawn") for what in ("publish", "return_to_draft", "edit", "restore")),
}


class Editor:
    """Changes three cases in the admin and knows what then stands in them."""

    def __init__(self) -> None:
        self.chance = random.Random(20)
        self.client = a_publisher()
        self.cases = {slug: Written(slug, page) for slug, page in zip(marks, (2, 3, 4), strict=False)}
        self.versions: dict[int, Written] = {}  # by key
        self.done: Counter[tuple[str, str]] = Counter()  # by what was done and the status it was done to

    def change(self) -> None:
        """Makes a change that a case allows, by chance among those made least often."""
        possible = [(case, make) for case in self.cases.values() for make in self.changes_of(case)]
        self.chance.shuffle(possible)
        before, make = min(possible, key=lambda pair: self.done[pair[1].__name__, pair[0].status])
        after = self.cases[before.slug] = make(before)
        if after.status:
            self.versions[history.versions_of(after.row)[0].pk] = after
        self.done[make.__name__, before.status] += 1

    def changes_of(self, case: Written) -> list[Callable[[Written], Written]]:
        of_status = {
            "": [self.create],
            "draft": [self.publish, self.publish_by_form],
            "published": [self.withdraw, self.return_to_draft],
            "withdrawn": [self.publish, self.return_to_draft],
        }
        of_draft = [self.delete] if case.status == "draft" and not case.row.was_public else []
        of_any = [self.edit, self.restore] if case.status else []
        return [*of_status[case.status], *of_draft, *of_any]

    def create(self, case: Written) -> Written:
        status = self.chance.choice(["draft", "published"])
        topic = str(Topic.objects.get(slug=TOPIC).pk)
        return self.sent(ADD, self.reworded(replace(case, status=status)), new_case(topics=[topic]))

    def edit(self, case: Written) -> Written:
        return self.sent_by_form(self.reworded(case))

    def publish_by_form(self, case: Written) -> Written:
        return self.sent_by_form(replace(case, status="published"))

    def withdraw(self, case: Written) -> Written:
        return self.sent_by_form(replace(case, status="withdrawn"), withdrawn_reason="申し出により")

    def publish(self, case: Written) -> Written:
        return self.acted("publish", replace(case, status="published"))

    def return_to_draft(self, case: Written) -> Written:
        return self.acted("return_to_draft", replace(case, status="draft"))

    def restore(self, case: Written) -> Written:
        row = case.row
        version = self.chance.choice([one.pk for one in history.versions_of(row)])
        reason = {"seen_version": row.version, "reason": "戻す"}
        self.post(f"{LIST}{row.pk}/history/{version}/revert/", reason)
        return replace(self.versions[version], slug=case.slug, status=case.status)

    def delete(self, case: Written) -> Written:
        self.post(f"{LIST}{case.row.pk}/delete/", {"post": "yes"})
        return Written(case.slug, case.page_in_source)

    def reworded(self, case: Written) -> Written:
        body, section = self.chance.choice([HIDAKA, KASHIHARA, TAWARAMOTO]), self.chance.choice([*STEP_OF])
        return replace(case, title=next(marks), approach=next(marks), body=body, section=section)

    def sent_by_form(self, case: Written, **more: str) -> Written:
        return self.sent(
            change_url(case.row), case, {**opened(self.client, case.row), "reason": "訂正", **more}
        )

    def sent(self, address: str, case: Written, form: dict[str, Any]) -> Written:
        self.post(address, {**form, **case.fields, "similar_bodies-0-body": GOBO, "followed-0-body": GOBO})
        return case

    def acted(self, action: str, case: Written) -> Written:
        self.post(LIST, chosen(action, case.row, reason="変更"))
        return case

    def post(self, address: str, form: dict[str, Any]) -> None:
        answer = self.client.post(address, form)
        assert answer.status_code == 302, errors(answer)


@dataclass
class Answer:
    status: int
    text: str

    @property
    def marks(self) -> set[str]:
        return set(MARK.findall(self.text))


class Reader:
    """Reads the site as a cache does, telling each address what it had there."""

    def __init__(self) -> None:
        self.client = Client()
        self.had: dict[str, dict[str, set[str]]] = {}  # the marks in what each ETag came with, by address
        self.texts: dict[str, str] = {}  # the newest, by address
        self.count = 0

    def read(self, address: str, allowed: set[str]) -> Answer:
        """The answer to who names every ETag that came with a mark that is not allowed any more."""
        had = self.had.setdefault(address, {})
        outdated = [etag for etag, seen in had.items() if seen - allowed]
        response = self.client.get(
            address, headers={"If-None-Match": ", ".join(outdated)} if outdated else {}
        )
        answer = Answer(response.status_code, text_of(address, response))
        self.texts[address], self.count = answer.text, self.count + 1
        if "ETag" in response.headers:
            had[response.headers["ETag"]] = answer.marks
        return answer


def text_of(address: str, response: Any) -> str:
    content = response.getvalue()
    if ".xlsx" not in address:
        return unescape(content.decode())
    sheets = load_workbook(BytesIO(content)).worksheets
    return "\n".join(
        str(cell) for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row
    )


def expected(cases: list[Written]) -> dict[str, tuple[int, set[str]]]:
    """By address: the status, and the marks that the answer has; those of 404 and 410 may repeat the slug."""
    public = in_order([case for case in cases if case.status == "published"])
    cards = {mark for case in public for mark in case.on_card}
    whole = {mark for case in public for mark in case.whole}
    named = {NAMES[case.body] for case in public} | ({NAMES[GOBO]} if public else set())
    of_step = {step: [case for case in public if STEP_OF[case.section] == step] for step in range(4)}
    addresses = [address for address in PUBLIC.values() if "dx2021" not in address]
    nothing = dict.fromkeys(addresses, (200, set[str]()))
    return nothing | {
        **dict.fromkeys(("/", "/cases/", "/cases.atom", f"/cases/?near={FUNAGATA}"), (200, cards)),
        **dict.fromkeys(("/cases.csv", "/cases.xlsx", "/cases.json", "/api/v1/cases/"), (200, whole)),
        f"/cases.json?near={FUNAGATA}&sort=-updated": (200, whole),
        f"/cases/?topic={TOPIC}": (200, cards),
        "/data/case_bodies.csv": (200, {case.slug for case in public}),
        "/data/tables.xlsx": (200, whole),
        "/sitemap.xml": (200, {case.slug for case in public}),
        "/bodies/": (200, named),
        f"/bodies/{FUNAGATA}/": (200, cards),  # the nearest
        "/cases/standing/": (200, cards),  # the related
        "/cases/alone/": (200, {m for one in of_step[0] for m in one.on_card}),  # the same section
        **{
            f"/steps/{step}/": (200, {m for one in found for m in one.on_card})
            for step, found in of_step.items()
        },
        **{address: answer for case in cases for address, answer in of_case(case, public).items()},
        **{address: answer for body in NAMES for address, answer in of_body(body, public).items()},
    }


def of_case(case: Written, public: list[Written]) -> dict[str, tuple[int, set[str]]]:
    gone = {"": 404, "draft": 404, "withdrawn": 410}.get(case.status, 200)
    cards = {mark for one in public for mark in one.on_card}
    shown = case.whole if case in public else set()
    compare, record = f"/compare/?case=standing&case={case.slug}", f"/api/v1/cases/{case.slug}/"
    told = {case.title} if gone == 410 else set()
    addresses = {
        f"/cases/{case.slug}/": (gone, shown | cards if shown else told),
        record: (gone, shown),
        compare: (200 if shown else 400, shown),
    }
    if case.status:
        addresses[f"/cases/?q={case.approach}"] = (200, {case.approach, *(case.on_card if shown else ())})
        addresses[f"/cases.json?q={case.title}"] = (200, {case.title, *shown})
    return addresses


def of_body(body: str, public: list[Written]) -> dict[str, tuple[int, set[str]]]:
    of_it = [case for case in public if case.body == body or body == GOBO]
    cards = {mark for case in public for mark in case.on_card}  # of the body, or near to it
    record = {mark for case in of_it for mark in (case.slug, case.title)}
    own = {mark for case in public if case.body == body for mark in case.on_card}
    return {
        f"/bodies/{body}/": (200, {NAMES[body], *cards}),
        f"/api/v1/bodies/{body}/": (200, {NAMES[body], *record}),
        f"/cases/?body={body}": (200, {NAMES[body], *own}),
    }


def in_order(cases: list[Written]) -> list[Written]:
    return sorted(cases, key=lambda case: (case.section, case.page_in_source))


def wrong(reader: Reader, cases: list[Written]) -> dict[str, Any]:
    """The answers that are not as expected, by address: the status, marks too many, marks missing."""
    allowed = {mark for case in cases if case.status == "published" for mark in case.whole}
    found = {}
    for address, (status, shown) in expected(cases).items():
        answer = reader.read(address, allowed)
        slugs = {case.slug for case in cases} if answer.status in (400, 404, 410) else set()
        told = (answer.status, answer.marks - shown - slugs, shown - answer.marks)
        if told != (status, set(), set()):
            found[address] = told
    return found


def numbers_of(cases: list[Written]) -> dict[str, Any]:
    """How many cases are public, counted one by one: in all, and by each value of what is counted."""
    public = [*STANDING, *(case for case in cases if case.status == "published")]
    facets = defaultdict[str, Counter[str]](Counter, {name: Counter() for name in ("effect", "cost")})
    for case in public:
        for name, value in facets_of(case).items():
            facets[name][value] += 1
    bodies = {body: f"事例{number}件" for body, number in Counter(case.body for case in public).items()}
    similar = len(public) - len(STANDING)
    return {
        "in all": {len(public)},
        "facets": facets,
        "steps": facets["step"],
        "map": facets["prefecture"],
        "bodies": bodies | ({GOBO: f"類似の取組{similar}件"} if similar else {}),
    }


def facets_of(case: Written) -> dict[str, str]:
    body = Body.objects.select_related("prefecture").get(pk=case.body)
    return {
        "step": str(STEP_OF[case.section]),
        "section": case.section,
        "kind": body.kind,
        "prefecture": body.prefecture_id,
        "region": body.prefecture.region,
        "population": bands.band_of(body.population).value,
        "source": "dx2021",
        "year": "unknown",
        **({} if case.slug == "alone" else {"topic": TOPIC}),
        **({} if case in STANDING else {"effect": "1"}),
    }


def numbers_in(texts: dict[str, str]) -> dict[str, Any]:
    """The same as pages and files tell it, without zeros."""
    home, api = texts["/"], json.loads(texts["/api/v1/cases/"])
    totals = [*re.findall(r"(\d+)件", texts["/cases/"])[:1], *re.findall(r"(?:取組|（)(\d+)件", home)]
    return {
        "in all": {api["count"], json.loads(texts["/cases.json"])["count"], *map(int, totals)},
        "facets": {
            facet["name"]: {one["value"]: one["count"] for one in facet["options"] if one["count"]}
            for facet in api["facets"]
        },
        "steps": counts(r'href="/steps/(\d)/".*?(\d+)件', home),
        "map": counts(r'prefecture=(\d\d)"><span>[^<]+</span> <span>(\d+)<', home),
        "bodies": dict(
            re.findall(
                r'<a href="/bodies/(\d+)/">.*?・((?:事例|類似の取組)\d[^<]+)</span>', texts["/bodies/"]
            )
        ),
    }


def counts(pattern: str, text: str) -> dict[str, int]:
    return {value: int(number) for value, number in re.findall(pattern, text) if number != "0"}


@pytest.mark.long
def test_after_every_change_each_public_answer_has_what_is_published_and_nothing_else() -> None:
    without_cases()
    make_case("standing", topics=[TOPIC], bodies=[FUNAGATA], page=1)
    make_case("alone", bodies=[OSAKA], page=1, order=2)
    # The home page calls cases recent where some are older by more than a day.
    Case.objects.filter(slug="alone").update(updated_at=timezone.now() - timedelta(days=3))
    editor, reader = Editor(), Reader()
    for _ in range(CHANGES):
        editor.change()
        cases = list(editor.cases.values())
        assert wrong(reader, cases) == {}, editor.done
        assert numbers_in(reader.texts) == numbers_of(cases)
    assert set(editor.done) == EVERY_CHANGE
    print(f"{CHANGES} changes, {reader.count} answers read")
