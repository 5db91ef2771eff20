"""What the public data are, for programs: JSON Schema, Data Package, DCAT, schema.org, llms.txt.

All of it is made from the columns, the types of the record and the forms below; nothing is listed twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints, is_typeddict

from django.urls import reverse

from catalog.documents.addresses import identifier, parameter_of, query_url
from catalog.documents.records import Absolute
from catalog.finding.index import Index
from catalog.models import SourceKind
from catalog.output.columns import COLUMNS, Column
from catalog.output.ds451 import ABOUT
from catalog.output.ds451 import CATALOGUE as NAME
from catalog.output.files import XLSX
from catalog.output.records import TYPES_OF_SOURCES
from catalog.output.tidy import TABLES, Table, TableColumn

KEYWORDS = ("自治体DX", "地方公共団体", "事例", "行政手続のオンライン化", "業務改革")
JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"


@dataclass(frozen=True)
class Form:
    """A form in which the whole result of a query is had."""

    name: str  # of the URL
    label: str
    media_type: str
    about: str

    @property
    def path(self) -> str:
        return reverse(f"catalog:{self.name}")


FORMS = (
    Form(
        "case_list_xlsx",
        "Excel（XLSX）",
        XLSX,
        "印刷して回覧する表、全部の列の表、条件と出典の3つのシートがあります。",
    ),
    Form(
        "case_list_csv",
        "CSV（編集用）",
        "text/csv",
        "1事例が1行の表です。セルの中に複数の値が並びます。直して取り込むための形です。文字コードはUTF-8です。",
    ),
    Form("case_list_json", "JSON", "application/json", "1事例が1つの記録です。件数と出典が付きます。"),
    Form("case_list_atom", "Atom", "application/atom+xml", "更新をフィードリーダーで受け取れます。"),
)
# What is had whole, without a query, and all that catalogues of open data are told of.
TABLES_FORM = Form(
    "tables_xlsx",
    "公開データの表（XLSX）",
    XLSX,
    "1つのセルに1つの値だけがある表です。1つのシートに1つの表があります。",
)
DISTRIBUTIONS = (*FORMS, TABLES_FORM)


@dataclass(frozen=True)
class Item:
    """An item of a record: its path as `bodies[].code`, its JSON types, its values where they are few."""

    path: str
    types: tuple[str, ...]
    about: str
    values: tuple[Any, ...]


def with_descriptions(schema: dict[str, Any], hint: Any) -> dict[str, Any]:
    """The schema made of a type, in place, with what `Annotated` says beside the types of its items."""
    about, hint = _annotated(hint)
    if about:
        schema["description"] = about
    for inner in (hint, *get_args(hint)):
        if is_typeddict(inner):
            hints = get_type_hints(inner, include_extras=True)
            for name, part in schema.get("properties", schema.get("items", {}).get("properties", {})).items():
                with_descriptions(part, hints[name])
    return schema


def _annotated(hint: Any) -> tuple[str, Any]:
    if get_origin(hint) is Annotated:
        inner, about = get_args(hint)
        return about, inner
    return "", hint


def json_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema of OpenAPI 3.0 as JSON Schema 2020-12, which has types of null instead of `nullable`."""
    kept = {name: value for name, value in schema.items() if name != "nullable" and not name.startswith("x-")}
    if schema.get("nullable"):
        kept["type"] = [schema["type"], "null"]
    if "properties" in schema:
        kept["properties"] = {name: json_schema(part) for name, part in schema["properties"].items()}
    if "items" in schema:
        kept["items"] = json_schema(schema["items"])
    return kept


def case_schema(case: dict[str, Any], absolute: Absolute) -> dict[str, Any]:
    """The JSON Schema of a case, made of that of the API."""
    return {
        "$schema": JSON_SCHEMA,
        "$id": absolute(reverse("catalog:case_schema")),
        "title": f"{NAME}の事例",
        **json_schema(case),
    }


def items_of(schema: dict[str, Any], before: str = "") -> Iterator[Item]:
    """The items of a JSON Schema, those within others behind them, those not always there last."""
    required = schema["required"]
    for name, part in sorted(schema["properties"].items(), key=lambda item: item[0] not in required):
        inner, path = part.get("items", part), f"{before}{name}{'[]' if 'items' in part else ''}"
        types = part["type"] if isinstance(part["type"], list) else [part["type"]]
        if inner is not part:
            types = [*types, inner["type"]]
        values = tuple(inner.get("enum", ()))
        yield Item(path, tuple(types), part.get("description", ""), values)
        if "properties" in inner:
            yield from items_of(inner, f"{path}.")


