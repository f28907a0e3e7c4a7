// The sum in front of onnxruntime's skip normalisations: x + skip + bias, where skip broadcasts to x and the bias lies
// along the last axis. In double precision, not yet rounded to the dtype.
import { elementCount } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { floatsOf } from "./floats.ts";
import { broadcastIndex } from "./views.ts";

export function skipSum(x: Tensor, skip: Tensor, bias: Tensor | undefined): Float64Array {
  const [left, right] = [floatsOf(x), floatsOf(skip)];
  const at = broadcastIndex(skip.shape, x.shape);
  const sums = new Float64Array(elementCount(x.shape));
  for (let i = 0; i < sums.length; i++) sums[i] = left[i]! + right[at?.[i] ?? i]!;
  if (bias === undefined) return sums;
  const added = floatsOf(bias);
  for (let i = 0; i < sums.length; i++) sums[i]! += added[i % added.length]!;
  return sums;
}
