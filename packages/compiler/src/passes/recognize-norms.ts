// Layer and RMS normalisation, whoever wrote them, become LayerNormalization and RMSNormalization over the last axis.
//   LayerNormalization: (x - mean) / sqrt(variance + epsilon) * scale [+ bias]
//   RMSNormalization:   x / sqrt(mean square + epsilon) * scale
// What counts is the formula: the value is a sum of a product and perhaps a bias; the product has x (or x minus its mean) once, the
// mean square (plus epsilon) to the power -1/2, and vectors along the rows. How statistics are computed is in `moments.ts`.
// The formula may also be multiplied out, x A + (bias - mean A) with A = scale / sqrt(..), as TensorFlow writes it. A cast to x's own
// type between the normalised x in f32 and the scale is part of the op (its stash type); other casts stay outside.
// A norm without scale gets one of ones. Rows of several axes are merged into one.
// Definitions: https://onnx.ai/onnx/operators/onnx__LayerNormalization.html and onnx__RMSNormalization.html.
import { attr, attrsOf, floatAttr, intAttr, type Op, type ValueId } from "@waferc/ir/graph";
import { fullTensor, isFloat, tensorOf, type DType } from "@waferc/numerics";
import type { NoOptions, Pass } from "../pass.ts";
import { matchNorm, type Norm } from "./norm-formula.ts";
import { rowVector } from "./row-vector.ts";
import { Rewriter } from "./rewriter.ts";

export const recognizeNorms: Pass<"graph", "graph", NoOptions> = {
  name: "recognize-norms",
  from: "graph",
  to: "graph",
  summary: "Recognise LayerNormalization and RMSNormalization",
  requires: ["shapes-known", "constants-folded"],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const rewriter = new Rewriter(input, this.name);
    // From the outputs back, so that a norm is seen with its scale and bias before it is seen without them.
    for (const root of rewriter.graph.ops.toReversed()) {
      if (!rewriter.graph.has(root.id)) continue;
      const kind = rewriteNorm(rewriter, root) ?? mergeRows(rewriter, root);
      if (kind !== undefined) stats.add(kind, 1);
    }
    return rewriter.finish();
  },
};

function rewriteNorm(rewriter: Rewriter, root: Op): string | undefined {
  const [result] = root.results;
  if (result === undefined || root.domain !== "" || !rewriter.graph.hasUses(result)) return undefined;
  for (const norm of matchNorm(rewriter, root)) {
    const made = emitNorm(rewriter, norm, result);
    if (made !== undefined && rewriter.replace(result, made)) return norm.kind;
  }
  return undefined;
}

function emitNorm(rewriter: Rewriter, norm: Norm, result: ValueId): ValueId | undefined {
  const { kind, count, ops } = norm;
  const [x, dtype, shape] = [norm.x, rewriter.dtypeOf(result), rewriter.shapeOf(result)];
  if (dtype === undefined || shape === undefined || !isFloat(dtype) || rewriter.dtypeOf(x) !== dtype) return undefined;
  const scale = scaleOf(rewriter, norm, dtype);
  const bias = norm.bias === undefined ? undefined : rowVector(rewriter, norm.bias.value, x, count);
  if (scale === undefined || (norm.bias !== undefined && bias === undefined)) return undefined;
  const shift = norm.bias?.sign === -1 && bias !== undefined ? rewriter.emit("Neg", [bias]) : bias;
  if ([scale, shift].some((id) => id !== undefined && rewriter.dtypeOf(id) !== dtype)) return undefined;
  const attrs = attrsOf({ axis: attr.int(-1), epsilon: attr.float(norm.epsilon) });
  const rows = inShape(rewriter, x, rowShape(rewriter, x, count), ops);
  const made = rewriter.emit(kind, [rows, scale, shift], { attrs, covers: ops });
  return inShape(rewriter, made, shape, ops);
}

/** One scale vector, or ones; the formula's number goes into it. */
function scaleOf(rewriter: Rewriter, { scales, number, x, count }: Norm, dtype: DType): ValueId | undefined {
  let product: ValueId | undefined;
  for (const id of scales) {
    const vector = rowVector(rewriter, id, x, count);
    if (vector === undefined) return undefined;
    product = product === undefined ? vector : rewriter.emit("Mul", [product, vector]);
  }
  if (product === undefined) return rewriter.constant("ones", fullTensor(dtype, [count], number));
  return number === 1
    ? product
    : rewriter.emit("Mul", [product, rewriter.constant("factor", fullTensor(dtype, [], number))]);
}

/** The shape of x with the axes of a row merged. */
function rowShape(rewriter: Rewriter, x: ValueId, count: number): readonly number[] {
  const shape = rewriter.shapeOf(x) ?? [];
  let axis = shape.length;
  for (let product = 1; product < count && axis > 0; axis--) product *= shape[axis - 1] ?? 1;
  return [...shape.slice(0, axis), count];
}

function inShape(rewriter: Rewriter, id: ValueId, wanted: readonly number[], covers: readonly Op[]): ValueId {
  const shape = rewriter.shapeOf(id) ?? [];
  if (shape.length === wanted.length && shape.every((length, axis) => length === wanted[axis])) return id;
  const target = rewriter.constant("shape", tensorOf("i64", [wanted.length], wanted));
  return rewriter.emit("Reshape", [id, target], { covers });
}

/** A norm of the file over several last axes, or with an axis counted from the front, as one over the last axis. */
function mergeRows(rewriter: Rewriter, op: Op): string | undefined {
  const [x, scale, bias] = op.operands;
  const [result] = op.results;
  const shape = rewriter.shapeOf(x);
  if (op.domain !== "" || (op.kind !== "LayerNormalization" && op.kind !== "RMSNormalization")) return undefined;
  const given = intAttr(op, "axis", -1);
  if (given === -1 || x === undefined || scale === undefined || result === undefined || shape === undefined)
    return undefined;
  if (op.results.length > 1 && op.results.slice(1).some((id) => id !== undefined && rewriter.graph.hasUses(id)))
    return undefined;
  const axis = given < 0 ? given + shape.length : given;
  const count = shape.slice(axis).reduce((a, b) => a * b, 1);
  const merged = [...shape.slice(0, axis), count];
  const vectors = [scale, bias].map((id) => (id === undefined ? undefined : rowVector(rewriter, id, x, count)));
  if (vectors[0] === undefined || (bias !== undefined && vectors[1] === undefined)) return undefined;
  const attrs = attrsOf({
    axis: attr.int(-1),
    epsilon: attr.float(floatAttr(op, "epsilon", 1e-5)),
    stash_type: attr.int(intAttr(op, "stash_type", 1)),
  });
  const made = rewriter.emit(op.kind, [inShape(rewriter, x, merged, [op]), ...vectors], { attrs, covers: [op] });
  return rewriter.replace(result, inShape(rewriter, made, shape, [op])) ? "merged" : undefined;
}
