// CumSum: running sums along an axis. `exclusive` leaves the element itself out, `reverse` starts at the end.
import { elementCount } from "@waferc/numerics";
import { flag } from "../attr-spec.ts";
import { inferSameType } from "../families/elementwise.ts";
import {
  bigintsOf,
  finishBigints,
  finishNumbers,
  newBigints,
  newNumbers,
  numbersOf,
  scalarClass,
} from "../math/scalars.ts";
import { defineOp } from "../op-definition.ts";
import { normalAxis } from "../shapes.ts";

export const cumSumOp = defineOp({
  kind: "CumSum",
  versions: [11, 14],
  traits: ["reduction"],
  attrs: { exclusive: flag(false), reverse: flag(false) },
  operands: [2, 2],
  infer: inferSameType,
  evaluate: ({ attrs, operand, ints }) => {
    const x = operand(0);
    const axis = normalAxis(ints(1)[0] ?? 0, x.shape.length);
    const lines = { length: x.shape[axis]!, inner: elementCount(x.shape.slice(axis + 1)), ...attrs };
    if (scalarClass(x.dtype) === "bigint") {
      const to = newBigints(x.dtype, x.data.length);
      const [from, sums] = [bigintsOf(x) as unknown as number[], to as unknown as number[]];
      runningSums(from, sums, lines, BigInt(0) as unknown as number);
      return [finishBigints(x.dtype, x.shape, to)];
    }
    const to = newNumbers(x.dtype, x.data.length);
    runningSums(numbersOf(x), to, lines, 0);
    return [finishNumbers(x.dtype, x.shape, to)];
  },
});

interface Lines {
  readonly length: number;
  readonly inner: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

/** Sums of numbers, or of bigints if `zero` is one; float sums stay in double precision and round as they are written. */
function runningSums(from: ArrayLike<number>, to: { [index: number]: number }, lines: Lines, zero: number): void {
  const { length, inner, exclusive, reverse } = lines;
  for (let line = 0; line < from.length / Math.max(length, 1); line++) {
    const base = Math.floor(line / inner) * length * inner + (line % inner);
    let sum = zero;
    for (let i = 0; i < length; i++) {
      const at = base + (reverse ? length - 1 - i : i) * inner;
      const next = sum + from[at]!;
      to[at] = exclusive ? sum : next;
      sum = next;
    }
  }
}
