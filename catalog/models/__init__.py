"""The catalogue's tables, the constraints the database keeps, and plain rules as words on the QuerySets."""

from catalog.models.base import CONTROL_CHARACTER, CatalogueModel, refuse_credentials, web_address
from catalog.models.casebook import Guideline, Section, Source, Step, Topic
from catalog.models.cases import (
    DOCUMENT_ORDER,
    PUBLISHED_WITHOUT_BODY,
    Case,
    CaseBody,
    CaseRow,
    Figure,
    Link,
    SimilarBody,
)
from catalog.models.documents import CaseDocument
from catalog.models.link_checks import LinkCheck
from catalog.models.places import Body, BodyQuerySet, Kind, Prefecture, Region
from catalog.models.words import SearchSynonym, ZeroResultSearch

__all__ = (
    "CONTROL_CHARACTER",
    "DOCUMENT_ORDER",
    "PUBLISHED_WITHOUT_BODY",
    "Body",
    "BodyQuerySet",
    "Case",
    "CaseBody",
    "CaseDocument",
    "CaseRow",
    "CatalogueModel",
    "Figure",
    "Guideline",
    "Kind",
    "Link",
    "LinkCheck",
    "Prefecture",
    "Region",
    "SearchSynonym",
    "Section",
    "SimilarBody",
    "Source",
    "Step",
    "Topic",
    "ZeroResultSearch",
    "refuse_credentials",
    "web_address",
)
