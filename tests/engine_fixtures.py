"""What the engine's tests share: records in both languages, the sample, and the encoders."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from matcher import settings
from matcher.encode import open_encoder
from matcher.encode.base import Encoded, Encoder, Progress, Role, Text, normalise
from matcher.encode.bundled import BundledEncoder, prepare
from matcher.encode.weights import PackagedWeights, read_weights_file
from matcher.engine import Matcher
from matcher.ingest import read_capabilities, read_needs
from matcher.records import Capability, Need, Organisation
from matcher.results import MatchList

ROOT = Path(__file__).parent.parent
TESTS = ROOT / "tests"
SAMPLE = ROOT / "data" / "sample"
#: The day that the sample data was judged on.
TODAY = date(2026, 11, 22)
# The settings refuse names they do not know, so this one is taken out of the environment.
EVAL = Path(os.environ.pop("ALLEYMATCH_EVAL", ROOT.parent / "shared" / "eval"))


def need(text: str = "", id: str = "N", owner: str = "", **more: Any) -> Need:
    """Return a need with ``text`` as its problem."""
    organisation = Organisation(name=owner) if owner else None
    return Need(**{"id": id, "problem": text, "organisation": organisation} | more)


def capability(text: str = "", id: str = "C", owner: str = "", **more: Any) -> Capability:
    """Return a capability with ``text`` as its summary."""
    organisation = Organisation(name=owner) if owner else None
    return Capability(**{"id": id, "summary": text, "organisation": organisation} | more)


def whole(text: str) -> Text:
    """Return a text that is one sentence."""
    return Text(text, ((0, len(text)),))


class LetterEncoder:
    """A tiny encoder without a background: counts of character pairs, hashed to 64 figures.

    ``asked`` lists every text that it encoded, in order.
    """

    def __init__(self, fingerprint: str = "letters-1") -> None:
        self.name, self.dim, self.fingerprint = "letters", 64, fingerprint
        self.asked: list[str] = []

    def encode(
        self, role: Role, texts: Sequence[Text], progress: Progress | None = None
    ) -> list[Encoded]:
        results = []
        for text in texts:
            self.asked.append(text.text)
            pieces = [text.text[start:end] for start, end in text.spans]
            rows = np.stack([self._count(role, piece) for piece in (text.text, *pieces)])
            rows[1:][[not piece for piece in pieces]] = 0
            vectors = normalise(rows)
            results.append(Encoded(vectors[0], vectors[1:]))
            if progress:
                progress(1)
        return results

    def _count(self, role: Role, text: str) -> Any:
        row = np.zeros(self.dim, np.float32)
        row[0] = 1 if role == "need" else 2
        for pair in itertools.pairwise(text):
            row[1 + zlib.crc32("".join(pair).encode("utf-8", "surrogatepass")) % 63] += 1
        return row


@cache
def bundled() -> Encoder:
    """Return the default encoder, without a cache; it is prepared once for all runs."""
    return BundledEncoder(prepare())


@cache
def cached() -> Encoder:
    """Return the default encoder as users have it, with the cache in the home folder."""
    prepare()
    return open_encoder("default")


@cache
def sample_needs() -> tuple[Need, ...]:
    """Return the needs of the sample."""
    return tuple(read_needs(SAMPLE / "needs.csv").records)


@cache
def sample_capabilities() -> tuple[Capability, ...]:
    """Return the capabilities of the sample."""
    return tuple(read_capabilities(SAMPLE / "capabilities.csv").records)


@cache
def sample_matcher() -> Matcher:
    """Return a matcher over the capabilities of the sample."""
    return Matcher(sample_capabilities(), encoder=cached(), today=TODAY)


@cache
def sample_lists() -> dict[str, MatchList]:
    """Return the matches of every need of the sample, by id."""
    return {found.query.id: found for found in sample_matcher().match_all(sample_needs())}


@cache
def sample_texts() -> tuple[str, ...]:
    """Return the main text of every record of the sample, Chinese and English."""
    needs = (record.problem or record.title for record in sample_needs())
    return (*needs, *(record.summary or record.title for record in sample_capabilities()))


def sample_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of the sample."""
    with (SAMPLE / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@cache
def judgments() -> dict[str, dict[str, int]]:
    """Return the grades of the sample by need and capability."""
    grades: dict[str, dict[str, int]] = {}
    for row in sample_rows("judgments.csv"):
        grades.setdefault(row["need_id"], {})[row["capability_id"]] = int(row["grade"])
    return grades


def hard_cases(case: str) -> list[tuple[str, str]]:
    """Return the (need, capability) ids of one kind of hard case; those that name both."""
    rows = [row for row in sample_rows("hard_cases.csv") if row["case"] == case]
    pairs = [(row["need_id"], row["capability_id"]) for row in rows]
    return [pair for pair in pairs if all(pair) and "+" not in "".join(pair)]


def ndcg(ranked: Iterable[str], grades: dict[str, int], top: int = 10) -> float:
    """Return nDCG of a ranking with linear gains."""
    found = [grades.get(id, 0) for id in list(ranked)[:top]]
    best = sorted(grades.values(), reverse=True)[:top]
    discounts = 1 / np.log2(np.arange(top) + 2)
    return float(found @ discounts[: len(found)] / (best @ discounts[: len(best)]))


def run_python(code: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start another Python that sees the package and the tests; warnings are errors there too."""
    path = os.pathsep.join([str(ROOT), str(TESTS)])
    return subprocess.Popen(
        [sys.executable, "-W", "error::ResourceWarning", "-c", code, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", **environment},
    )  # fmt: skip


def answer(process: subprocess.Popen[str]) -> Any:
    """Wait for a process and return what it printed, as JSON."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return json.loads(out)


def digest(encoded: Sequence[Encoded]) -> str:
    """Return a hash over all vectors, bit for bit."""
    parts = [part.tobytes() for item in encoded for part in (item.vector, item.sentences)]
    return hashlib.sha256(b"".join(parts)).hexdigest()


@cache
def full_precision_folder() -> Path:
    """Return a sentence-transformers folder with the default model in fp32, built offline.

    It stays in the home folder of the tests, so that only a first run builds it.
    """
    weights = PackagedWeights(read_weights_file())
    home = settings.home()
    folder = home / f"fp32-{weights.fingerprint[:16]}"
    if not folder.is_dir():
        part = Path(tempfile.mkdtemp(prefix="fp32-part-", dir=home))
        _write_full_precision(weights, part)
        part.rename(folder)
    return folder


def _write_full_precision(weights: PackagedWeights, folder: Path) -> None:
    # Written file by file, in the layout of published models: it outlives the library's classes.
    bert_model(weights).save_pretrained(folder)
    full_tokenizer().save_pretrained(folder)
    pooling = {"word_embedding_dimension": weights.config.hidden, "pooling_mode_mean_tokens": True}
    prompts = {"prompts": {"query": "query: ", "passage": "passage: "}}
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(
            [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
        )
    ]
    files = {
        "modules.json": modules,
        "config_sentence_transformers.json": prompts,
        "sentence_bert_config.json": {"max_seq_length": 512},
        "1_Pooling/config.json": pooling,
        "2_Normalize/config.json": {},
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content), encoding="utf-8")


def full_tokenizer() -> Any:
    """Return the prepared pieces as a transformers tokenizer, normalised by plain NFKC.

    The engine folds characters with the table that came with the weights instead.
    """
    from tokenizers import Regex, Tokenizer, normalizers, processors
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer.from_file(str(prepare() / "tokenizer.json"))
    # The model's own rules (nmt_nfkc) are NFKC except for the wide tilde.
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace("～", "\ue000"),
            normalizers.NFKC(),
            normalizers.Replace("\ue000", "～"),
            normalizers.Replace(Regex(r"\s+"), " "),
        ]
    )
    marks = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    ends = [(mark, tokenizer.token_to_id(mark)) for mark in ("<s>", "</s>")]
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A </s>", special_tokens=ends)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=512, **marks)


