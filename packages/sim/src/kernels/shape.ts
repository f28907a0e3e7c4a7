// The iteration space of an elementwise instruction: up to four dimensions, joined where all operands allow it, so that the
// innermost loop is as long as it can be. One scratch object; filled by `joinDims`, read by the loops of elementwise.ts.
import type { ResolvedView } from "../image/view.ts";

/** Loops from outermost (0) to innermost (3); unused outer ones have count 1. Operands: 0 dst, 1 a, 2 b, 3 cond. */
export class LoopShape {
  readonly counts = new Int32Array(4);
  /** Stride of operand o in loop d: strides[o * 4 + d]. */
  readonly strides = new Int32Array(16);
}

const order = new Int32Array(4);

/**
 * Fills `shape` from views of equal counts; an operand without a view (a scalar) has stride 0 throughout.
 * Dimensions of count 1 vanish; two neighbours join if for every operand outer stride = inner stride * inner count.
 */
export function joinDims(
  shape: LoopShape,
  dst: ResolvedView,
  a: ResolvedView | undefined,
  b: ResolvedView | undefined,
  cond: ResolvedView | undefined,
): void {
  const { counts, strides } = shape;
  let loop = 3;
  counts.fill(1);
  strides.fill(0);
  let isStarted = false;
  for (let d = dst.rank - 1; d >= 0; d--) {
    const count = dst.counts[d]!;
    if (count === 1) continue;
    order[0] = dst.strides[d]!;
    order[1] = a ? a.strides[d]! : 0;
    order[2] = b ? b.strides[d]! : 0;
    order[3] = cond ? cond.strides[d]! : 0;
    if (isStarted) {
      const inner = counts[loop]!;
      let joins = true;
      for (let o = 0; o < 4; o++) joins &&= order[o] === strides[o * 4 + loop]! * inner;
      if (joins) {
        counts[loop] = inner * count;
        continue;
      }
      loop--;
    }
    isStarted = true;
    counts[loop] = count;
    for (let o = 0; o < 4; o++) strides[o * 4 + loop] = order[o]!;
  }
}
