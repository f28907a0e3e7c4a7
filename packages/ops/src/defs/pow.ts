// Pow: base to the power of an exponent that may have another type; the result has the base's. Powers of integers
// wrap; a float exponent of an integer base computes in double precision and truncates.
import type { Tensor } from "@waferc/numerics";
import { elementCount, isFloat, tensorOf, toValues } from "@waferc/numerics";
import { alignOperand, alignType, LEGACY_ATTRS } from "../families/legacy-broadcast.ts";
import { floatsOf } from "../math/floats.ts";
import { finishNumbers, newNumbers, numbersOf, scalarClass } from "../math/scalars.ts";
import { power } from "../math/special.ts";
import { broadcastIndex } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import type { StaticType } from "../op-definition.ts";
import { broadcastTypes } from "../shapes.ts";

export const powOp = defineOp({
  kind: "Pow",
  versions: [1, 7, 12, 13, 15],
  traits: ["elementwise"],
  attrs: LEGACY_ATTRS,
  operands: [2, 2],
  infer: (ctx) => {
    const [base, exponent] = [ctx.operand(0), alignType(ctx.operand(0), ctx.operand(1), ctx)];
    return [{ dtype: base.dtype, shape: broadcastTypes([base, exponent]) }];
  },
  evaluate: (ctx) => {
    const { result } = ctx;
    const [base, exponent] = [ctx.operand(0), alignOperand(ctx.operand(0), ctx.operand(1), ctx)];
    return [isFloat(base.dtype) ? powFloats(base, exponent, result(0)) : powIntegers(base, exponent, result(0))];
  },
});

function powFloats(base: Tensor, exponent: Tensor, { dtype, shape }: StaticType): Tensor {
  const to = newNumbers(dtype, elementCount(shape));
  const [a, b] = [floatsOf(base), plainNumbers(exponent)];
  const [aAt, bAt] = [broadcastIndex(base.shape, shape), broadcastIndex(exponent.shape, shape)];
  for (let i = 0; i < to.length; i++) to[i] = power(a[aAt?.[i] ?? i]!, b[bAt?.[i] ?? i]!);
  return finishNumbers(dtype, shape, to);
}

/** Elements as numbers; exponents beyond 2^53 lose digits, which changes no float power. */
function plainNumbers(tensor: Tensor): ArrayLike<number> {
  return scalarClass(tensor.dtype) === "bigint" ? toValues(tensor).map(Number) : numbersOf(tensor);
}

function powIntegers(base: Tensor, exponent: Tensor, { dtype, shape }: StaticType): Tensor {
  const [a, b] = [toValues(base), toValues(exponent)];
  const [aAt, bAt] = [broadcastIndex(base.shape, shape), broadcastIndex(exponent.shape, shape)];
  const powers = Array.from({ length: elementCount(shape) }, (_, i) => {
    const [x, y] = [a[aAt?.[i] ?? i]!, b[bAt?.[i] ?? i]!];
    const isWhole = !isFloat(exponent.dtype) && BigInt(y) >= 0n;
    return isWhole ? BigInt(x) ** BigInt(y) : wholeOf(power(Number(x), Number(y)));
  });
  return tensorOf(
    dtype,
    shape,
    scalarClass(dtype) === "bigint" ? powers : powers.map((x) => Number(BigInt.asIntN(32, x))),
  );
}

function wholeOf(x: number): bigint {
  return Number.isFinite(x) ? BigInt(Math.trunc(x)) : 0n;
}
