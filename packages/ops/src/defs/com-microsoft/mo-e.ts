// com.microsoft MoE: a mixture of experts with float weights; see families/mixture-of-experts.ts. GELU is the tanh
// approximation, as on onnxruntime's CPU.
import type { Tensor } from "@waferc/numerics";
import { commonDType } from "../../families/elementwise.ts";
import { EXPERT_ATTRS, expertMacs, inferExperts, mixExperts } from "../../families/mixture-of-experts.ts";
import type { ExpertLayer } from "../../math/experts.ts";
import { floatsOf } from "../../math/floats.ts";
import { defineOp } from "../../op-definition.ts";
import { OpError } from "../../op-error.ts";
import { printShape } from "../../shapes.ts";

const [X, ROUTER, UP, UP_BIAS, DOWN, DOWN_BIAS, THIRD, THIRD_BIAS] = [0, 1, 2, 3, 4, 5, 6, 7];

function layerOf(weights: Tensor, bias: Tensor | undefined): ExpertLayer {
  if (weights.shape.length !== 3) throw new OpError(`needs weights of rank 3, but found ${printShape(weights.shape)}`);
  const [, rows, columns] = weights.shape as [number, number, number];
  const [values, buffer] = [floatsOf(weights), new Float64Array(columns)];
  return {
    rows,
    columns,
    row: (expert, row) => {
      const start = (expert * rows + row) * columns;
      buffer.set(values.subarray(start, start + columns));
      return buffer;
    },
    bias: bias === undefined ? undefined : floatsOf(bias),
  };
}

export const moEOp = defineOp({
  domain: "com.microsoft",
  kind: "MoE",
  versions: [1],
  traits: ["contraction", "compound"],
  attrs: EXPERT_ATTRS,
  operands: [5, 8],
  infer: (ctx) => {
    commonDType(ctx.operands.flatMap((type) => (type === undefined ? [] : [type])));
    return inferExperts(ctx);
  },
  evaluate: ({ attrs, operand, optional }) => {
    const third = optional(THIRD);
    const operands = {
      x: operand(X),
      router: operand(ROUTER),
      routerWeights: undefined,
      up: layerOf(operand(UP), optional(UP_BIAS)),
      down: layerOf(operand(DOWN), optional(DOWN_BIAS)),
      third: third && layerOf(third, optional(THIRD_BIAS)),
    };
    return [mixExperts(attrs, operands)];
  },
  macs: ({ attrs, operands }) => {
    const layers = [UP, DOWN, THIRD].flatMap((index) => {
      const [, rows = 0, columns = 0] = operands[index]?.shape ?? [];
      return [{ rows, columns }];
    });
    return expertMacs(attrs, operands[ROUTER]?.shape[0] ?? 0, layers);
  },
});
