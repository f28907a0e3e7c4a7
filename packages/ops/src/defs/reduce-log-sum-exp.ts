// ReduceLogSumExp: log(sum(exp(x))) along axes; minus infinity of nothing. Plain in double precision, where only
// elements above 709 would overflow; those are handled by the running maximum.
import { defineReduction } from "../families/reduction.ts";

/** log(exp(a) + exp(b)) without overflow. */
function addInLogs(a: number, b: number): number {
  const high = Math.max(a, b);
  if (Math.abs(high) === Infinity) return high;
  return high + Math.log1p(Math.exp(Math.min(a, b) - high));
}

export const reduceLogSumExpOp = defineReduction({
  kind: "ReduceLogSumExp",
  versions: [1, 11, 13, 18],
  axesOperandSince: 18,
  fn: { start: () => -Infinity, step: addInLogs },
});