def data_package(index: Index, absolute: Absolute) -> dict[str, Any]:
    """The tables, and the file of editors, as a Data Package (https://specs.frictionlessdata.io/)."""
    return {
        "profile": "tabular-data-package",
        "name": "dxcases",
        "id": identifier(reverse("catalog:data")),
        "title": NAME,
        "description": ABOUT,
        "homepage": absolute(reverse("catalog:data")),
        "version": version_of(index),
        "created": index.last_change.isoformat(),
        "keywords": list(KEYWORDS),
        "licenses": [{"title": "出典の利用条件", "path": terms_address(absolute)}],
        "sources": [_source(source) for source in index.sources_in_use],
        "resources": [*(_table_resource(table, absolute) for table in TABLES), _editors_resource(absolute)],
    }


def _table_resource(table: Table, absolute: Absolute) -> dict[str, Any]:
    keys = [
        {"fields": [column.header], "reference": {"resource": resource, "fields": [field]}}
        for column in table.columns
        for resource, field in [column.refers_to]
        if resource
    ]
    schema = {
        "fields": [_table_field(column) for column in table.columns],
        "primaryKey": list(table.key),
        "missingValues": [""],
    }
    return {
        **_resource(table.name, table.title, absolute(reverse("catalog:table_csv", args=[table.name]))),
        "description": table.about,
        "schema": {**schema, "foreignKeys": keys} if keys else schema,
    }


def _table_field(column: TableColumn) -> dict[str, Any]:
    values = [int(one) for one in column.choices] if column.type == "integer" else list(column.choices)
    constraints = {"required": column.required, "enum": values, "pattern": column.pattern}
    field: dict[str, Any] = {"name": column.header, "type": column.type, "description": column.about}
    if column.type == "datetime":
        field["format"] = "%Y-%m-%dT%H:%M:%S%z"
    kept = {name: value for name, value in constraints.items() if value}
    return {**field, "constraints": kept} if kept else field


def _editors_resource(absolute: Absolute) -> dict[str, Any]:
    """The file with one row a case, whose cells have lists."""
    return {
        **_resource("cases-for-editors", "事例（編集用）", absolute(reverse("catalog:case_list_csv"))),
        "description": "1事例が1行の表。セルの中に複数の値が並ぶ、直して取り込むための形です。",
        "schema": {
            "fields": [_field(column) for column in COLUMNS],
            "primaryKey": ["識別名"],
            "missingValues": [""],
        },
    }


def _resource(name: str, title: str, path: str) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": name,
        "title": title,
        "path": path,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
    }


def _source(source: Any) -> dict[str, str]:
    return {"title": str(source), **({"path": source.url} if source.url else {})}


def _field(column: Column) -> dict[str, Any]:
    several = "。複数は1行に1つ" if column.several else ""
    field = {"name": column.header, "type": column.type, "description": f"{column.about}{several}"}
    return (
        {**field, "constraints": {"required": True, "unique": True}} if column.header == "識別名" else field
    )


def version_of(index: Index) -> str:
    """The version of the data: when one of the cases that are public now last changed, in UTC."""
    return f"{index.last_change:%Y.%m.%d.%H%M%S}"


def terms_address(absolute: Absolute) -> str:
    return f"{absolute(reverse('catalog:about'))}#terms"


def dataset(index: Index, absolute: Absolute) -> dict[str, Any]:
    """The data in schema.org's words, for search engines."""
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "@id": identifier(reverse("catalog:case_list")),
        "name": NAME,
        "description": ABOUT,
        "url": absolute(reverse("catalog:data")),
        "inLanguage": "ja",
        "keywords": list(KEYWORDS),
        "version": version_of(index),
        "dateModified": index.last_change.isoformat(),
        "license": terms_address(absolute),
        "isAccessibleForFree": True,
        "isBasedOn": [
            {
                "@type": TYPES_OF_SOURCES[SourceKind(source.kind)],
                "name": str(source),
                "publisher": source.publisher,
            }
            for source in index.sources_in_use
        ],
        "distribution": [
            {
                "@type": "DataDownload",
                "name": form.label,
                "encodingFormat": form.media_type,
                "contentUrl": absolute(form.path),
            }
            for form in DISTRIBUTIONS
        ],
    }


def site(absolute: Absolute) -> dict[str, Any]:
    """The site in schema.org's words: one that can be searched."""
    template = f"{absolute(reverse('catalog:case_list'))}?q={{q}}"
    return {
        "@context": "https://schema.org",
        "@type": "WebSite",
        "@id": identifier(reverse("catalog:home")),
        "name": NAME,
        "url": absolute(reverse("catalog:home")),
        "inLanguage": "ja",
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": template},
            "query-input": "required name=q",
        },
    }


