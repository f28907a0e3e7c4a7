/**
 * Rotary embedding. Constant caches are spread out at compile time to a cosine and a signed sine for each element of the operand, so that the
 * kernel needs no tables of positions; computed ones are brought to the rows of the operand.
 */
import { intAttr } from "@waferc/ir/graph";
import type { Operand } from "@waferc/ir/dataflow";
import type { Op } from "@waferc/ir/graph";
import { expandView, identityView, transposeView } from "../affine-view.ts";
import { readFloats } from "../constant-data.ts";
import { tensorOperand } from "../lowering-context.ts";
import type { LoweringContext } from "../lowering-context.ts";
import type { LoweringRule } from "../lowering-rule.ts";
import { shapeOf } from "../mesh-value.ts";
import type { ConstantValue, LoweredValue } from "../mesh-value.ts";
import type { OpFacts } from "../op-facts.ts";
import { withHeadsLast } from "./attention.ts";

interface Sizes {
  readonly batch: number;
  readonly length: number;
  readonly heads: number;
  readonly headDim: number;
  readonly rotaryDim: number;
  readonly isInterleaved: boolean;
}

function sizesOf(facts: OpFacts): Sizes {
  const shape = facts.shape(0) ?? [];
  const [batch = 1, second = 1, third = 1, fourth = 1] = shape;
  const isSplit = shape.length === 4;
  const heads = isSplit ? second : intAttr(facts.op, "num_heads", 1);
  const headDim = isSplit ? fourth : third / heads;
  const rotaryDim = intAttr(facts.op, "rotary_embedding_dim", 0) || headDim;
  const isInterleaved = intAttr(facts.op, "interleaved", 0) !== 0;
  return { batch, length: isSplit ? third : second, heads, headDim, rotaryDim, isInterleaved };
}

export const rotary: LoweringRule = {
  objection(facts) {
    if (facts.isConstant(0)) return "rotates a constant";
    if (facts.has(3) && !facts.isConstant(3))
      return "has positions that are no constants: gather the caches by them first";
    const isComputed = !facts.isConstant(1) || !facts.isConstant(2);
    return isComputed && facts.has(3) ? "has positions beside computed cosines or sines" : undefined;
  },
  lower(ctx, facts) {
    const { op } = facts;
    const sizes = sizesOf(facts);
    const { batch, length, heads, headDim, rotaryDim } = sizes;
    const x = withHeadsLast(ctx, ctx.activation(op, 0));
    const isConstant = facts.isConstant(1) && facts.isConstant(2);
    const caches = isConstant
      ? columnTables(ctx, facts, sizes)
      : [1, 2].map((index) => angleTable(ctx, op, index, sizes));
    const operands = [tensorOperand(ctx.materialize(x)), ...caches];
    const partner = sizes.isInterleaved ? "interleaved" : "half";
    const params = { headDim, rotaryDim, partner, table: isConstant ? "columns" : "angles" };
    const id = ctx.builder.emit(
      { template: "rotary.rotate", operands, params },
      { name: ctx.nameOf(op.results[0]), shape: shapeOf(x) },
    );
    ctx.define(op.results[0], resultOf(ctx, id, facts, [batch, length, heads, headDim]));
  },
};

function columnTables(ctx: LoweringContext, { op }: OpFacts, sizes: Sizes): Operand[] {
  const positions = op.operands[3] === undefined ? undefined : ctx.constant(op, 3);
  return [1, 2].map((index) => {
    const constant = spreadTable(ctx.constant(op, index), positions, sizes, index === 2);
    return ctx.weightOperand(constant, identityView(constant.shape));
  });
}

/** A cache as the kernel takes it from the mesh: a row of angles for each row of the operand. */
function angleTable(ctx: LoweringContext, op: Op, index: number, { batch, length, rotaryDim }: Sizes): Operand {
  const shape = [batch, length, rotaryDim / 2];
  const cache = ctx.operand(op, index);
  if (cache.kind === "constant") return ctx.weightOperand(cache, expandView(identityView(cache.shape), shape));
  return tensorOperand(ctx.materialize({ ...cache, view: expandView(cache.view, shape) }));
}

function resultOf(ctx: LoweringContext, id: number, facts: OpFacts, split: readonly number[]): LoweredValue {
  if (facts.resultShape()?.length !== 4) return ctx.whole(id, facts.resultShape());
  return { kind: "mesh", base: id, view: transposeView(identityView(split), [0, 2, 1, 3]) };
}

/** A cache as [batch * length, heads * headDim]: the angle's cosine, or its sine with the sign that the partner takes. */
function spreadTable(
  table: ConstantValue,
  positions: ConstantValue | undefined,
  { batch, length, heads, headDim, rotaryDim, isInterleaved }: Sizes,
  isSine: boolean,
): ConstantValue {
  const half = rotaryDim / 2;
  const make = () => {
    const angles = readFloats(table);
    const ids = positions === undefined ? undefined : readFloats(positions);
    const tableRows = angles.length / half;
    const rowOf = (row: number) => {
      // One position list, or one table, may serve every batch.
      if (ids !== undefined) return ids[row % ids.length] ?? 0;
      return row % tableRows;
    };
    const data = new Float32Array(batch * length * heads * headDim);
    for (let i = 0; i < data.length; i++) {
      const row = Math.floor(i / (heads * headDim));
      const column = i % headDim;
      if (column >= rotaryDim) {
        data[i] = isSine ? 0 : 1;
        continue;
      }
      const angle = isInterleaved ? Math.floor(column / 2) : column % half;
      const isNegative = isSine && (isInterleaved ? column % 2 === 0 : column < half);
      const value = angles[rowOf(row) * half + angle] ?? 0;
      data[i] = isNegative ? -value : value;
    }
    return data;
  };
  const shape = [batch * length, heads * headDim];
  const how = [batch, length, heads, headDim, rotaryDim, isInterleaved, isSine].join(" ");
  const key = `rotary ${table.key} ${positions?.key ?? ""} ${how}`;
  const name = `${table.name}/${isSine ? "sine" : "cosine"}`;
  return { kind: "constant", key, name, shape, read: () => ({ dtype: "f32", shape, data: make() }) };
}
