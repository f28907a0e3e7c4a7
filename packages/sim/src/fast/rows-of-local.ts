// The innermost loop of an elementwise instruction as a function of where its operands begin. Loop length and strides come from
// a shape that its owner fills; scalar operands are arrays of one element, which their owner sets.
import { castRow, compareRow, copyRow, FLOAT_BINARY, floatUnary, INTEGER_BINARY } from "../kernels/elementwise.ts";
import { integerUnary, type Memory, selectRow } from "../kernels/elementwise.ts";
import { type ElementwiseStep, executeHalfRow, hasHalves } from "../kernels/half-rows.ts";
import type { LoopShape } from "../kernels/shape.ts";

/** One row, from these words of dst, a, b and cond on. */
export type RowFunction = (d: number, a: number, b: number, cond: number) => void;

/** Element 0 is source a (or the value of `fill`), element 1 source b, where they are not views. */
export interface Scalars {
  readonly words: Int32Array;
  readonly floats: Float32Array;
  /** The same values where the operands have a 16-bit type. */
  readonly halves: Uint16Array;
}

/** Index of the innermost loop in `LoopShape.counts`, and of its strides of dst, a, b and cond. */
const INNER = 3;
const [DST, A, B, COND] = [3, 7, 11, 15] as const;

export function rowFunction(
  step: ElementwiseStep,
  shape: LoopShape,
  memory: Memory,
  scalars: Scalars,
  isView: { readonly a: boolean; readonly b: boolean },
): RowFunction {
  if (hasHalves(step)) {
    return (d, a, b, cond) => executeHalfRow(step, memory, shape, scalars.halves, isView.a, isView.b, d, a, b, cond);
  }
  const { counts, strides } = shape;
  const { words } = memory;
  const [floatsA, floatsB] = [isView.a ? memory.floats : scalars.floats, isView.b ? memory.floats : scalars.floats];
  const [wordsA, wordsB] = [isView.a ? words : scalars.words, isView.b ? words : scalars.words];
  switch (step.op) {
    case "fill":
      return (d) => {
        const [n, stride, value] = [counts[INNER]!, strides[DST]!, scalars.words[0]!];
        if (stride === 1) words.fill(value, d, d + n);
        else for (let i = 0; i < n; i++) words[d + i * stride] = value;
      };
    case "copy":
      return (d, a) => copyRow(words, counts[INNER]!, d, strides[DST]!, a, strides[A]!);
    case "cast": {
      if (step.dst.type === step.src.type) {
        return (d, a) => copyRow(words, counts[INNER]!, d, strides[DST]!, a, strides[A]!);
      }
      const toInteger = step.dst.type === "i32";
      return (d, a) => castRow(toInteger, memory, counts[INNER]!, d, strides[DST]!, a, strides[A]!);
    }
    case "unary": {
      const { fn } = step;
      if (step.dst.type === "f32") {
        return (d, a) => floatUnary(fn, memory, counts[INNER]!, d, strides[DST]!, floatsA, a, strides[A]!);
      }
      return (d, a) => integerUnary(fn, words, counts[INNER]!, d, strides[DST]!, wordsA, a, strides[A]!);
    }
    case "binary": {
      if (step.dst.type === "f32") {
        const row = FLOAT_BINARY[step.fn];
        return (d, a, b) =>
          row(memory, counts[INNER]!, d, strides[DST]!, floatsA, a, strides[A]!, floatsB, b, strides[B]!);
      }
      const row = INTEGER_BINARY[step.fn];
      return (d, a, b) => row(words, counts[INNER]!, d, strides[DST]!, wordsA, a, strides[A]!, wordsB, b, strides[B]!);
    }
    case "compare": {
      const { fn } = step;
      if (step.type === "f32") {
        return (d, a, b) =>
          compareRow(fn, words, counts[INNER]!, d, strides[DST]!, floatsA, a, strides[A]!, floatsB, b, strides[B]!);
      }
      return (d, a, b) =>
        compareRow(fn, words, counts[INNER]!, d, strides[DST]!, wordsA, a, strides[A]!, wordsB, b, strides[B]!);
    }
    case "select":
      return (d, a, b, cond) => {
        const n = counts[INNER]!;
        selectRow(words, n, d, strides[DST]!, cond, strides[COND]!, wordsA, a, strides[A]!, wordsB, b, strides[B]!);
      };
    default:
      return step satisfies never;
  }
}
