"""The records: Organisation, Need, Capability, and the checks that each of them must pass."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from matcher import taxonomy

Confidentiality = Literal["public", "anonymous", "private"]

_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))


def credit_code_check_digit(first17: str) -> str:
    """Return the check character of a unified social credit code (GB 32100-2015, modulus 31).

    Raises ValueError for a character outside the code's alphabet.
    """
    total = sum(
        _CREDIT_ALPHABET.index(ch) * w for ch, w in zip(first17, _CREDIT_WEIGHTS, strict=True)
    )
    return _CREDIT_ALPHABET[(31 - total % 31) % 31]


def _credit_code(value: str) -> str:
    if len(value) != 18 or any(ch not in _CREDIT_ALPHABET for ch in value):
        raise ValueError(
            "统一社会信用代码应为 18 位数字或大写字母 / a credit code has 18 characters"
        )
    if credit_code_check_digit(value[:17]) != value[17]:
        raise ValueError(
            "统一社会信用代码校验位不符 / the check character of the credit code is wrong"
        )
    return value


def _member(table: str) -> AfterValidator:
    def check(value: str) -> str:
        if value not in taxonomy.terms(table):
            known = "、".join(term.zh for term in taxonomy.terms(table).values())
            raise ValueError(f"不在列表中，可填 / not in the list, use one of: {known}")
        return value

    return AfterValidator(check)


NeedKind = Annotated[str, _member("need_kinds")]
CapabilityKind = Annotated[str, _member("capability_kinds")]
FieldCode = Annotated[str, _member("fields")]
CooperationMode = Annotated[str, _member("cooperation_modes")]
OrganisationKind = Annotated[str, _member("organisation_kinds")]
TRL = Annotated[int, Field(ge=1, le=9)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Money(_Record):
    """An amount in CNY (yuan), as a range; a single amount has ``low == high``, None is open."""

    low: int | None = Field(default=None, ge=0)
    high: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> Money:
        if self.low is None and self.high is None:
            raise ValueError("金额为空 / the amount is empty")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("金额下限大于上限 / the amount's lower end is above its upper end")
        return self


class Organisation(_Record):
    """A party: who owns a need or a capability."""

    record: ClassVar[str] = "organisation"

    id: str = ""
    name: Annotated[str, Field(min_length=1)]
    aliases: tuple[str, ...] = ()
    kind: OrganisationKind | None = None
    credit_code: Annotated[str, AfterValidator(_credit_code)] | None = None
    parent: str | None = None
    district: str | None = None
    size: Annotated[str, _member("sizes")] | None = None
    founded: date | None = None
    website: str | None = None

    @property
    def party_keys(self) -> frozenset[str]:
        """What makes two organisations the same party: a shared name, alias, parent or code."""
        names = (self.name, *self.aliases, self.parent or "")
        # An alias such as "/" or "—" folds to nothing and names nobody.
        keys = {folded for name in names if (folded := taxonomy.fold(name))}
        if self.credit_code:
            keys.add(f"code:{self.credit_code}")
        return frozenset(keys)


def status_on(status: str, valid_until: date | None, day: date) -> str:
    """Return the status that a record has on a day: what is published runs out by itself."""
    past = status == "published" and valid_until is not None and valid_until < day
    return "expired" if past else status


class _Offer(_Record):
    """What a need and a capability have in common."""

    #: Fields whose text is matched, quoted and shown, in reading order.
    text_fields: ClassVar[tuple[str, ...]]
    record: ClassVar[Literal["need", "capability"]]

    id: Annotated[str, Field(min_length=1)]
    title: str = ""
    organisation: Organisation | None = None
    indicators: str = ""
    fields: tuple[FieldCode, ...] = ()
    keywords: Annotated[tuple[str, ...], Field(max_length=20)] = ()
    cooperation_modes: tuple[CooperationMode, ...] = ()
    confidentiality: Confidentiality = "public"
    valid_until: date | None = None
    created_at: date | None = None
    updated_at: date | None = None

    @property
    def passages(self) -> tuple[tuple[str, str], ...]:
        """The record's non-empty text fields as (field, text), in reading order."""
        pairs = ((name, getattr(self, name)) for name in self.text_fields)
        return tuple((name, text) for name, text in pairs if text)

    @model_validator(mode="after")
    def _has_text(self) -> _Offer:
        if not any(text.strip() for _, text in self.passages):
            raise ValueError("名称和正文都为空 / both the title and the body are empty")
        return self


class Need(_Offer):
    """A technical need (技术需求) that somebody wants met."""

    record: ClassVar[Literal["need", "capability"]] = "need"
    text_fields: ClassVar[tuple[str, ...]] = (
        "title", "problem", "key_technology", "indicators", "expected_outcome",
    )  # fmt: skip

    kind: NeedKind = "technology"
    problem: str = ""
    key_technology: str = ""
    expected_outcome: str = ""
    trl_min: TRL | None = None
    budget: Money | None = None
    deadline: date | None = None
    partner_kinds: tuple[OrganisationKind, ...] = ()
    regions: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    status: Annotated[str, _member("need_status")] = "published"


class Capability(_Offer):
    """A result or ability (成果/能力) that somebody can offer."""

    record: ClassVar[Literal["need", "capability"]] = "capability"
    text_fields: ClassVar[tuple[str, ...]] = (
        "title", "summary", "indicators", "advantages", "economics", "prior_applications",
    )  # fmt: skip

    kind: CapabilityKind = "technology"
    summary: str = ""
    trl: TRL | None = None
    ip_status: Annotated[str, _member("ip_status")] | None = None
    ip_references: tuple[str, ...] = ()
    price: Money | None = None
    advantages: str = ""
    economics: str = ""
    prior_applications: str = ""
    capacity: Annotated[int, Field(ge=0)] | None = None
    confirmed_at: date | None = None
    status: Annotated[str, _member("capability_status")] = "published"


Offer = Need | Capability
