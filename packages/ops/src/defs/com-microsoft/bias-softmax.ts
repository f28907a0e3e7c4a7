// com.microsoft BiasSoftmax: softmax(data + bias), over all axes from `axis` on. The bias broadcasts to the data as numpy does it; `is_inner_broadcast`
// says which axes that are, and the shapes say it already. The sum is not rounded before the softmax.
import { elementCount } from "@waferc/numerics";
import { int, requiredInt } from "../../attr-spec.ts";
import { inferSameType } from "../../families/elementwise.ts";
import { softmaxRows } from "../../families/softmax.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../../math/floats.ts";
import { expandTensor } from "../../math/views.ts";
import { defineOp } from "../../op-definition.ts";
import { require } from "../../op-error.ts";
import { canBroadcastTo, normalAxis, printShape } from "../../shapes.ts";

export const biasSoftmaxOp = defineOp({
  domain: "com.microsoft",
  kind: "BiasSoftmax",
  versions: [1],
  traits: ["reduction"],
  attrs: { axis: int(1), is_inner_broadcast: requiredInt },
  operands: [2, 2],
  infer: (ctx) => {
    const [data, bias] = [ctx.shape(0), ctx.shape(1)];
    if (data !== undefined) normalAxis(ctx.attrs.axis, data.length);
    if (data !== undefined && bias !== undefined) {
      require(canBroadcastTo(bias, data), () =>
        `needs a bias that broadcasts to its data, but found ${printShape(bias)} for ${printShape(data)}`);
    }
    return inferSameType(ctx);
  },
  evaluate: ({ attrs, operand }) => {
    const data = operand(0);
    const dtype = floatDType(data.dtype);
    const [x, bias] = [floatsOf(data), floatsOf(expandTensor(operand(1), data.shape))];
    const sums = Float64Array.from(x, (value, i) => value + bias[i]!);
    const y = newFloats(dtype, x.length);
    const length = elementCount(data.shape.slice(normalAxis(attrs.axis, data.shape.length)));
    softmaxRows(sums, y, { length, stride: 1 }, (score, max, sum) => Math.exp(score - max) / sum);
    return [finishFloats(dtype, data.shape, y)];
  },
});
