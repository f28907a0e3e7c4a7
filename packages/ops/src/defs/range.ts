// Range: start, start + delta, .. before limit. Each element is start + i * delta, not a running sum.
import { describeTensor, elementAt, elementCount, tensorOf } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { int } from "../attr-spec.ts";
import { commonDType } from "../families/elementwise.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";

/** Number of elements, exact for 64-bit integers. */
function countOf(start: Tensor, limit: Tensor, delta: Tensor): number {
  for (const tensor of [start, limit, delta])
    require(elementCount(tensor.shape) === 1, () => `needs scalars, but found ${describeTensor(tensor)}`);
  const [from, to, step] = [start, limit, delta].map((tensor) => elementAt(tensor, 0));
  require(step !== 0 && step !== 0n, "needs a delta other than 0");
  if (typeof from === "bigint" && typeof to === "bigint" && typeof step === "bigint") {
    const distance = to - from;
    const whole = distance / step;
    return Math.max(0, Number(distance % step === 0n || distance < 0n !== step < 0n ? whole : whole + 1n));
  }
  return Math.max(0, Math.ceil((Number(to) - Number(from)) / Number(step)));
}

export const rangeOp = defineOp({
  kind: "Range",
  versions: [11, 27],
  traits: ["movement"],
  attrs: { stash_type: int(1) },
  operands: [3, 3],
  infer: ({ operand, constant }) => {
    const dtype = commonDType([operand(0), operand(1), operand(2)]);
    const [start, limit, delta] = [constant(0), constant(1), constant(2)];
    if (start === undefined || limit === undefined || delta === undefined) return [{ dtype, shape: ["?"] }];
    return [{ dtype, shape: [countOf(start, limit, delta)] }];
  },
  evaluate: ({ operand, result }) => {
    const { dtype, shape } = result(0);
    const [start, delta] = [elementAt(operand(0), 0), elementAt(operand(2), 0)];
    const values = Array.from({ length: shape[0] ?? 0 }, (_, i) =>
      typeof start === "bigint" ? start + BigInt(i) * (delta as bigint) : Number(start) + i * Number(delta),
    );
    return [tensorOf(dtype, shape, values)];
  },
});
