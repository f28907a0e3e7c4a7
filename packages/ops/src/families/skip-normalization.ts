// onnxruntime's skip normalisations: x + skip (+ bias), then layer or RMS normalisation over the last axis, a scale and
// perhaps a shift. Results: the normalised tensor, mean and 1 / deviation by row (f32), and the sum. The sum is
// normalised unrounded; onnxruntime's CPU does the same in f32.
import type { ValueType } from "@waferc/ir/graph";
import { elementCount } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { float } from "../attr-spec.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import { normalizeRows } from "../math/normalize.ts";
import { skipSum } from "../math/skip-sum.ts";
import { defineOp } from "../op-definition.ts";
import type { AnyOpDefinition, InferContext } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { canBroadcastTo, canDimsMatch, printShape } from "../shapes.ts";
import { commonDType } from "./elementwise.ts";

export interface SkipNormalization {
  readonly kind: string;
  /** Is the mean taken off? */
  readonly isCentered: boolean;
  /** Operand that is added after the scale, if the op has one. */
  readonly beta: number | undefined;
  /** Operand that is added to x and skip. */
  readonly bias: number;
}

export function defineSkipNormalization({ kind, isCentered, beta, bias }: SkipNormalization): AnyOpDefinition {
  return defineOp({
    domain: "com.microsoft",
    kind,
    versions: [1],
    traits: ["reduction", "compound"],
    attrs: { epsilon: float(1e-12) },
    operands: [3, bias + 1],
    results: [1, 4],
    infer: (ctx) => inferSkip(ctx, beta === undefined ? [2, bias] : [2, beta, bias]),
    evaluate: ({ attrs, operand, optional, result, resultCount }) => {
      const { dtype: given, shape } = operand(0);
      const dtype = floatDType(given);
      const sums = skipSum(operand(0), operand(1), optional(bias));
      const width = shape.at(-1) ?? 1;
      const { normal, means, inverses } = normalizeRows(sums, width, attrs.epsilon, isCentered);
      const scale = floatsOf(operand(2));
      const shift = beta === undefined ? undefined : optional(beta);
      const shifts = shift === undefined ? undefined : floatsOf(shift);
      const y = newFloats(dtype, normal.length);
      for (let i = 0; i < y.length; i++) {
        const column = i % width;
        y[i] = shifts === undefined ? normal[i]! * scale[column]! : normal[i]! * scale[column]! + shifts[column]!;
      }
      const row = (index: number, values: Float64Array): Tensor | undefined =>
        resultCount > index ? finishFloats("f32", result(index).shape, values) : undefined;
      const sum = resultCount > 3 ? finishFloats(dtype, shape, sums) : undefined;
      return [finishFloats(dtype, shape, y), row(1, means), row(2, inverses), sum];
    },
    // Sum, square, mean, division and scale, and for layer normalisation the mean and its difference.
    flops: ({ operands }) => (isCentered ? 8 : 5) * elementCount(operands[0]?.shape ?? []),
  });
}

function inferSkip({ operand, has, shape }: InferContext, vectors: readonly number[]): readonly ValueType[] {
  const { shape: x } = operand(0);
  const dtype = commonDType([0, 1, ...vectors].filter((index) => has(index)).map((index) => operand(index)));
  if (x === undefined) return [{ dtype }, { dtype: "f32" }, { dtype: "f32" }, { dtype }];
  const width = x.at(-1);
  require(width !== undefined, "needs an operand of rank 1 or more");
  const skip = shape(1);
  const isSkipLegal = skip === undefined || canBroadcastTo(skip, x);
  require(isSkipLegal, () => `cannot add a skip of shape ${printShape(skip ?? [])} to ${printShape(x)}`);
  for (const index of vectors) {
    const vector = has(index) ? shape(index) : undefined;
    const isLegal = vector === undefined || (vector.length === 1 && canDimsMatch(vector[0]!, width));
    require(isLegal, () => `needs operand ${index} of shape [${width}], but found ${printShape(vector ?? [])}`);
  }
  const rows = [...x.slice(0, -1), 1];
  return [
    { dtype, shape: x },
    { dtype: "f32", shape: rows },
    { dtype: "f32", shape: rows },
    { dtype, shape: x },
  ];
}
