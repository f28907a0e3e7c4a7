// com.microsoft Range: ONNX's op, whose delta may be left out and is then 1.
import { fullTensor } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { rangeOp } from "../range.ts";
import { defineOp } from "../../op-definition.ts";

const one = ({ dtype }: Tensor): Tensor => fullTensor(dtype, [], 1);

export const microsoftRangeOp = defineOp({
  domain: "com.microsoft",
  kind: "Range",
  versions: [1],
  traits: ["movement"],
  operands: [2, 3],
  attrs: rangeOp.attrs,
  infer: (ctx) => {
    if (ctx.has(2)) return rangeOp.infer(ctx);
    const start = ctx.constant(0);
    return rangeOp.infer({
      ...ctx,
      operand: (index) => ctx.operand(index === 2 ? 0 : index),
      constant: (index) => (index === 2 ? start && one(start) : ctx.constant(index)),
    });
  },
  evaluate: (ctx) => {
    if (ctx.has(2)) return rangeOp.evaluate(ctx);
    return rangeOp.evaluate({ ...ctx, operand: (index) => (index === 2 ? one(ctx.operand(0)) : ctx.operand(index)) });
  },
});
