"""The page about the data, and its descriptions for programs, checked by the libraries that read them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
from django.test import Client
from frictionless import Package
from pytest_django import Settings

from catalog.models import Case, Source
from catalog.output.columns import COLUMNS, HEADERS
from catalog.output.tidy import TABLES
from tests.importing.test_cases import make_full_case
from tests.making import make_case
from tests.shown import main_of

pytestmark = pytest.mark.django_db


def rows_of(client: Client, heading: str) -> list[list[str]]:
    """The texts of the table below the heading."""
    text = main_of(client.get("/data/").text)
    body = text[text.index(f'id="{heading}"') :].partition("<tbody>")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.S)
    return [
        [re.sub("<.*?>", "", cell).strip() for cell in re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row)]
        for row in rows
    ]


def test_the_files_are_what_their_data_package_says(client: Client, tmp_path: Path) -> None:
    make_full_case("made")
    descriptor = client.get("/data/datapackage.json").json()
    paths = [urlsplit(resource["path"]).path for resource in descriptor["resources"]]
    assert paths == [*(f"/data/{table.name}.csv" for table in TABLES), "/cases.csv"]
    report = package_of(
        descriptor, {path: client.get(path).getvalue() for path in paths}, tmp_path
    ).validate()
    assert (report.valid, report.flatten(["type", "note"])) == (True, [])
    assert [task.stats["rows"] for task in report.tasks][:2] == [61, 377]
    assert report.tasks[-1].stats["rows"] == 61
    editors = descriptor["resources"][-1]
    assert (editors["title"], [field["name"] for field in editors["schema"]["fields"]]) == (
        "事例（編集用）",
        list(HEADERS),
    )
    fields = [field for resource in descriptor["resources"] for field in resource["schema"]["fields"]]
    assert all(field["description"] for field in fields)


def package_of(descriptor: dict[str, Any], files: dict[str, bytes], folder: Path) -> Package:
    """The package with these files, by their paths on the site, in the place of what it has there."""
    resources = []
    for number, (path, content) in enumerate(files.items()):
        (folder / f"{number}.csv").write_bytes(content)
        (resource,) = (one for one in descriptor["resources"] if urlsplit(one["path"]).path == path)
        resources.append({**resource, "path": f"{number}.csv"})
    return Package({**descriptor, "resources": resources}, basepath=str(folder))


def test_a_wrong_table_is_no_such_data_package(client: Client, tmp_path: Path) -> None:
    descriptor = client.get("/data/datapackage.json").json()
    header, first, *_ = client.get("/data/cases.csv").getvalue().split(b"\r\n")
    sources = client.get("/data/sources.csv").getvalue()
    wrong = {
        "primary-key": b"\r\n".join([header, first, first, b""]),
        "foreign-key": b"\r\n".join([header, first.replace(b",dx2021,", b",dx1999,"), b""]),
        "constraint-error": b"\r\n".join([header, first.replace("いいえ".encode(), b"no"), b""]),
    }
    for kind, content in wrong.items():
        files = {"/data/cases.csv": content, "/data/sources.csv": sources}
        report = package_of(descriptor, files, tmp_path).validate()
        assert report.flatten(["type"]) == [[kind]]


def test_every_record_is_as_the_json_schema_says(client: Client) -> None:
    make_full_case("made")
    schema = client.get("/data/case.schema.json").json()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    records = client.get("/cases.json").json()["results"]
    records += client.get("/api/v1/cases/?near=063631&page_size=100").json()["results"]
    assert len(records) == 122
    for record in records:
        validator.validate(record)
    changes: list[dict[str, Any]] = [{"slug": None}, {"bodies": [{}]}, {"step": {"number": 4, "title": ""}}]
    for change in changes:
        assert not validator.is_valid({**records[0], **change})


def items_without_description(schema: dict[str, Any], before: str = "") -> Iterator[str]:
    for name, part in schema.get("properties", {}).items():
        if not part.get("description"):
            yield before + name
        yield from items_without_description(part.get("items", part), f"{before}{name}.")


def test_the_schema_of_the_api_says_what_each_item_of_a_case_means(client: Client) -> None:
    schemas = client.get("/api/v1/schema/?format=json").json()["components"]["schemas"]
    assert list(items_without_description(schemas["Case"])) == []
    assert schemas["Case"]["properties"]["bodies"]["items"]["properties"]["population"] == {
        "type": "integer",
        "nullable": True,
        "description": "人口（人）",
    }
    assert schemas["CaseList"]["properties"]["results"]["items"]["properties"]["slug"]["description"]


def test_the_page_tells_every_column_and_every_item(client: Client) -> None:
    assert [row[0] for row in rows_of(client, "columns")] == list(HEADERS)
    for table in TABLES:
        rows = rows_of(client, f"table-{table.name}")
        assert [row[0] for row in rows] == table.headers
        assert all(row[1] and row[2] for row in rows)
    assert all(column.about for column in COLUMNS)
    assert ["テーマ", "事例のテーマ", "文字（複数）"] in rows_of(client, "columns")
    items = rows_of(client, "items")
    assert all(row[1] and row[2] for row in items)
    paths = {row[0] for row in items}
    record = client.get("/api/v1/cases/dx2021-17-1/").json()
    assert {path for path in paths if "." not in path} == {
        *(f"{name}[]" if isinstance(value, list) else name for name, value in record.items()),
        "nearness",
    }
    assert ["bodies[].population", "人口（人）", "整数・null"] in items
    assert ["step.number", "手順書のステップ（0〜3）：0 1 2 3", "整数"] in items


def test_the_page_tells_forms_terms_citation_and_version(client: Client) -> None:
    text = client.get("/data/").text
    for address in (
        *("/cases.xlsx", "/cases.csv", "/cases.json", "/cases.atom", "/api/v1/docs/"),
        *("/data/datapackage.json", "/data/case.schema.json", "/data/catalog.jsonld", "/llms.txt"),
    ):
        assert f'href="{address}"' in text
        assert client.get(address).status_code == 200
    source = Source.objects.get()
    assert source.terms in text
    assert f"出典：{source.citation}" in text
    assert f"<code>{max(Case.objects.values_list('updated_at', flat=True)):%Y.%m.%d.%H%M%S}</code>" in text


def test_the_data_are_told_in_words_of_dcat_and_schema_org(client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "example.jp"]
    catalog = client.get("/data/catalog.jsonld").json()
    assert catalog["@type"] == "dcat:Catalog"
    dataset = catalog["dcat:dataset"]
    assert [one["dcat:downloadURL"]["@id"] for one in dataset["dcat:distribution"]] == [
        *(f"http://testserver/cases.{ending}" for ending in ("xlsx", "csv", "json", "atom")),
        "http://testserver/data/tables.xlsx",
    ]
    text = client.get("/data/").text
    (told,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text)
    described = json.loads(told)
    assert (described["@type"], described["@id"]) == ("Dataset", dataset["@id"])
    assert described["version"] == dataset["dcat:version"]
    elsewhere = client.get("/data/catalog.jsonld", HTTP_HOST="example.jp", secure=True).json()
    assert (elsewhere["@id"], elsewhere["dcat:dataset"]["@id"]) == (catalog["@id"], dataset["@id"])


def test_every_address_for_assistants_answers(client: Client) -> None:
    text = client.get("/llms.txt").text
    assert text.startswith("# 自治体DX事例カタログ\n\n> ")
    addresses = re.findall(r"\]\(http://testserver(.*?)\)", text)
    assert len(addresses) == 13
    for address in addresses:
        assert client.get(address.partition("#")[0]).status_code == 200, address


@pytest.mark.parametrize("name", ["datapackage.json", "case.schema.json", "catalog.jsonld"])
def test_a_description_takes_no_parameter(client: Client, name: str) -> None:
    assert list(client.get(f"/data/{name}?q=1").json()["errors"]) == ["q"]


def test_the_version_of_the_data_does_not_go_back_when_the_newest_case_is_withdrawn(client: Client) -> None:
    case = make_case("newest")
    published = client.get("/data/catalog.jsonld").json()["dcat:dataset"]
    Case.objects.filter(pk=case.pk).update(
        status="withdrawn", withdrawn_reason="申し出", updated_at=case.updated_at + timedelta(seconds=5)
    )
    withdrawn = client.get("/data/catalog.jsonld").json()["dcat:dataset"]
    assert withdrawn["dcat:version"] > published["dcat:version"]
    assert withdrawn["dct:modified"]["@value"] > published["dct:modified"]["@value"]
