// Einsum of two operands that is a product of matrices: labels of both operands and the result are batch axes, those of both alone are
// summed, the others are rows or columns. Einsum of one operand that only permutes axes is a Transpose. Repeated labels in one
// operand, sums over an axis of one operand, and ellipses stay.
import type { ValueId } from "@waferc/ir/graph";
import type { Expanded, Expander } from "./expander.ts";

type Labels = readonly string[];

export function expandEinsum(op: Expander): Expanded {
  const equation = op.string("equation", "").replaceAll(" ", "");
  op.require(!equation.includes("."), "an ellipsis");
  const [left = "", right] = equation.split("->");
  const inputs = left.split(",").map((term) => [...term]);
  const all = inputs.flat();
  op.require(
    inputs.every((term) => new Set(term).size === term.length),
    "a label twice in one operand",
  );
  const result =
    right === undefined ? all.filter((label) => all.indexOf(label) === all.lastIndexOf(label)).sort() : [...right];
  op.require(new Set(result).size === result.length, "a label twice in the result");
  const [a, b] = inputs;
  if (a !== undefined && inputs.length === 1) {
    op.require(a.length === result.length, "a sum over one operand");
    return [arrange(op, op.operand(0), a, result)];
  }
  op.require(a !== undefined && b !== undefined && inputs.length === 2, `${inputs.length} operands`);
  return [product(op, a, b, result)];
}

function arrange(op: Expander, id: ValueId, from: Labels, to: Labels): ValueId {
  return op.transpose(
    id,
    to.map((label) => from.indexOf(label)),
  );
}

function product(op: Expander, a: Labels, b: Labels, result: Labels): ValueId {
  const shared = a.filter((label) => b.includes(label));
  const batch = shared.filter((label) => result.includes(label));
  const inner = shared.filter((label) => !result.includes(label));
  const [rows, columns] = [a.filter((label) => !b.includes(label)), b.filter((label) => !a.includes(label))];
  op.require(
    [...rows, ...columns].every((label) => result.includes(label)),
    "a sum over one operand",
  );
  const lengths = new Map<string, number>();
  const [aShape, bShape] = [op.shape(op.operand(0)), op.shape(op.operand(1))];
  a.forEach((label, axis) => lengths.set(label, aShape[axis] ?? 1));
  b.forEach((label, axis) => lengths.set(label, Math.max(lengths.get(label) ?? 1, bShape[axis] ?? 1)));
  const areWhole = shared.every((label) => aShape[a.indexOf(label)] === bShape[b.indexOf(label)]);
  op.require(areWhole, "an axis of length 1 that broadcasts");
  const lengthOf = (labels: Labels): number => labels.reduce((count, label) => count * (lengths.get(label) ?? 1), 1);
  const lead = batch.map((label) => lengths.get(label) ?? 1);
  const x = op.reshape(arrange(op, op.operand(0), a, [...batch, ...rows, ...inner]), [
    ...lead,
    lengthOf(rows),
    lengthOf(inner),
  ]);
  const y = op.reshape(arrange(op, op.operand(1), b, [...batch, ...inner, ...columns]), [
    ...lead,
    lengthOf(inner),
    lengthOf(columns),
  ]);
  const made = [...batch, ...rows, ...columns];
  const whole = op.reshape(
    op.emit("MatMul", [x, y]),
    made.map((label) => lengths.get(label) ?? 1),
  );
  return arrange(op, whole, made, result);
}
