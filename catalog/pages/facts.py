"""What is stated of a case's cost, time, people and effect, as pages say it, with where it is from."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.documents.records import CaseRecord, FactRecord, StatedRecord, name_in_full
from catalog.models import Fact, Followed
from catalog.models.days import in_japanese

# By what a reader asks for; of these a page says also that nothing is stated.
ASKED = {
    "費用": (Fact.Kind.COST_INITIAL, Fact.Kind.COST_YEARLY),
    "期間": (Fact.Kind.PERIOD,),
    "体制・人員": (Fact.Kind.STAFF,),
    "効果": (Fact.Kind.EFFECT,),
}
BESIDE = {"制度・補助金": (Fact.Kind.SCHEME,), "連携先": (Fact.Kind.PARTNER,)}
GROUPS = {**ASKED, **BESIDE}


@dataclass(frozen=True)
class Statement:
    """What is stated; and of what kind and grade it is, and where: 実測値、p.31."""

    text: str
    origin: str

    def __str__(self) -> str:
        return f"{self.text}（{self.origin}）"


def statements_of(record: CaseRecord) -> dict[str, list[Statement]]:
    """Under every title of GROUPS what is stated, an empty list where nothing is."""
    return {
        title: [statement(fact, record) for fact in record["facts"] if fact["kind"] in kinds]
        for title, kinds in GROUPS.items()
    }


def statement(fact: FactRecord, record: CaseRecord) -> Statement:
    """Schemes and partners are names, of which no grade is told."""
    kind, grade = Fact.Kind(fact["kind"]), str(Fact.Grade(fact["grade"]).label)
    kinds = [str(kind.label)] if kind in ASKED["費用"] else []
    grades = [grade] if any(kind in asked for asked in ASKED.values()) else []
    origin = "、".join([*kinds, *grades, place_of(fact, record)])
    return Statement(f"{fact['label']}：{fact['text']}", origin)


def facts_in_short(record: CaseRecord) -> str:
    """All that is stated, and at the end what is asked for and not stated, for a sheet that is short of room.

    No page is told that is the case's own. Empty where nothing is stated.
    """
    stated = {title: one for title, one in statements_of(record).items() if one}
    if followed := followed_by(record):
        stated["取り入れた団体・手本にした団体"] = followed
    parts = [f"{title}：{'／'.join(in_short(one, record) for one in each)}" for title, each in stated.items()]
    unstated = [title for title in ASKED if title not in stated]
    if parts and unstated:
        parts.append(f"{'、'.join(unstated)}：記載なし")
    return "　".join(parts)


def in_short(one: Statement, record: CaseRecord) -> str:
    own_page = f"p.{record['source']['page']}"
    origin = "、".join(part for part in one.origin.split("、") if part != own_page)
    return f"{one.text}（{origin}）" if origin else one.text


def followed_by(record: CaseRecord) -> list[Statement]:
    """The bodies that took the case over, and those whose initiative it took over."""
    return [
        Statement(
            f"{name_in_full(one)}：{one['note']}",
            f"{Followed.Role(one['role']).label}、{place_of(one, record)}",
        )
        for one in record["followed"]
    ]


def place_of(row: StatedRecord, record: CaseRecord) -> str:
    """The page of the source; of a source without pages the source itself; or whose answer it is."""
    if row["answered_on"]:
        named = {one["code"]: one["name"] for one in (*record["bodies"], *record["followed"])}
        return f"{named.get(row['answered_by'] or '', '団体')}の回答（{in_japanese(row['answered_on'])}）"
    return f"p.{row['page']}" if record["source"]["page"] else "出典"


def role_for(codes: set[str], record: CaseRecord) -> str:
    """What one of these bodies is to the case: it took it over, or was its model; empty where neither."""
    told = {
        Followed.Role.FOLLOWER: "この団体が取り入れた取組",
        Followed.Role.MODEL: "この団体を手本にした取組",
    }
    return next((told[Followed.Role(one["role"])] for one in record["followed"] if one["code"] in codes), "")
