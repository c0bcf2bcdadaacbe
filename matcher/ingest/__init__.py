"""Read csv, xlsx, jsonl, docx and BEIR folders into records, with every row that was refused."""

from __future__ import annotations

from matcher.ingest.batch import Batch, ColumnMapping
from matcher.ingest.reader import read, read_capabilities, read_needs

__all__ = ["Batch", "ColumnMapping", "read", "read_capabilities", "read_needs"]
