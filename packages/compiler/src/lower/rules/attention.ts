/**
 * Attention in ONNX's form (3-D, or 4-D with heads before positions): queries, keys and values become [batch * length, heads * dim]
 * matrices; a past goes before keys and values. A mask is added: one row a batch (padding), or one row a query, with the keys of one or all heads; a
 * constant one is prepared at compile time. The kernel's causal
 * rule aligns the last query with the last key, ONNX's the first with the first, so other than square ones become masks.
 */
import { floatAttr, intAttr } from "@waferc/ir/graph";
import type { Op } from "@waferc/ir/graph";
import type { Operand, Sharding } from "@waferc/ir/dataflow";
import { elementsOf, expandView, identityView, reshapeView, transposeView } from "../affine-view.ts";
import type { AffineView } from "../affine-view.ts";
import { gatherData, readFloats } from "../constant-data.ts";
import { tensorOperand } from "../lowering-context.ts";
import type { LoweringContext } from "../lowering-context.ts";
import type { LoweringRule } from "../lowering-rule.ts";
import { shapeOf } from "../mesh-value.ts";
import type { ConstantValue, MeshValue } from "../mesh-value.ts";
import type { OpFacts } from "../op-facts.ts";
import { Elementwise, elementwiseOperand } from "./elementwise.ts";
import { joinViews } from "./movement.ts";

interface Sizes {
  readonly batch: number;
  readonly queryLength: number;
  /** Past keys and new ones. */
  readonly keyLength: number;
  readonly pastLength: number;
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
  const [, newLength, kvHeads] = layoutOf(facts.shape(1) ?? [], kv);
  const [, , , valueDim] = layoutOf(facts.shape(2) ?? [], kv);
  const pastLength = facts.shape(4)?.[2] ?? 0;
  return {
    batch,
    queryLength,
    keyLength: pastLength + newLength,
    pastLength,
    heads: qHeads,
    kvHeads,
    headDim,
    valueDim,
  };
}

/** The mask as [batch, heads, queries, keys], with ones where it broadcasts. */
function maskShape(facts: OpFacts): readonly number[] {
  const shape = facts.shape(3) ?? [];
  return [...Array.from({ length: Math.max(0, 4 - shape.length) }, () => 1), ...shape];
}

function objectionToMask(facts: OpFacts): string | undefined {
  const { keyLength } = sizesOf(facts);
  const keys = maskShape(facts).at(-1);
  return keys === keyLength || keys === 1 ? undefined : `has a mask for ${keys} of ${keyLength} keys`;
}

