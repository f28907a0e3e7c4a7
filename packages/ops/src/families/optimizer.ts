// Optimizers of ai.onnx.preview.training: one step for any number of tensors X at once. Operands are the learning rate, the number of steps before this
// one, all X, all gradients, then all tensors of each kind of state; results are all new X, then all new states of each kind.
import { describeTensor, elementAt, elementCount } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import type { AttrTable, AttrValues } from "../attr-spec.ts";
import { finishFloats, floatDType, floatsOf } from "../math/floats.ts";
import { defineOp } from "../op-definition.ts";
import type { AnyOpDefinition } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { typeOf } from "./elementwise.ts";

/** From x, its gradient and its states to their new values, [x, ..states]. */
export type OptimizerStep = (x: number, gradient: number, states: readonly number[]) => readonly number[];

export function defineOptimizer<const A extends AttrTable>(op: {
  readonly kind: string;
  readonly attrs: A;
  /** Kinds of state. */
  readonly states: number;
  readonly step: (rate: number, steps: number, attrs: AttrValues<A>) => OptimizerStep;
}): AnyOpDefinition {
  const kinds = op.states + 2;
  const tensorCount = (operands: number): number => {
    const count = (operands - 2) / kinds;
    require(Number.isInteger(count) && count > 0, () =>
      `needs 2 operands and ${kinds} more a tensor, but has ${operands}`);
    return count;
  };
  return defineOp<A>({
    domain: "ai.onnx.preview.training",
    kind: op.kind,
    versions: [1],
    traits: ["elementwise"],
    attrs: op.attrs,
    operands: [2 + kinds, Infinity],
    results: [1 + op.states, Infinity],
    infer: ({ operands, operand }) => {
      const count = tensorCount(operands.length);
      const optimized = Array.from({ length: count }, (_, i) => operand(2 + i));
      return Array.from({ length: 1 + op.states }, () => optimized.map(typeOf)).flat();
    },
    evaluate: (ctx) => {
      const count = tensorCount(ctx.operands.length);
      const step = op.step(scalarOf(ctx.operand(0)), scalarOf(ctx.operand(1)), ctx.attrs);
      const stepped = Array.from({ length: count }, (_, i) =>
        stepTensor(
          Array.from({ length: kinds }, (_one, kind) => ctx.operand(2 + kind * count + i)),
          step,
        ),
      );
      return Array.from({ length: 1 + op.states }, (_, kind) => stepped.map((tensors) => tensors[kind]!)).flat();
    },
  });
}

function scalarOf(tensor: Tensor): number {
  require(elementCount(tensor.shape) === 1, () => `needs a scalar, but found ${describeTensor(tensor)}`);
  return Number(elementAt(tensor, 0));
}

/** New X and states, from X, its gradient and its states. */
function stepTensor(tensors: readonly Tensor[], step: OptimizerStep): Tensor[] {
  const [x] = tensors as readonly [Tensor];
  const dtype = floatDType(x.dtype);
  const count = elementCount(x.shape);
  for (const tensor of tensors)
    require(elementCount(tensor.shape) === count, () =>
      `needs tensors of one shape, but found ${describeTensor(x)} and ${describeTensor(tensor)}`);
  const [values, gradients, ...states] = tensors.map(floatsOf);
  const results = Array.from({ length: tensors.length - 1 }, () => new Float64Array(count));
  for (let i = 0; i < count; i++) {
    const next = step(
      values![i]!,
      gradients![i]!,
      states.map((state) => state[i]!),
    );
    results.forEach((result, kind) => (result[i] = next[kind]!));
  }
  return results.map((result) => finishFloats(dtype, x.shape, result));
}