def bert_model(weights: PackagedWeights) -> Any:
    """Return the packaged model as a transformers BertModel in fp32."""
    import torch
    from transformers import BertConfig, BertModel

    sizes = weights.config
    model = BertModel(
        BertConfig(
            vocab_size=sizes.vocab, hidden_size=sizes.hidden, num_hidden_layers=sizes.layers,
            num_attention_heads=sizes.heads, intermediate_size=sizes.ffn,
            max_position_embeddings=sizes.max_position, type_vocab_size=sizes.type_vocab,
            layer_norm_eps=sizes.eps, pad_token_id=weights.pad,
        ),
        add_pooling_layer=False,
    ).eval()  # fmt: skip
    ours = {
        "word_embeddings.weight": "emb.word", "position_embeddings.weight": "emb.pos",
        "token_type_embeddings.weight": "emb.type",
        "LayerNorm.weight": "emb.ln.w", "LayerNorm.bias": "emb.ln.b",
    }  # fmt: skip
    parts = {
        "attention.self.query": "q", "attention.self.key": "k", "attention.self.value": "v",
        "attention.output.dense": "ao", "attention.output.LayerNorm": "aln",
        "intermediate.dense": "fi", "output.dense": "fo", "output.LayerNorm": "oln",
    }  # fmt: skip
    state = model.state_dict()
    for name, values in state.items():
        if name.startswith("embeddings."):
            source = ours[name.removeprefix("embeddings.")]
        else:
            _, _, layer, part = name.split(".", 3)
            part, kind = part.rsplit(".", 1)
            source = f"l{layer}.{parts[part]}.{kind[0]}"
        state[name] = torch.from_numpy(weights.tensor(source, *values.shape))
    model.load_state_dict(state)
    return model
