// Einsum: products of elements whose labels agree, summed over labels that the result lacks; the plain loop over all
// labels, in double precision.
import type { Shape } from "@waferc/ir/graph";
import { elementCount, stridesOf } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { requiredString } from "../attr-spec.ts";
import { commonDType } from "../families/elementwise.ts";
import { parseEquation } from "../math/einsum.ts";
import type { Contraction } from "../math/einsum.ts";
import { finishFloats, floatDType, floatsOf, isComputable } from "../math/floats.ts";
import { finishNumbers, newNumbers, numbersOf } from "../math/scalars.ts";
import { defineOp } from "../op-definition.ts";

export const einsumOp = defineOp({
  kind: "Einsum",
  versions: [12],
  traits: ["contraction"],
  attrs: { equation: requiredString },
  operands: [1, Infinity],
  infer: ({ attrs, operands, operand }) => {
    const types = operands.map((_, i) => operand(i));
    const dtype = commonDType(types);
    const shapes = types.map(({ shape }) => shape).filter((shape): shape is Shape => shape !== undefined);
    if (shapes.length < types.length) return [{ dtype }];
    const { result, lengths } = parseEquation(attrs.equation, shapes);
    return [{ dtype, shape: result.map((label) => lengths.get(label) ?? "?") }];
  },
  evaluate: ({ attrs, operands, operand, result }) => {
    const tensors = operands.map((_, i) => operand(i));
    const { dtype, shape } = result(0);
    const contraction = parseEquation(
      attrs.equation,
      tensors.map((tensor) => tensor.shape),
    );
    const sums = contract(contraction, tensors, elementCount(shape));
    if (isComputable(dtype)) return [finishFloats(floatDType(dtype), shape, sums)];
    const to = newNumbers(dtype, sums.length);
    for (let i = 0; i < sums.length; i++) to[i] = sums[i]!;
    return [finishNumbers(dtype, shape, to)];
  },
  macs: ({ attrs, operands }) => {
    const shapes = operands.map((type) => type?.shape ?? []);
    return elementCount([...parseEquation(attrs.equation, shapes).lengths.values()].map(Number));
  },
});

function contract(
  { operands, result, labels, lengths }: Contraction,
  tensors: readonly Tensor[],
  count: number,
): Float64Array {
  const dims = labels.map((label) => Number(lengths.get(label)));
  const values = tensors.map((tensor) => (isComputable(tensor.dtype) ? floatsOf(tensor) : numbersOf(tensor)));
  const steps = operands.map((own, i) => stepsOf(labels, own, tensors[i]!.shape));
  const perResult = elementCount(dims.slice(result.length));
  const sums = new Float64Array(count);
  const index = new Array<number>(labels.length).fill(0);
  const at = new Array<number>(tensors.length).fill(0);
  for (let i = 0; i < count * perResult; i++) {
    let product = 1;
    for (let t = 0; t < values.length; t++) product *= values[t]![at[t]!]!;
    sums[Math.floor(i / perResult)]! += product;
    advance(index, dims, at, steps);
  }
  return sums;
}

/** How far an operand's offset moves with each label: 0 for those it lacks or broadcasts. */
function stepsOf(labels: readonly string[], own: readonly string[], shape: readonly number[]): number[] {
  const strides = stridesOf(shape);
  return labels.map((label) =>
    own.reduce((sum, other, axis) => (other === label && shape[axis] !== 1 ? sum + strides[axis]! : sum), 0),
  );
}

/** The next index, last label fastest, with the operands' offsets kept in step. */
function advance(index: number[], dims: readonly number[], at: number[], steps: readonly (readonly number[])[]): void {
  for (let label = index.length - 1; label >= 0; label--) {
    index[label]!++;
    for (let t = 0; t < at.length; t++) at[t]! += steps[t]![label]!;
    if (index[label]! < dims[label]!) return;
    for (let t = 0; t < at.length; t++) at[t]! -= steps[t]![label]! * dims[label]!;
    index[label] = 0;
  }
}
