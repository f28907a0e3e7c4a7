/**
 * Attention in ONNX's form (3-D, or 4-D with heads before positions): queries, keys and values become [batch * length, heads * dim]
 * matrices. A mask is added: one row a batch (padding), or one row a query; a constant one is prepared at compile time. The kernel's causal
 * rule aligns the last query with the last key, ONNX's the first with the first, so other than square ones become masks.
 */
import { floatAttr, intAttr } from "@waferc/ir/graph";
import type { Op } from "@waferc/ir/graph";
import type { Operand, Sharding } from "@waferc/ir/dataflow";
import { expandView, identityView, reshapeView, transposeView } from "../affine-view.ts";
import { gatherData, readFloats } from "../constant-data.ts";
import { tensorOperand } from "../lowering-context.ts";
import type { LoweringContext } from "../lowering-context.ts";
import type { LoweringRule } from "../lowering-rule.ts";
import { shapeOf } from "../mesh-value.ts";
import type { ConstantValue, MeshValue } from "../mesh-value.ts";
import type { OpFacts } from "../op-facts.ts";
import { Elementwise, elementwiseOperand } from "./elementwise.ts";

interface Sizes {
  readonly batch: number;
  readonly queryLength: number;
  readonly keyLength: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly valueDim: number;
}

/** [batch, length, heads, dim] of an operand, in either layout. */
function layoutOf(shape: readonly number[], heads: number): readonly [number, number, number, number] {
  const [batch = 1, second = 1, third = 1, dim = 1] = shape;
  return shape.length === 4 ? [batch, third, second, dim] : [batch, second, heads, third / heads];
}

function sizesOf(facts: OpFacts): Sizes {
  const heads = intAttr(facts.op, "q_num_heads", 1);
  const kv = intAttr(facts.op, "kv_num_heads", 1);
  const [batch, queryLength, qHeads, headDim] = layoutOf(facts.shape(0) ?? [], heads);
  const [, keyLength, kvHeads] = layoutOf(facts.shape(1) ?? [], kv);
  const [, , , valueDim] = layoutOf(facts.shape(2) ?? [], kv);
  return { batch, queryLength, keyLength, heads: qHeads, kvHeads, headDim, valueDim };
}

/** The mask as [batch, heads, queries, keys], with ones where it broadcasts. */
function maskShape(facts: OpFacts): readonly number[] {
  const shape = facts.shape(3) ?? [];
  return [...Array.from({ length: Math.max(0, 4 - shape.length) }, () => 1), ...shape];
}

function objectionToMask(facts: OpFacts): string | undefined {
  const { keyLength } = sizesOf(facts);
  const [, heads = 1, , keys = 1] = maskShape(facts);
  if (heads !== 1) return "has a mask that differs from head to head";
  if (keys !== keyLength && keys !== 1) return `has a mask for ${keys} of ${keyLength} keys`;
  const isFloat = facts.dtype(3) === "f32";
  return isFloat || facts.isConstant(3) ? undefined : `has a ${facts.dtype(3)} mask that is no constant`;
}

export const attention: LoweringRule = {
  objection(facts) {
    const { op } = facts;
    if ([0, 1, 2].some((index) => facts.isConstant(index))) return "has constant queries, keys or values";
    if ([4, 5, 6].some((index) => facts.has(index))) return "has a past or a count of keys";
    if ([1, 2, 3].some((index) => facts.isResultUsed(index))) return "has keys, values or scores as results";
    if (floatAttr(op, "softcap", 0) !== 0) return "caps its scores";
    if (intAttr(op, "left_window_size", -1) >= 0 || intAttr(op, "right_window_size", -1) >= 0) return "has a window";
    const { heads, kvHeads } = sizesOf(facts);
    if (heads % kvHeads !== 0) return `shares ${kvHeads} key heads among ${heads}`;
    return facts.has(3) ? objectionToMask(facts) : undefined;
  },
  lower(ctx, facts) {
    const { op } = facts;
    const sizes = sizesOf(facts);
    const { batch, queryLength, heads, headDim, valueDim } = sizes;
    const [q, k, v] = [0, 1, 2].map((index) => matrixOperand(ctx, op, index));
    const isCausal = intAttr(op, "is_causal", 0) !== 0;
    const isSquare = queryLength === sizes.keyLength;
    const bias = isCausal && !isSquare ? causalBias(sizes) : undefined;
    const mask = maskOperand(ctx, facts, sizes, { q: q as Operand, bias });
    const params = {
      ...sizes,
      scale: floatAttr(op, "scale") ?? 1 / Math.sqrt(headDim),
      causal: isCausal && isSquare,
      mask: mask?.form ?? "none",
    };
    const operands = [q, k, v, mask?.operand].filter((operand) => operand !== undefined);
    const shape = [batch, queryLength, heads * valueDim];
    const id = ctx.builder.emit(
      { template: "attention.gather", operands, params },
      { name: ctx.nameOf(op.results[0]), shape },
    );
    const isFlat = facts.resultShape()?.length === 3;
    const split = identityView([batch, queryLength, heads, valueDim]);
    ctx.define(
      op.results[0],
      isFlat ? ctx.whole(id) : { kind: "mesh", base: id, view: transposeView(split, [0, 2, 1, 3]) },
    );
  },
};