export const attention: LoweringRule = {
  skipsEmpty: true,
  objection(facts) {
    const { op } = facts;
    if ([0, 1, 2].some((index) => facts.isConstant(index))) return "has constant queries, keys or values";
    if ([0, 1, 2].some((index) => facts.shape(index)?.includes(0))) return "has no elements";
    if (facts.has(6)) return "has a count of keys that is no constant";
    if (facts.has(4) !== facts.has(5)) return "has a past of keys or of values only";
    if (facts.isResultUsed(3)) return "has scores as results";
    if (intAttr(op, "left_window_size", -1) >= 0 || intAttr(op, "right_window_size", -1) >= 0) return "has a window";
    const { heads, kvHeads } = sizesOf(facts);
    if (heads % kvHeads !== 0) return `shares ${kvHeads} key heads among ${heads}`;
    return facts.has(3) ? objectionToMask(facts) : undefined;
  },
  lower(ctx, facts) {
    const { op } = facts;
    const sizes = sizesOf(facts);
    const { batch, queryLength, heads, headDim, valueDim } = sizes;
    const q = matrixOperand(ctx, op, 0);
    const [k, v] = [1, 2].map((index) => withPast(ctx, facts, index));
    const isCausal = intAttr(op, "is_causal", 0) !== 0;
    const isAligned = queryLength + sizes.pastLength === sizes.keyLength;
    const bias = isCausal && !isAligned ? causalBias(sizes) : undefined;
    const mask = maskOperand(ctx, facts, sizes, { q, bias });
    const { pastLength: _, ...own } = sizes;
    const params = {
      ...own,
      scale: floatAttr(op, "scale") ?? 1 / Math.sqrt(headDim),
      causal: isCausal && isAligned,
      softcap: floatAttr(op, "softcap", 0),
      mask: mask?.form ?? "none",
      maskHeads: mask?.heads ?? 1,
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

/** Keys or values behind those of the past, which the op's results 1 and 2 are. */
function withPast(ctx: LoweringContext, facts: OpFacts, index: number): Operand {
  const { op } = facts;
  const present = op.results[index];
  const fresh = withHeadsLast(ctx, ctx.activation(op, index));
  let all = fresh;
  if (facts.has(index + 3) && elementsOf(facts.shape(index + 3) ?? []) > 0) {
    const past = ctx.operand(op, index + 3);
    const turned = past.kind === "mesh" ? withHeadsLast(ctx, past) : constantHeadsLast(past);
    all = ctx.whole(joinViews(ctx, `${ctx.nameOf(present)}/all`, [turned, fresh], 1));
  }
  if (present !== undefined) {
    const { batch, keyLength, kvHeads } = sizesOf(facts);
    const split = [batch, keyLength, kvHeads, (shapeOf(all).at(-1) ?? 1) / kvHeads];
    const seen = ctx.reviewed(all, (view) => reshapeView(view, split));
    ctx.define(present, { ...seen, view: transposeView(seen.view, [0, 2, 1, 3]) });
  }
  return tensorOperand(ctx.materialize(all));
}

function constantHeadsLast(past: ConstantValue): ConstantValue {
  const [batch = 1, heads = 1, length = 1, dim = 1] = past.shape;
  const shape = [batch, length, heads * dim];
  return rearranged(past, transposeView(identityView(past.shape), [0, 2, 1, 3]), shape);
}

/** A constant with the elements of a view, under a shape. */
function rearranged(constant: ConstantValue, view: AffineView, shape: readonly number[]): ConstantValue {
  const read = () => ({ dtype: "f32" as const, shape, data: gatherData(readFloats(constant), view) });
  return {
    ...constant,
    key: `${constant.key} ${JSON.stringify(view)} ${String(shape)}`,
    shape,
    sha256: undefined,
    read,
  };
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
  /** Heads that it tells apart: 1, or all. */
  readonly heads: number;
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
  const heads = own[1] ?? 1;
  const { full, shape } = shapesOf(form, sizes, heads);
  const seen = ctx.reviewed(mask, (view) => reshapeView(view, own));
  const e = new Elementwise(ctx, `${ctx.nameOf(facts.op.results[0])}/mask`, own);
  const added = facts.dtype(3) === "bool" ? (e.select(seen, 0, -Infinity) as MeshValue) : seen;
  const spread = { ...added, view: transposeView(expandView(added.view, full), [0, 2, 1, 3]) };
  const flat = ctx.reviewed(spread, (view) => reshapeView(view, shape));
  if (bias === undefined) return { form, heads, operand: tensorOperand(ctx.materialize(flat)) };
  const whole = rearranged(bias, transposeView(expandView(identityView(bias.shape), full), [0, 2, 1, 3]), shape);
  const sum = new Elementwise(ctx, `${ctx.nameOf(facts.op.results[0])}/bias`, shape).binary("add", flat, whole);
  return { form, heads, operand: elementwiseOperand(ctx, sum, shape) };
}

/** The mask as the kernel takes it, a row with the keys of all heads for each query or batch, and with all four dimensions. */
function shapesOf(
  form: Mask["form"],
  { batch, queryLength, keyLength }: Sizes,
  heads: number,
): { readonly full: readonly number[]; readonly shape: readonly number[] } {
  const queries = form === "batch" ? 1 : queryLength;
  return { full: [batch, heads, queries, keyLength], shape: [batch, queries, heads * keyLength] };
}

function constantMask(ctx: LoweringContext, constant: ConstantValue, sizes: Sizes, q: Operand): Mask | undefined {
  const form = constant.shape[2] === 1 ? "batch" : "query";
  const heads = constant.shape[1] ?? 1;
  const { full, shape } = shapesOf(form, sizes, heads);
  const turned = transposeView(expandView(identityView(constant.shape), full), [0, 2, 1, 3]);
  const mask = rearranged(constant, turned, shape);
  if (readFloats(mask).every((element) => element === 0)) return undefined;
  const weight = ctx.weight(mask, identityView(shape));
  const rows = form === "batch" ? whole(sizes.batch) : rowsOf(ctx, q);
  return { form, heads, operand: ctx.builder.weight(weight, { rows, cols: whole(heads * sizes.keyLength) }) };
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
  const { full } = shapesOf("query", sizes, mask.shape[1] ?? 1);
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
