// Running folds along an axis, given as an operand: CumSum and CumProd. `exclusive` leaves the element itself out, `reverse`
// starts at the end. Floats stay in double precision along a line and round as they are written.
import { elementCount } from "@waferc/numerics";
import { flag } from "../attr-spec.ts";
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
import type { AnyOpDefinition } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { canDimsMatch, normalAxis, printShape } from "../shapes.ts";
import { inferSameType } from "./elementwise.ts";

/** A fold in both arithmetics, and what it starts from. */
interface Fold {
  readonly number: { readonly start: number; readonly step: (folded: number, x: number) => number };
  readonly bigint: { readonly start: bigint; readonly step: (folded: bigint, x: bigint) => bigint };
}

interface Lines {
  readonly length: number;
  readonly inner: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

export function defineRunning(op: {
  readonly kind: string;
  readonly versions: readonly [number, ...number[]];
  readonly fold: Fold;
}): AnyOpDefinition {
  return defineOp({
    kind: op.kind,
    versions: op.versions,
    traits: ["reduction"],
    attrs: { exclusive: flag(false), reverse: flag(false) },
    operands: [2, 2],
    infer: (ctx) => {
      const axes = ctx.shape(1);
      const isOne = axes === undefined || axes.every((length) => canDimsMatch(length, 1));
      require(isOne, () => `needs one axis, but found ${printShape(axes ?? [])} of them`);
      return inferSameType(ctx);
    },
    evaluate: ({ attrs, operand, ints }) => {
      const x = operand(0);
      const axis = normalAxis(ints(1)[0] ?? 0, x.shape.length);
      const lines = { length: x.shape[axis]!, inner: elementCount(x.shape.slice(axis + 1)), ...attrs };
      if (scalarClass(x.dtype) === "bigint") {
        const to = newBigints(x.dtype, x.data.length);
        foldLines(bigintsOf(x), to, lines, op.fold.bigint);
        return [finishBigints(x.dtype, x.shape, to)];
      }
      const to = newNumbers(x.dtype, x.data.length);
      foldLines(numbersOf(x), to, lines, op.fold.number);
      return [finishNumbers(x.dtype, x.shape, to)];
    },
  });
}

function foldLines<T>(
  from: ArrayLike<T>,
  to: { [index: number]: T },
  { length, inner, exclusive, reverse }: Lines,
  { start, step }: { readonly start: T; readonly step: (folded: T, x: T) => T },
): void {
  for (let line = 0; line < from.length / Math.max(length, 1); line++) {
    const base = Math.floor(line / inner) * length * inner + (line % inner);
    let folded = start;
    for (let i = 0; i < length; i++) {
      const at = base + (reverse ? length - 1 - i : i) * inner;
      const next = step(folded, from[at]!);
      to[at] = exclusive ? folded : next;
      folded = next;
    }
  }
}