/** Queries, keys or values as [batch, length, heads * dim]. */
function matrixOperand(ctx: LoweringContext, op: Op, index: number): Operand {
  return tensorOperand(ctx.materialize(withHeadsLast(ctx, ctx.activation(op, index))));
}

/** A 4-D value with heads second as 3-D with heads in the columns; others as they are. */
export function withHeadsLast(ctx: LoweringContext, value: MeshValue): MeshValue {
  const shape = shapeOf(value);
  if (shape.length !== 4) return value;
  const [batch = 1, heads = 1, length = 1, dim = 1] = shape;
  const turned = { ...value, view: transposeView(value.view, [0, 2, 1, 3]) };
  return ctx.reviewed(turned, (view) => reshapeView(view, [batch, length, heads * dim]));
}

interface Mask {
  readonly form: "batch" | "query";
  readonly operand: Operand;
}

/** What is added to the scores, if anything: the op's mask, the bias, or their sum. */
function maskOperand(
  ctx: LoweringContext,
  facts: OpFacts,
  sizes: Sizes,
  { q, bias }: { readonly q: Operand; readonly bias: ConstantValue | undefined },
): Mask | undefined {
  if (!facts.has(3)) return bias && constantMask(ctx, bias, sizes, q);
  const mask = ctx.operand(facts.op, 3);
  const own = maskShape(facts);
  if (mask.kind === "constant") {
    const constant = { ...additiveMask(mask), shape: own };
    return constantMask(ctx, bias === undefined ? constant : addMasks(constant, bias, sizes), sizes, q);
  }
  const form = own[2] === 1 && bias === undefined ? "batch" : "query";
  const { full, shape } = shapesOf(form, sizes);
  const seen = ctx.reviewed(mask, (view) => reshapeView(view, own));
  const spread = { ...seen, view: expandView(seen.view, full) };
  const flat = ctx.reviewed(spread, (view) => reshapeView(view, shape));
  if (bias === undefined) return { form, operand: tensorOperand(ctx.materialize(flat)) };
  const e = new Elementwise(ctx, `${ctx.nameOf(facts.op.results[0])}/mask`, shape);
  const sum = e.binary("add", flat, { ...bias, shape: [1, ...bias.shape.slice(2)] });
  return { form, operand: elementwiseOperand(ctx, sum, shape) };
}

/** The mask as the kernel takes it, and with all four dimensions. */
function shapesOf(
  form: Mask["form"],
  { batch, queryLength, keyLength }: Sizes,
): { readonly full: readonly number[]; readonly shape: readonly number[] } {
  if (form === "batch") return { full: [batch, 1, 1, keyLength], shape: [batch, keyLength] };
  return { full: [batch, 1, queryLength, keyLength], shape: [batch, queryLength, keyLength] };
}

function constantMask(ctx: LoweringContext, constant: ConstantValue, sizes: Sizes, q: Operand): Mask | undefined {
  const form = constant.shape[2] === 1 ? "batch" : "query";
  const { full, shape } = shapesOf(form, sizes);
  const view = expandView(identityView(constant.shape), full);
  if (gatherData(readFloats(constant), view).every((element) => element === 0)) return undefined;
  const weight = ctx.weight(constant, reshapeView(view, shape) ?? view);
  const rows = form === "batch" ? whole(sizes.batch) : rowsOf(ctx, q);
  return { form, operand: ctx.builder.weight(weight, { rows, cols: whole(sizes.keyLength) }) };
}

/** 0 for the keys that a query sees, minus infinity for later ones; query and key 0 are aligned. */
function causalBias({ queryLength, keyLength }: Sizes): ConstantValue {
  const shape = [1, 1, queryLength, keyLength];
  const read = () => {
    const data = new Float32Array(queryLength * keyLength);
    for (let i = 0; i < data.length; i++) data[i] = i % keyLength > Math.floor(i / keyLength) ? -Infinity : 0;
    return { dtype: "f32" as const, shape, data };
  };
  return { kind: "constant", key: `causal ${queryLength} ${keyLength}`, name: "causal", shape, read };
}

function addMasks(mask: ConstantValue, bias: ConstantValue, sizes: Sizes): ConstantValue {
  const { full } = shapesOf("query", sizes);
  const read = () => {
    const [a, b] = [mask, bias].map((one) => gatherData(readFloats(one), expandView(identityView(one.shape), full)));
    return { dtype: "f32" as const, shape: full, data: (a ?? new Float32Array()).map((x, i) => x + (b?.[i] ?? 0)) };
  };
  return { ...mask, key: `${mask.key} + ${bias.key}`, shape: full, sha256: undefined, read };
}

/** A bool mask keeps where it is true: 0 there, and minus infinity elsewhere. */
function additiveMask(mask: ConstantValue): ConstantValue {
  const { dtype } = mask.read();
  if (dtype !== "bool") return mask;
  const read = () => {
    const data = readFloats(mask).map((keep) => (keep === 0 ? -Infinity : 0));
    return { dtype: "f32" as const, shape: mask.shape, data };
  };
  return { ...mask, key: `${mask.key} additive`, sha256: undefined, read };
}

function whole(extent: number): Sharding["rows"] {
  return { extent, block: extent, axis: "none" };
}

function rowsOf(ctx: LoweringContext, q: Operand): Sharding["rows"] {
  return q.kind === "tensor" ? ctx.builder.tensor(q.tensor).sharding.rows : whole(1);
}
