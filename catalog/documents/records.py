"""What the document of a case says, as types: the contract's record (docs/contract.md, 3), and extra facts.

The database makes the values (migrations/sql/0001_documents.sql); the API's schema is made from the types
(see `output.api.Shape`), so record, type and schema cannot part. What a field means stands beside its type,
for the schema and the page about the data. The types of the record have no docstrings: the schema would print
them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, TypedDict

from catalog.models import Fact, Followed, Kind, SourceKind

Absolute = Callable[[str], str]  # turns a path of this site into an address


class StepRecord(TypedDict):
    number: Annotated[Literal[0, 1, 2, 3], "手順書のステップ（0〜3）"]
    title: Annotated[str, "ステップの名称"]


class NamedRecord(TypedDict):
    id: Annotated[str, "識別名（条件の値に使うもの）"]
    title: Annotated[str, "名称"]


class FigureRecord(TypedDict):
    label: Annotated[str, "何の数値か"]
    value: Annotated[str, "数値と単位（原文のとおり）"]


# Where a row comes from: a page of the source, or what a body itself has answered; the other parts are null.
class StatedRecord(TypedDict):
    page: Annotated[int | None, "出典のページ（団体の回答ではnull）"]
    answered_by: Annotated[str | None, "回答した団体のコード（出典によるときはnull）"]
    answered_on: Annotated[str | None, "団体が回答した日"]


class FactRecord(StatedRecord):
    kind: Annotated[Fact.Kind, "何についての事実か（初期費用、年間費用、期間、体制・人員、効果など）"]
    label: Annotated[str, "何の数や事実か"]
    before: Annotated[float | None, "効果の、取り組む前の値"]
    value: Annotated[float | None, "値（数のない記述ではnull）"]
    unit: Annotated[str, "値の単位"]
    text: Annotated[str, "記載（原文のとおり）"]
    grade: Annotated[Fact.Grade, "確かさ（実測値、見込み、数のない記述のみ）"]


class PlaceRecord(TypedDict):
    code: Annotated[str, "都道府県コード（JIS X 0401、2桁）"]
    name: Annotated[str, "都道府県名"]


class BodyFacts(TypedDict):
    code: Annotated[str, "全国地方公共団体コード（検査数字を含む6桁）"]
    name: Annotated[str, "団体名"]
    kana: Annotated[str, "団体名のよみ"]
    kind: Annotated[Kind, "団体の種別"]
    prefecture: Annotated[PlaceRecord, "都道府県"]
    population: Annotated[int | None, "人口（人）"]
    population_as_of: Annotated[str | None, "人口の基準日"]
    population_source: Annotated[str | None, "人口の出典"]
    population_band: Annotated[str, "人口の区切り（万人、以上・未満。例：3-5）"]
    website: Annotated[str, "公式サイト"]
    telephone: Annotated[str, "代表電話"]
    address: Annotated[str, "所在地"]
    abolished_on: Annotated[str | None, "なくなった日（今ある団体はnull）"]
    successor: Annotated[SuccessorRecord | None, "なくなった団体を引き継いだ団体"]


# The body that follows one that ended.
class SuccessorRecord(TypedDict):
    code: Annotated[str, "全国地方公共団体コード"]
    name: Annotated[str, "団体名"]
    prefecture: Annotated[str, "都道府県名"]


# Whom a body itself names for a case.
class ContactRecord(TypedDict):
    section: Annotated[str, "部署"]
    telephone: Annotated[str, "電話"]
    email: Annotated[str, "メール"]
    checked_on: Annotated[str, "確かめた日"]


class CaseBodyRecord(BodyFacts):
    note: Annotated[str, "この事例での団体についての注記"]
    contact: Annotated[ContactRecord | None, "団体自身が示した照会先"]


class LinkRecord(TypedDict):
    url: Annotated[str, "リンク先のアドレス"]
    label: Annotated[str, "リンクの表示名"]


class SimilarBodyRecord(TypedDict):
    code: Annotated[str, "全国地方公共団体コード"]
    name: Annotated[str, "団体名"]
    prefecture: Annotated[PlaceRecord, "都道府県"]
    note: Annotated[str, "出典にある注記"]
    url: Annotated[str | None, "出典にあるアドレス"]


# A body that took the case over, or whose initiative it took over.
class FollowedRecord(StatedRecord):
    role: Annotated[Followed.Role, "取り入れた団体か、手本にした団体か"]
    code: Annotated[str, "全国地方公共団体コード"]
    name: Annotated[str, "団体名"]
    prefecture: Annotated[PlaceRecord, "都道府県"]
    note: Annotated[str, "そう分かる記載"]


class SimilarRecord(TypedDict):
    open_ended: Annotated[bool, "出典が「など」として、ほかにもあるとしているか"]
    bodies: Annotated[list[SimilarBodyRecord], "団体"]


class SourceRecord(TypedDict):
    title: Annotated[str, "出典の題名"]
    kind: Annotated[SourceKind, "出典の種類（事例集、団体などの資料、ウェブページ）"]
    url: Annotated[str, "出典のアドレス"]
    page: Annotated[int | None, "出典のページ（ないものはnull）"]
    order: Annotated[int, "同じページの中の順番"]
    heading: Annotated[str, "出典の見出し"]


# A body that has confirmed the case as it is now.
class ConfirmedRecord(TypedDict):
    body: Annotated[str, "確認した団体のコード（bodiesの1つ）"]
    month: Annotated[str, "確認した月（例：2026-12）"]


class NearnessRecord(TypedDict):
    body: Annotated[str, "いちばん近い団体のコード"]
    population_ratio: Annotated[float | None, "人口の比（その団体÷自団体）"]
    same_prefecture: Annotated[bool | None, "同じ都道府県か"]
    same_region: Annotated[bool | None, "同じ地方か"]
    same_kind: Annotated[bool | None, "同じ種別か"]
    distance_km: Annotated[float | None, "直線距離（km）"]


class WithNearness(TypedDict, total=False):
    nearness: Annotated[NearnessRecord, "自団体との近さ（自団体を指定した一覧だけ）"]


class CaseRecord(WithNearness):
    slug: Annotated[str, "事例の識別名。変わりません"]
    url: Annotated[str, "事例のページのアドレス"]
    title: Annotated[str, "事例の題名"]
    step: Annotated[StepRecord, "手順書のステップ"]
    section: Annotated[NamedRecord, "出典の区分"]
    topics: Annotated[list[NamedRecord], "事例のテーマ"]
    points: Annotated[list[str], "取組の要点"]
    background: Annotated[str, "取り組む前の状況と、始めた理由"]
    approach: Annotated[str, "何をどのように行ったか"]
    outcome: Annotated[str, "得られた結果"]
    figures: Annotated[list[FigureRecord], "本文にある数値"]
    facts: Annotated[
        list[FactRecord], "費用・期間・体制・効果など、記載のある事実。記載のないものは入りません"
    ]
    bodies: Annotated[list[CaseBodyRecord], "取り組んだ団体"]
    links: Annotated[list[LinkRecord], "事例に関わるページ"]
    references: Annotated[list[str], "事例に関わる資料の名称"]
    similar: Annotated[SimilarRecord, "類似の取組を行っている団体"]
    followed: Annotated[list[FollowedRecord], "この取組を取り入れた団体と、手本にした団体"]
    year: Annotated[int | None, "取組を始めた年度（西暦）"]
    source: Annotated[SourceRecord, "出典"]
    confirmed: Annotated[list[ConfirmedRecord], "今の内容を確認した団体と月。内容が変わるとなくなります"]
    updated_at: Annotated[str, "事例の更新日時"]


class Extra(TypedDict):
    """What pages and files show of a case beside its record; dates and times are ISO 8601."""

    status: str
    editor_note: str
    publisher: str
    published_on: str | None
    read_on: str | None
    terms: str
    created_at: str
    dead_links: dict[str, str]  # when each address that no longer answers was last found dead


def codes_named(record: CaseRecord) -> set[str]:
    """The codes of the bodies that a case names beside its own."""
    return {body["code"] for body in (*record["similar"]["bodies"], *record["followed"])}


def name_in_full(body: CaseBodyRecord | SimilarBodyRecord | FollowedRecord) -> str:
    """The name with that of the prefecture, which tells namesakes apart; of a prefecture its name."""
    prefecture, name = body["prefecture"]["name"], body["name"]
    return name if name == prefecture else f"{prefecture}{name}"
