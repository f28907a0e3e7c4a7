// ArgMax and ArgMin: index of the extreme element along one axis, the first one unless `select_last_index` says
// otherwise. NaN counts as the extreme, as numpy has it.
import { elementCount, makeTensor } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { flag, int } from "../attr-spec.ts";
import { comparablesOf } from "../math/scalars.ts";
import { defineOp } from "../op-definition.ts";
import type { AnyOpDefinition } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { normalAxis } from "../shapes.ts";
import { reducedShape } from "./reduction.ts";

export function defineArgReduction(op: {
  readonly kind: string;
  /** Does `x` beat the best so far? */
  readonly beats: (x: number, best: number) => boolean;
}): AnyOpDefinition {
  return defineOp({
    kind: op.kind,
    versions: [1, 11, 12, 13],
    traits: ["reduction"],
    attrs: { axis: int(0), keepdims: flag(true), select_last_index: flag(false) },
    operands: [1, 1],
    infer: ({ attrs, shape }) => {
      const dims = shape(0);
      if (dims === undefined) return [{ dtype: "i64" }];
      return [{ dtype: "i64", shape: reducedShape(dims, [normalAxis(attrs.axis, dims.length)], attrs.keepdims) }];
    },
    evaluate: ({ attrs, operand, result }) => {
      const x = operand(0);
      const axis = normalAxis(attrs.axis, x.shape.length);
      return [findExtremes(x, axis, result(0).shape, op.beats, attrs.select_last_index)];
    },
  });
}

function findExtremes(
  x: Tensor,
  axis: number,
  shape: readonly number[],
  beats: (x: number, best: number) => boolean,
  isLastChosen: boolean,
): Tensor {
  const values = comparablesOf(x);
  const length = x.shape[axis]!;
  const inner = elementCount(x.shape.slice(axis + 1));
  const count = elementCount(shape);
  require(length > 0 || count === 0, "needs at least one element along its axis");
  const indices = new BigInt64Array(count);
  for (let row = 0; row < count; row++) {
    const base = Math.floor(row / inner) * length * inner + (row % inner);
    let best = 0;
    for (let i = 1; i < length; i++) {
      const [candidate, champion] = [values[base + i * inner]!, values[base + best * inner]!];
      const isTie = candidate === champion || (Number.isNaN(candidate) && Number.isNaN(champion));
      const isWin = isTie ? isLastChosen : isNaNFirst(candidate, champion, beats);
      if (isWin) best = i;
    }
    indices[row] = BigInt(best);
  }
  return makeTensor("i64", shape, indices);
}

function isNaNFirst(candidate: number, champion: number, beats: (x: number, best: number) => boolean): boolean {
  if (typeof candidate === "number" && Number.isNaN(champion)) return false;
  return (typeof candidate === "number" && Number.isNaN(candidate)) || beats(candidate, champion);
}
