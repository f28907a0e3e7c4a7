// Pad: elements put around the operand (or, for negative pads, taken off): a constant, or the operand's own, reflected,
// repeated at the edge or wrapped around. Pads were an attribute until opset 10; `axes` came with opset 18.
import type { Dim } from "@waferc/ir/graph";
import { elementCount, stridesOf } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { float, ints, word } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { castTensor } from "../math/cast.ts";
import { tensorOf, zeros } from "@waferc/numerics";
import { newUnits, tensorOfUnits, unitsOf } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { normalAxes } from "../shapes.ts";

const ATTRS = { mode: word("constant", "reflect", "edge", "wrap"), pads: ints(), value: float(0) };
type Mode = AttrValues<typeof ATTRS>["mode"];
type AxisPads = readonly [before: number, after: number];

interface PadsSource {
  readonly version: number;
  readonly attrs: AttrValues<typeof ATTRS>;
  has(index: number): boolean;
  ints(index: number): readonly number[] | undefined;
}

/** Pads of every axis; undefined if they are not known yet. */
function padsOf(ctx: PadsSource, rank: number): AxisPads[] | undefined {
  const given = ctx.version < 11 ? ctx.attrs.pads : ctx.ints(1);
  const axesGiven = ctx.has(3) ? ctx.ints(3) : Array.from({ length: rank }, (_, axis) => axis);
  if (given === undefined || axesGiven === undefined) return undefined;
  const axes = normalAxes(axesGiven, rank);
  require(given.length === 2 * axes.length, () => `needs ${2 * axes.length} pads, but found ${given.length}`);
  const pads = Array.from({ length: rank }, (): AxisPads => [0, 0]);
  axes.forEach((axis, i) => (pads[axis] = [given[i]!, given[axes.length + i]!]));
  return pads;
}

/** Where an index of the result comes from, or -1 for the constant. */
function sourceIndex(index: number, length: number, mode: Mode): number {
  if (index >= 0 && index < length) return index;
  switch (mode) {
    case "constant":
      return -1;
    case "edge":
      return index < 0 ? 0 : length - 1;
    case "wrap":
      return ((index % length) + length) % length;
    case "reflect": {
      const period = Math.max(1, 2 * (length - 1));
      const folded = ((index % period) + period) % period;
      return folded < length ? folded : period - folded;
    }
    default:
      return mode satisfies never;
  }
}

function padTensor(x: Tensor, pads: readonly AxisPads[], fill: Tensor, mode: Mode): Tensor {
  const shape = x.shape.map((length, axis) => length + pads[axis]![0] + pads[axis]![1]);
  const [strides, targetStrides] = [stridesOf(x.shape), stridesOf(shape)];
  const sources = shape.map((length, axis) =>
    Array.from({ length }, (_, i) => sourceIndex(i - pads[axis]![0], x.shape[axis]!, mode)),
  );
  const from = unitsOf(x) as Uint32Array; // one width at run time
  const to = newUnits(from, elementCount(shape)) as Uint32Array;
  const constant = (unitsOf(fill) as Uint32Array)[0]!;
  for (let i = 0; i < to.length; i++) {
    let at = 0;
    let isConstant = false;
    for (let axis = 0; axis < shape.length; axis++) {
      const source = sources[axis]![Math.floor(i / targetStrides[axis]!) % shape[axis]!]!;
      if (source < 0) isConstant = true;
      at += source * strides[axis]!;
    }
    to[i] = isConstant ? constant : from[at]!;
  }
  return tensorOfUnits(x.dtype, shape, to);
}

export const padOp = defineOp({
  kind: "Pad",
  versions: [2, 11, 13, 18, 19, 21, 23, 24, 25],
  missing: [1],
  traits: ["movement"],
  attrs: ATTRS,
  operands: [1, 4],
  infer: (ctx) => {
    const { dtype, shape } = ctx.operand(0);
    if (shape === undefined) return [{ dtype }];
    const pads = padsOf(ctx, shape.length);
    if (pads === undefined) return [{ dtype, shape: shape.map(() => "?") }];
    const padded = (dim: Dim, [before, after]: AxisPads): Dim => {
      if (typeof dim === "number") return dim + before + after;
      return before + after === 0 ? dim : "?";
    };
    return [{ dtype, shape: shape.map((dim, axis) => padded(dim, pads[axis]!)) }];
  },
  evaluate: (ctx) => {
    const x = ctx.operand(0);
    const pads = padsOf(ctx, x.shape.length);
    require(pads !== undefined, "needs pads");
    const given = ctx.version >= 11 ? ctx.optional(2) : castTensor(tensorOf("f64", [1], [ctx.attrs.value]), x.dtype);
    return [padTensor(x, pads, given ?? zeros(x.dtype, [1]), ctx.attrs.mode)];
  },
});
