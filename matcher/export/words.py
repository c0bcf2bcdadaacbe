"""The words of a report, in its language: labels, amounts and facts of a record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from matcher import taxonomy
from matcher.confidence import grade
from matcher.records import Capability, Money, Need, Offer
from matcher.results import Fit, Match

#: The closed list behind each factor whose values may be codes.
_FACTOR_TABLES = {
    "field": "fields",
    "cooperation_mode": "cooperation_modes",
    "partner_kind": "organisation_kinds",
    "ip": "ip_status",
}
#: Amounts are shown in the largest of these that they reach, in yuan.
_YUAN_UNITS = ((100_000_000, "budget_yi"), (10_000, "budget_wan"), (1, "budget_yuan"))
_TITLE_LIMIT = 60


@dataclass(frozen=True)
class Words:
    """Texts of ``report_words.csv`` in one language.

    ``reverse`` is true when the run asks for capabilities and proposes needs; {subject} in a
    text is then a capability, and {partners} are needs.
    """

    lang: str = "zh"
    reverse: bool = False

    def __call__(self, code: str, **values: object) -> str:
        """Return the text of ``code`` with its places filled in; KeyError for an unknown code."""
        text = taxonomy.terms("report_words")[code].label(self.lang).replace("\\n", "\n")
        if "{" not in text:
            return text
        subject = self("capability" if self.reverse else "need")
        subjects = self("capabilities" if self.reverse else "needs")
        partners = self("needs" if self.reverse else "capabilities")
        sides = {
            "subject": subject,
            "Subject": subject.capitalize(),
            "subjects": subjects,
            "Subjects": subjects.capitalize(),
            "partners": partners,
            "Partners": partners.capitalize(),
        }
        return text.format(**{**sides, **values})

    def label(self, table: str, code: str) -> str:
        """Return the label of a closed list's value."""
        return taxonomy.label_of(table, code, self.lang)

    def labels(self, table: str, codes: Iterable[str]) -> str:
        """Return the labels of several values of a closed list, joined."""
        return self.join(self.label(table, code) for code in codes)

    def join(self, parts: Iterable[str]) -> str:
        """Join the non-empty parts the way the language writes a list."""
        return self("list_separator").join(part for part in parts if part)

    def field(self, record: Offer, name: str) -> str:
        """Return the label of a record's field."""
        term = taxonomy.columns(record.record).get(name)
        return term.label(self.lang) if term else name

    def quoted(self, text: str) -> str:
        """Return a text in the language's quotation marks."""
        return self("quoted", text=text)


def amount(money: Money | None, words: Words) -> str:
    """Return an amount in words, e.g. ``30–50 万元``; "" when there is none."""
    if money is None:
        return ""
    ends = [end for end in (money.low, money.high) if end is not None]
    unit, code = next(
        ((size, code) for size, code in _YUAN_UNITS if max(ends) >= size), _YUAN_UNITS[-1]
    )
    if words.lang == "en":
        shown = [f"{end:,}" for end in ends]
    else:
        shown = [f"{end / unit:.4f}".rstrip("0").rstrip(".") for end in ends]
    value = words(code, value="–".join(dict.fromkeys(shown)))
    if money.high is None:
        return words("amount_from", value=value)
    return words("amount_to", value=value) if money.low is None else value


def fit_values(fit: Fit, words: Words) -> tuple[str, str]:
    """Return both sides of a factor in the report's language where they are codes or labels."""
    table = _FACTOR_TABLES.get(fit.factor)
    return _value(fit.need_value, table, words), _value(fit.capability_value, table, words)


def _value(value: str, table: str | None, words: Words) -> str:
    if table is None:
        return value
    for separator in (",", "，", "|", ";", "；"):
        value = value.replace(separator, "、")
    parts = (part.strip() for part in value.split("、"))
    codes = ((part, taxonomy.code_of(table, part)) for part in parts)
    return words.join(words.label(table, code) if code else part for part, code in codes)


def title_of(record: Offer, words: Words, limit: int = 0) -> str:
    """Return a record's title, or the start of its text; cut to ``limit`` characters if given."""
    text = record.title.strip()
    if not text:
        body = " ".join(next((text for _, text in record.passages), "").split())
        text, limit = body or words("untitled"), limit or _TITLE_LIMIT
    return text if not limit or len(text) <= limit else text[: limit - 1] + "…"


def probability_of(match: Match, words: Words) -> str:
    """Return the probability in words, "" where the encoder has no calibration."""
    percent = percent_of(match)
    return words("probability_value", value=percent) if percent else ""


def percent_of(match: Match) -> str:
    """Return the probability as ``72%``, "" where there is none."""
    return "" if match.probability is None else f"{match.probability:.0%}"


def grade_of(match: Match, words: Words) -> str:
    """Return what the probability is worth in words, "" where there is none."""
    worth = grade(match.probability)
    return words(f"grade_{worth}") if worth else ""


def trl_of(record: Offer) -> str:
    """Return ``TRL 6`` for a capability that states its level, else ""."""
    return f"TRL {record.trl}" if isinstance(record, Capability) and record.trl else ""


def kind_of(record: Offer, words: Words) -> str:
    """Return the label of a record's kind."""
    table = "need_kinds" if isinstance(record, Need) else "capability_kinds"
    return words.label(table, record.kind)


def facts(record: Offer, words: Words) -> list[tuple[str, str]]:
    """Return what a record states besides its text, as (label, value), without empty values."""
    found: list[tuple[str, str]] = [
        ("kind", kind_of(record, words)),
        ("fields", words.labels("fields", record.fields)),
        ("keywords", words.join(record.keywords)),
    ]
    if isinstance(record, Need):
        found += [
            ("trl_min", f"TRL {record.trl_min}" if record.trl_min else ""),
            ("budget", amount(record.budget, words)),
            ("deadline", str(record.deadline or "")),
            ("cooperation_modes", words.labels("cooperation_modes", record.cooperation_modes)),
            ("partner_kinds", words.labels("organisation_kinds", record.partner_kinds)),
            ("regions", words.join(record.regions)),
        ]
    else:
        found += [
            ("trl", trl_of(record)),
            ("ip_status", words.label("ip_status", record.ip_status) if record.ip_status else ""),
            ("ip_references", words.join(record.ip_references)),
            ("cooperation_modes", words.labels("cooperation_modes", record.cooperation_modes)),
            ("price", amount(record.price, words)),
            ("capacity", "" if record.capacity is None else str(record.capacity)),
        ]
    found.append(("valid_until", str(record.valid_until or "")))
    return [(words.field(record, name), value) for name, value in found if value]
