"""Write the default encoder as an ONNX graph: 4-bit embeddings, int8 matrix products.

The graph is laid out directly with ONNX Runtime's fused operators. The embedding table stays in
its packaged 4-bit blocks. Weights are quantised to 7 of 8 signed bits, per channel: one bit less
keeps processors without VNNI from saturating, so that machines differ by rounding only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from matcher.encode.weights import PackagedWeights

_CONTRIB = "com.microsoft"


class _Graph:
    def __init__(self, weights: PackagedWeights) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, values: npt.NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, op: str, inputs: list[str], output: str, domain: str = "", **kw: Any) -> str:
        self.nodes.append(helper.make_node(op, inputs, [output], domain=domain, **kw))
        return output

    def weight(self, name: str, *shape: int) -> str:
        return self.constant(name, self.weights.tensor(name, *shape))

    def linear(self, x: str, name: str, rows: int, columns: int) -> str:
        matrix = self.constant(f"{name}.w", self.weights.tensor(f"{name}.w", rows, columns).T)
        product = self.node("MatMul", [x, matrix], f"{name}.product")
        return self.node("Add", [product, self.weight(f"{name}.b", rows)], f"{name}.out")

    def embed(self) -> str:
        config, hidden = self.weights.config, self.weights.config.hidden
        nibbles, scales = self.weights.q4_blocks("emb.word")
        words = self.node(
            "GatherBlockQuantized",
            [self.constant("emb.word.q", nibbles.reshape(config.vocab, hidden // 2)), "input_ids",
             self.constant("emb.word.s", scales.reshape(config.vocab, hidden // 32))],
            "words", _CONTRIB, bits=4, block_size=32, gather_axis=0, quantize_axis=1,
        )  # fmt: skip
        # Every token is of type 0, so its type embedding is folded into the positions.
        places = self.weights.tensor("emb.pos", config.max_position, hidden)
        places = places + self.weights.tensor("emb.type", config.type_vocab, hidden)[0]
        shape = self.node("Shape", ["input_ids"], "shape", start=1, end=2)
        zero = self.constant("zero", np.array([0], np.int64))
        position = self.node(
            "Slice", [self.constant("positions", places), zero, shape, zero], "position"
        )
        summed = self.node("Add", [words, position], "embedded")
        norm = [self.weight("emb.ln.w", hidden), self.weight("emb.ln.b", hidden)]
        return self.node(
            "LayerNormalization", [summed, *norm], "layer0", axis=-1, epsilon=config.eps
        )

    def residual(self, x: str, skip: str, norm: str, output: str) -> str:
        config = self.weights.config
        scale = [self.weight(f"{norm}.{part}", config.hidden) for part in ("w", "b")]
        return self.node(
            "SkipLayerNormalization", [x, skip, *scale], output, _CONTRIB, epsilon=config.eps
        )

    def layer(self, x: str, name: str, output: str) -> str:
        config = self.weights.config
        hidden, ffn = config.hidden, config.ffn
        heads = [self.linear(x, f"{name}.{part}", hidden, hidden) for part in "qkv"]
        mixed = self.node(
            "MultiHeadAttention", heads, f"{name}.mixed", _CONTRIB, num_heads=config.heads
        )
        attended = self.linear(mixed, f"{name}.ao", hidden, hidden)
        middle = self.residual(attended, x, f"{name}.aln", f"{name}.middle")
        wide = self.linear(middle, f"{name}.fi", ffn, hidden)
        active = self.node("Gelu", [wide], f"{name}.active", _CONTRIB)
        return self.residual(
            self.linear(active, f"{name}.fo", hidden, ffn), middle, f"{name}.oln", output
        )


def build_graph(weights: PackagedWeights) -> onnx.ModelProto:
    """Return the model, unquantised.

    ``input_ids`` (1, tokens) int64 → ``states`` (1, tokens, dim) float32.
    """
    graph = _Graph(weights)
    x = graph.embed()
    for number in range(weights.config.layers):
        last = number == weights.config.layers - 1
        x = graph.layer(x, f"l{number}", "states" if last else f"layer{number + 1}")
    shape: list[int | str | None] = [1, "tokens"]
    inputs = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, shape)]
    outputs = [
        helper.make_tensor_value_info("states", TensorProto.FLOAT, [*shape, weights.config.hidden])
    ]
    body = helper.make_graph(graph.nodes, "e5", inputs, outputs, graph.constants)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(_CONTRIB, 1)]
    model: onnx.ModelProto = helper.make_model(body, opset_imports=opsets, ir_version=10)
    return model


def write_int8(model: onnx.ModelProto, path: Path) -> None:
    """Quantise the matrix products of ``model`` to int8 and write it to ``path``."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        model, path, op_types_to_quantize=["MatMul"], weight_type=QuantType.QInt8,
        per_channel=True, reduce_range=True,
        extra_options={"DefaultTensorType": TensorProto.FLOAT, "MatMulConstBOnly": True},
    )  # fmt: skip