def data_catalog(index: Index, absolute: Absolute) -> dict[str, Any]:
    """The data in the words of DCAT 3, for catalogues of open data."""
    changed_at = {"@type": "xsd:dateTime", "@value": index.last_change.isoformat()}
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": identifier(reverse("catalog:data")),
        "@type": "dcat:Catalog",
        "dct:title": _japanese(NAME),
        "dct:modified": changed_at,
        "foaf:homepage": {"@id": absolute(reverse("catalog:home"))},
        "dcat:dataset": {
            "@id": identifier(reverse("catalog:case_list")),
            "@type": "dcat:Dataset",
            "dct:title": _japanese(NAME),
            "dct:description": _japanese(ABOUT),
            "dct:language": {"@id": "http://publications.europa.eu/resource/authority/language/JPN"},
            "dct:license": {"@id": terms_address(absolute)},
            "dct:modified": changed_at,
            "dct:source": [source.citation for source in index.sources_in_use],
            "dcat:version": version_of(index),
            "dcat:keyword": [_japanese(word) for word in KEYWORDS],
            "dcat:landingPage": {"@id": absolute(reverse("catalog:data"))},
            "dcat:distribution": [_distribution(form, absolute) for form in DISTRIBUTIONS],
        },
        "dcat:service": {
            "@id": identifier(reverse("catalog:api_case_list")),
            "@type": "dcat:DataService",
            "dct:title": _japanese(f"{NAME} API"),
            "dcat:endpointURL": {"@id": absolute(reverse("catalog:api_case_list"))},
            "dcat:endpointDescription": {"@id": absolute(reverse("catalog:api_schema"))},
            "dcat:servesDataset": {"@id": identifier(reverse("catalog:case_list"))},
        },
    }


def _japanese(text: str) -> dict[str, str]:
    return {"@language": "ja", "@value": text}


DESCRIBED = {
    "case_list_csv": "data_package",
    "case_list_json": "case_schema",
    "tables_xlsx": "data_package",
}


def _distribution(form: Form, absolute: Absolute) -> dict[str, Any]:
    described = DESCRIBED.get(form.name)
    described_by = {"foaf:page": {"@id": absolute(reverse(f"catalog:{described}"))}} if described else {}
    return {
        "@type": "dcat:Distribution",
        "dct:title": _japanese(form.label),
        "dcat:downloadURL": {"@id": absolute(form.path)},
        "dcat:mediaType": {"@id": f"{MEDIA_TYPES}{form.media_type}"},
        **described_by,
    }


def for_language_models(index: Index, absolute: Absolute) -> str:
    """The entry of the site for assistants (https://llmstxt.org/)."""

    def links(given: Iterable[tuple[str, str, str]]) -> list[str]:
        return [f"- [{label}]({absolute(path)}): {about}" for label, path, about in given]

    cited = "、".join(source.citation for source in index.sources_in_use)
    return "\n".join(
        [
            f"# {NAME}",
            "",
            f"> {ABOUT}事例は{len(index.cases)}件です。読み取りに登録は要りません。",
            "",
            f"引用するときは、出典（{cited}）と、事例のページのアドレスを示してください。"
            "件数は答えにあるcountを使い、自分で数えないでください。",
            "",
            "## 検索",
            "",
            *links(
                [
                    (
                        "事例のAPI",
                        query_url("api_case_list", q="人口1万人以下の町のオンライン申請"),
                        "qは文のままでよく、人口・種別・地域・ステップは条件として読み取ります。"
                        "答えのunderstoodで確かめられます。",
                    ),
                    (
                        "近い団体の事例",
                        query_url("api_case_list", near="063631"),
                        "nearは6桁の団体コードです。",
                    ),
                    (
                        "団体のAPI",
                        query_url("api_body_list", parameter_of("name", "舟形町")),
                        "団体コードを名称やよみで調べます。",
                    ),
                    ("APIの使い方", reverse("catalog:api_docs"), "条件の一覧と、答えの例です。"),
                    ("OpenAPI", reverse("catalog:api_schema"), "APIの定義です。"),
                ]
            ),
            "",
            "## データ",
            "",
            *links((form.label, form.path, form.about) for form in DISTRIBUTIONS),
            *links(
                [
                    ("データの説明", reverse("catalog:data"), "列と項目の意味、利用条件、版です。"),
                    ("JSON Schema", reverse("catalog:case_schema"), "事例の記録の定義です。"),
                    ("利用条件", f"{reverse('catalog:about')}#terms", "出典ごとの利用条件です。"),
                ]
            ),
            "",
        ]
    )
