// FlexAttention (ai.onnx.preview): attention whose scores and probabilities blocks may change, all heads at once. Q, K and V are
// [batch, heads, seq, headDim]; query heads share key/value heads in groups. Scores are scaled, rounded to the type of the
// softmax (f32, or f64 for f64 operands, unless `softmax_precision` names one) and given to `score_mod`; probabilities are
// given to `prob_mod`. A row of minus infinity is NaN, as in Softmax.
import type { Block, Dim } from "@waferc/ir/graph";
import { describeTensor, elementCount, reshapeTensor } from "@waferc/numerics";
import type { DType, Tensor } from "@waferc/numerics";
import { block, float, int } from "../attr-spec.ts";
import { expectTensor } from "../data.ts";
import { commonDType } from "../families/elementwise.ts";
import { softmaxRows } from "../families/softmax.ts";
import { matMul } from "../math/batched-matmul.ts";
import { castTensor } from "../math/cast.ts";
import { mapUnary } from "../math/elementwise.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import { expandTensor, transposeTensor } from "../math/views.ts";
import { dtypeAttr } from "../onnx-dtype.ts";
import { defineOp } from "../op-definition.ts";
import type { EvaluateContext, InferContext } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { mergeDims, printShape } from "../shapes.ts";

const ATTRS = { prob_mod: block(), scale: float(), score_mod: block(), softmax_precision: int() };

function inferFlex({ operand }: InferContext<typeof ATTRS>) {
  const types = [operand(0), operand(1), operand(2)];
  const dtype = commonDType(types);
  const [q, k, v] = types.map(({ shape }) => shape);
  if (!q || !k || !v) return [{ dtype }];
  for (const one of [q, k, v])
    require(one.length === 4, () => `needs operands of rank 4, but found ${printShape(one)}`);
  mergeDims(q[3]!, k[3]!, "head sizes of Q and K");
  mergeDims(k[2]!, v[2]!, "numbers of keys and values");
  const isGrouped = (a: Dim, b: Dim): boolean => typeof a !== "number" || typeof b !== "number" || a % b === 0;
  require(isGrouped(q[1]!, k[1]!), () => `needs query heads in whole groups, but found ${q[1]} for ${k[1]}`);
  return [{ dtype, shape: [q[0]!, q[1]!, q[2]!, v[3]!] }];
}

function evaluateFlex({ attrs, operand, run }: EvaluateContext<typeof ATTRS>): Tensor[] {
  const dtype = floatDType(operand(0).dtype);
  const precision = precisionOf(attrs.softmax_precision, dtype);
  const q = castTensor(operand(0), "f64");
  const heads = q.shape[1]!;
  const [k, v] = [repeatHeads(castTensor(operand(1), "f64"), heads), repeatHeads(castTensor(operand(2), "f64"), heads)];
  const scale = attrs.scale ?? 1 / Math.sqrt(q.shape[3]!);
  const products = matMul(q, transposeTensor(k, [0, 1, 3, 2]));
  const scores = castTensor(mapUnary(products, "f64", { float: (x) => x * scale }), precision);
  const modify = (tensor: Tensor, by: Block | undefined, name: string): Tensor => {
    if (by === undefined) return tensor;
    const changed = expectTensor(run(by, [tensor])[0]!, `what ${name} gives`);
    require(describeTensor(changed) === describeTensor(tensor), () =>
      `needs ${name} to give ${describeTensor(tensor)}, but found ${describeTensor(changed)}`);
    return changed;
  };
  const probabilities = modify(softmax(modify(scores, attrs.score_mod, "score_mod")), attrs.prob_mod, "prob_mod");
  return [castTensor(matMul(castTensor(probabilities, "f64"), v), dtype)];
}

function precisionOf(given: number | undefined, dtype: DType): DType {
  if (given !== undefined) return floatDType(dtypeAttr(given));
  return dtype === "f64" ? "f64" : "f32";
}

/** [batch, kvHeads, seq, dim] with each head repeated until there are `heads`. */
function repeatHeads(x: Tensor, heads: number): Tensor {
  const [batch, kvHeads, seq, dim] = x.shape as [number, number, number, number];
  if (kvHeads === heads) return x;
  const split = reshapeTensor(x, [batch, kvHeads, 1, seq, dim]);
  return reshapeTensor(expandTensor(split, [batch, kvHeads, heads / kvHeads, seq, dim]), [batch, heads, seq, dim]);
}

function softmax(x: Tensor): Tensor {
  const dtype = floatDType(x.dtype);
  const to = newFloats(dtype, elementCount(x.shape));
  softmaxRows(floatsOf(x), to, { length: x.shape[3]!, stride: 1 }, (one, max, sum) => Math.exp(one - max) / sum);
  return finishFloats(dtype, x.shape, to);
}

export const flexAttentionOp = defineOp({
  domain: "ai.onnx.preview",
  kind: "FlexAttention",
  versions: [1],
  traits: ["control", "contraction", "compound"],
  attrs: ATTRS,
  operands: [3, 3],
  infer: inferFlex,
  evaluate: evaluateFlex,
  macs: ({ operands, results }) =>
    elementCount(results[0]?.shape.slice(0, 3) ?? []) *
    (operands[1]?.shape[2] ?? 0) *
    ((operands[0]?.shape[3] ?? 0) + (operands[2]?.shape[3] ?? 0)),
});
