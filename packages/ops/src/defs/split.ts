// Split: pieces along an axis. Lengths were an attribute until opset 12 and are an operand since; without them the
// pieces are equal, the last one smaller where `num_outputs` (opset 18) does not divide.
import type { Dim } from "@waferc/ir/graph";
import { stridesOf } from "@waferc/numerics";
import { int, ints } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { copyView, tensorOfUnits, unitsOf } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { normalAxis, printShape } from "../shapes.ts";

const ATTRS = { axis: int(0), split: ints(), num_outputs: int() };

interface LengthsSource {
  readonly version: number;
  readonly attrs: AttrValues<typeof ATTRS>;
  readonly resultCount: number;
  has(index: number): boolean;
  ints(index: number): readonly number[] | undefined;
}

/** Lengths of the pieces of an axis of length `length`; unknown ones are "?". */
function pieceLengths(ctx: LengthsSource, length: Dim): readonly Dim[] {
  const isGiven = ctx.version < 13 ? ctx.attrs.split !== undefined : ctx.has(1);
  const given = ctx.version < 13 ? ctx.attrs.split : isGiven ? ctx.ints(1) : undefined;
  if (given !== undefined) {
    const sum = given.reduce((a, b) => a + b, 0);
    require(given.every((piece) => piece >= 0), () => `cannot split into pieces of ${printShape(given)}`);
    require(typeof length !== "number" || sum === length, () =>
      `cannot split length ${length} as ${printShape(given)}`);
    require(given.length >= ctx.resultCount, () => `needs a length for each of ${ctx.resultCount} results`);
    return given;
  }
  const count = ctx.attrs.num_outputs ?? ctx.resultCount;
  require(count >= ctx.resultCount, () => `needs num_outputs of ${ctx.resultCount} or more, but found ${count}`);
  if (isGiven || typeof length !== "number") return Array<"?">(ctx.resultCount).fill("?");
  if (ctx.version < 18) require(length % count === 0, () => `cannot split length ${length} into ${count} equal pieces`);
  const piece = Math.ceil(length / count);
  return Array.from({ length: ctx.resultCount }, (_, i) => Math.max(0, Math.min(piece, length - i * piece)));
}

export const splitOp = defineOp({
  kind: "Split",
  versions: [2, 11, 13, 18],
  missing: [1],
  traits: ["movement"],
  attrs: ATTRS,
  operands: [1, 2],
  results: [1, Infinity],
  infer: (ctx) => {
    const { dtype, shape } = ctx.operand(0);
    if (shape === undefined) return Array.from({ length: ctx.resultCount }, () => ({ dtype }));
    const axis = normalAxis(ctx.attrs.axis, shape.length);
    return pieceLengths(ctx, shape[axis] as Dim).map((piece) => ({ dtype, shape: shape.with(axis, piece) }));
  },
  evaluate: (ctx) => {
    const x = ctx.operand(0);
    const axis = normalAxis(ctx.attrs.axis, x.shape.length);
    const strides = stridesOf(x.shape);
    let start = 0;
    return pieceLengths(ctx, x.shape[axis]!).map((piece) => {
      const shape = x.shape.with(axis, piece as number);
      const units = copyView(unitsOf(x), shape, strides, start * strides[axis]!);
      start += piece as number;
      return tensorOfUnits(x.dtype, shape, units);
    });
  },
});
