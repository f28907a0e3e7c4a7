// onnxruntime's quantised elementwise ops: operands are dequantised to f32, computed with, and the f32 result is quantised again,
// in the stages that onnxruntime has: its results decide how ties fall. Each operand and the result has a scale and an optional zero point behind it, for the whole tensor.
import type { Tensor } from "@waferc/numerics";
import type { AttrTable, AttrValues } from "../attr-spec.ts";
import { quantizeNumbers, singleNumber } from "../math/quantize.ts";
import type { Reader } from "../math/quantize.ts";
import { numbersOf } from "../math/scalars.ts";
import { broadcastIndex } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import type { AnyOpDefinition, EvaluateContext, OpTrait } from "../op-definition.ts";
import { broadcastTypes } from "../shapes.ts";
import { commonDType, typeOf } from "./elementwise.ts";

/** Dequantised elements of operand `index`, at the elements of the result. */
function realAt({ operand, optional }: EvaluateContext, index: number, shape: readonly number[]): Reader {
  const x = operand(index);
  const [scale, zero] = stepOf(operand(index + 1), optional(index + 2));
  const [from, at] = [numbersOf(x), broadcastIndex(x.shape, shape)];
  return (i) => Math.fround((from[at?.[i] ?? i]! - zero) * scale);
}

function stepOf(scale: Tensor, zeroPoint: Tensor | undefined): readonly [scale: number, zeroPoint: number] {
  return [singleNumber(scale, 1, "scale"), singleNumber(zeroPoint, 0, "zero point")];
}

/** The result of quantising `real` with the scale at operand `index`. */
function quantizeAs({ operand, optional, result }: EvaluateContext, index: number, real: Reader): Tensor {
  const [scale, zero] = stepOf(operand(index), optional(index + 1));
  const { dtype, shape } = result(0);
  return quantizeNumbers(
    (i) => Math.fround(Math.fround(real(i)) / scale),
    shape,
    dtype,
    () => zero,
  );
}

/** y = f(x): operands x, its scale and zero point, y's scale and zero point. */
export function defineQLinearUnary<const A extends AttrTable = Record<never, never>>(op: {
  readonly kind: string;
  readonly attrs?: A;
  readonly fn: (x: number, attrs: AttrValues<A>) => number;
}): AnyOpDefinition {
  return defineOp<A>({
    domain: "com.microsoft",
    kind: op.kind,
    versions: [1],
    ...(op.attrs === undefined ? {} : { attrs: op.attrs }),
    traits: ["elementwise"],
    operands: [4, 5],
    infer: ({ operand }) => [typeOf(operand(0))],
    evaluate: (ctx) => {
      const x = realAt(ctx, 0, ctx.result(0).shape);
      return [quantizeAs(ctx, 3, (i) => op.fn(x(i), ctx.attrs))];
    },
  });
}

/** c = f(a, b) with broadcasting: operands a and b with their scales and zero points, c's scale and zero point. */
export function defineQLinearBinary(op: {
  readonly kind: string;
  readonly traits?: readonly OpTrait[];
  readonly fn: (a: number, b: number) => number;
}): AnyOpDefinition {
  return defineOp({
    domain: "com.microsoft",
    kind: op.kind,
    versions: [1],
    traits: ["elementwise", ...(op.traits ?? [])],
    operands: [7, 8],
    infer: ({ operand }) => {
      const types = [operand(0), operand(3)];
      return [{ dtype: commonDType(types), shape: broadcastTypes(types) }];
    },
    evaluate: (ctx) => {
      const { shape } = ctx.result(0);
      const [a, b] = [realAt(ctx, 0, shape), realAt(ctx, 3, shape)];
      return [quantizeAs(ctx, 6, (i) => op.fn(a(i), b(i)))];
    },
  });
}
