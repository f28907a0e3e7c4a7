// Pools over the whole plane: one number for each channel of each batch element, in a plane of one element.
import { elementCount } from "@waferc/numerics";
import type { AttrTable, AttrValues } from "../attr-spec.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import type { Floats } from "../math/floats.ts";
import { defineOp } from "../op-definition.ts";
import type { AnyOpDefinition } from "../op-definition.ts";
import { planeOf } from "./windows.ts";

interface GlobalPool<A extends AttrTable> {
  readonly kind: string;
  readonly versions: readonly [number, ...number[]];
  readonly attrs?: A;
  /** The pool of a plane. */
  readonly pool: (plane: Floats, attrs: AttrValues<A>) => number;
}

export function defineGlobalPool<const A extends AttrTable = Record<never, never>>(op: GlobalPool<A>): AnyOpDefinition {
  const { pool, ...rest } = op;
  return defineOp<A>({
    ...rest,
    traits: ["reduction"],
    operands: [1, 1],
    infer: ({ operand }) => {
      const { dtype, shape } = operand(0);
      return [{ dtype, shape: shape && [...shape.slice(0, 2), ...planeOf(shape).map(() => 1)] }];
    },
    evaluate: ({ attrs, operand, result }) => {
      const x = operand(0);
      const width = elementCount(x.shape.slice(2));
      const [from, to] = [floatsOf(x), newFloats(floatDType(x.dtype), elementCount(x.shape.slice(0, 2)))];
      for (let i = 0; i < to.length; i++) to[i] = pool(from.subarray(i * width, (i + 1) * width), attrs);
      return [finishFloats(floatDType(x.dtype), result(0).shape, to)];
    },
  });
}
