"""The catalogue's tables, the constraints the database keeps, and plain rules as words on the QuerySets."""

from catalog.models.autosaves import Autosave
from catalog.models.base import CONTROL_CHARACTER, CatalogueModel, refuse_credentials, web_address
from catalog.models.casebook import Guideline, Section, Source, SourceKind, Step, Topic, in_brackets
from catalog.models.cases import (
    DOCUMENT_ORDER,
    MAX_YEAR,
    MIN_YEAR,
    PUBLISHED_UNFINISHED,
    PUBLISHED_WITHOUT_BODY,
    WITHDRAWN_WITHOUT_REASON,
    Case,
    CaseBody,
    CaseRow,
    Fact,
    Figure,
    Followed,
    Link,
    PlacedRow,
    SimilarBody,
    name_many_drafts,
)
from catalog.models.documents import CaseDocument, CaseGrams
from catalog.models.import_runs import ImportRun
from catalog.models.indicators import NO_VALUE, NOT_ASKED, Indicator, IndicatorValue, ValueKind
from catalog.models.link_checks import LinkCheck
from catalog.models.places import (
    POPULATION_TWICE,
    Body,
    BodyQuerySet,
    Kind,
    Population,
    PopulationImport,
    PopulationSource,
    Prefecture,
    Region,
)
from catalog.models.proposals import Proposal, ProposalEdition, ProposalNote
from catalog.models.releases import Release
from catalog.models.remains import Remains
from catalog.models.schedules import Review, Schedule
from catalog.models.site_texts import SiteText
from catalog.models.troubles import Trouble
from catalog.models.voices import MAX_TEXT, Confirmation, Report, Sender, content_of_case, forget
from catalog.models.words import SearchSynonym, ZeroResultSearch

__all__ = (
    "CONTROL_CHARACTER",
    "DOCUMENT_ORDER",
    "MAX_TEXT",
    "MAX_YEAR",
    "MIN_YEAR",
    "NOT_ASKED",
    "NO_VALUE",
    "POPULATION_TWICE",
    "PUBLISHED_UNFINISHED",
    "PUBLISHED_WITHOUT_BODY",
    "WITHDRAWN_WITHOUT_REASON",
    "Autosave",
    "Body",
    "BodyQuerySet",
    "Case",
    "CaseBody",
    "CaseDocument",
    "CaseGrams",
    "CaseRow",
    "CatalogueModel",
    "Confirmation",
    "Fact",
    "Figure",
    "Followed",
    "Guideline",
    "ImportRun",
    "Indicator",
    "IndicatorValue",
    "Kind",
    "Link",
    "LinkCheck",
    "PlacedRow",
    "Population",
    "PopulationImport",
    "PopulationSource",
    "Prefecture",
    "Proposal",
    "ProposalEdition",
    "ProposalNote",
    "Region",
    "Release",
    "Remains",
    "Report",
    "Review",
    "Schedule",
    "SearchSynonym",
    "Section",
    "Sender",
    "SimilarBody",
    "SiteText",
    "Source",
    "SourceKind",
    "Step",
    "Topic",
    "Trouble",
    "ValueKind",
    "ZeroResultSearch",
    "content_of_case",
    "forget",
    "in_brackets",
    "name_many_drafts",
    "refuse_credentials",
    "web_address",
)
