/**
 * MatMul. One product of matrices wherever the second operand has no batch; else one a batch, where the kernel maps each batch of the result to
 * one of the second operand, so that broadcasting it moves nothing. The first operand is spread out if it broadcasts.
 */
import type { Operand } from "@waferc/ir/dataflow";
import { expandView, identityView, reshapeView, rowMajorStrides } from "../affine-view.ts";
import type { LoweringContext } from "../lowering-context.ts";
import { tensorOperand } from "../lowering-context.ts";
import { noObjection } from "../lowering-rule.ts";
import type { LoweringRule } from "../lowering-rule.ts";
import { shapeOf } from "../mesh-value.ts";
import type { LoweredValue } from "../mesh-value.ts";

/** A value under another shape of as many elements, as an operand in the default sharding. */
function operandAs(
  ctx: LoweringContext,
  value: LoweredValue,
  shape: readonly number[],
  spread: readonly number[] = shape,
): Operand {
  if (value.kind === "constant") {
    return ctx.weightOperand(value, expandView(identityView(shape), spread));
  }
  const reshaped = ctx.reviewed(value, (view) => reshapeView(view, shape));
  return tensorOperand(ctx.materialize({ ...reshaped, view: expandView(reshaped.view, spread) }));
}

/** [div, modulus, stride] triplets: batch of B = sum of (floor(q / div) mod modulus) * stride for batch q of the result. */
export function batchMapOf(result: readonly number[], b: readonly number[]): number[] {
  const divisors = rowMajorStrides(result);
  const strides = rowMajorStrides(b);
  const shift = result.length - b.length;
  const terms: { div: number; modulus: number; stride: number }[] = [];
  for (const [d, length] of result.entries()) {
    const own = b[d - shift] ?? 1;
    if (own === 1) continue;
    const term = { div: divisors[d] ?? 1, modulus: length, stride: strides[d - shift] ?? 1 };
    const outer = terms.at(-1);
    if (outer?.div === term.div * length && outer.stride === term.stride * length) {
      outer.modulus *= length;
      outer.div = term.div;
      outer.stride = term.stride;
    } else terms.push(term);
  }
  return terms.flatMap(({ div, modulus, stride }) => [div, modulus, stride]);
}

export const matmul: LoweringRule = {
  objection: noObjection,
  lower(ctx, { op }) {
    const [a, b] = [ctx.operand(op, 0), ctx.operand(op, 1)];
    const aShape = shapeOf(a).length === 1 ? [1, ...shapeOf(a)] : shapeOf(a);
    const bShape = shapeOf(b).length === 1 ? [...shapeOf(b), 1] : shapeOf(b);
    const [m = 1, k = 1] = aShape.slice(-2);
    const n = bShape.at(-1) ?? 1;
    const batch = broadcastBatch(aShape.slice(0, -2), bShape.slice(0, -2));
    const shape = [...batch, m, n];
    const isBatched = bShape.slice(0, -2).some((length) => length !== 1);
    const operands = [
      operandAs(ctx, a, aShape, isBatched ? [...batch, m, k] : aShape),
      operandAs(ctx, b, isBatched ? bShape : [k, n]),
    ];
    const params = isBatched ? { rowsPerBatch: m, k, batchMap: batchMapOf(batch, bShape.slice(0, -2)) } : {};
    ctx.emitResult(op, { template: "matmul.gather", operands, params }, shape);
  },
};

function broadcastBatch(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, d) => {
    const [left = 1, right = 1] = [a[d - rank + a.length], b[d - rank + b.length]];
    return left === 1 ? right : left;
  });
}
