// Softmax and LogSoftmax: a row's maximum is taken off first; all in double precision, rounded once.
import { elementCount } from "@waferc/numerics";
import { int } from "../attr-spec.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import type { Floats } from "../math/floats.ts";
import { defineOp } from "../op-definition.ts";
import type { AnyOpDefinition } from "../op-definition.ts";
import { normalAxis } from "../shapes.ts";
import { inferSameType } from "./elementwise.ts";

/** A result element from x, its row's maximum, and the sum of exp(x - maximum). */
type Finish = (x: number, max: number, sum: number) => number;

/** Elements of a row lie `stride` apart. */
interface Rows {
  readonly length: number;
  readonly stride: number;
}

export function defineSoftmax(op: { readonly kind: string; readonly finish: Finish }): AnyOpDefinition {
  return defineOp({
    kind: op.kind,
    versions: [1, 11, 13],
    traits: ["reduction"],
    attrs: { axis: int() },
    operands: [1, 1],
    infer: (ctx) => {
      const rank = ctx.shape(0)?.length;
      if (rank !== undefined && rank > 0) normalAxis(ctx.attrs.axis ?? -1, rank);
      return inferSameType(ctx);
    },
    evaluate: ({ attrs, version, operand }) => {
      const x = operand(0);
      const dtype = floatDType(x.dtype);
      const [from, to] = [floatsOf(x), newFloats(dtype, elementCount(x.shape))];
      softmaxRows(from, to, rowsOf(x.shape, attrs.axis, version), op.finish);
      return [finishFloats(dtype, x.shape, to)];
    },
    // A subtraction, an exponential, an addition and a division for each element, and the search of the maximum.
    flops: ({ operands }) => 5 * elementCount(operands[0]?.shape ?? []),
  });
}

/** The rows that a softmax of a version runs along. */
export function rowsOf(shape: readonly number[], given: number | undefined, version: number): Rows {
  if (version < 13) {
    const axis = given === shape.length ? given : normalAxis(given ?? 1, shape.length);
    return { length: elementCount(shape.slice(axis)), stride: 1 };
  }
  const axis = normalAxis(given ?? -1, Math.max(shape.length, 1));
  return { length: shape[axis] ?? 1, stride: elementCount(shape.slice(axis + 1)) };
}

/** Rows of `from` to rows of `to`, element by element as `finish` says. */
export function softmaxRows(from: Floats, to: Floats, { length, stride }: Rows, finish: Finish): void {
  for (let row = 0; row < from.length / length; row++) {
    const base = Math.floor(row / stride) * length * stride + (row % stride);
    let max = -Infinity;
    for (let i = 0; i < length; i++) max = Math.max(max, from[base + i * stride]!);
    let sum = 0;
    for (let i = 0; i < length; i++) sum += Math.exp(from[base + i * stride]! - max);
    for (let i = 0; i < length; i++) to[base + i * stride] = finish(from[base + i * stride]!, max, sum);
  }
}
