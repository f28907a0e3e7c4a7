// Products of onnxruntime's optimiser: FusedMatMul and TransposeMatMul (transposed operands, a factor), FusedGemm (an activation
// behind Gemm), and BiasAdd.
import { attr, type Attr, type ValueId } from "@waferc/ir/graph";
import type { Expanded, Expander, Expansion } from "./expander.ts";

export function expandFusedMatMul(op: Expander): Expanded {
  const a = arranged(op, op.operand(0), op.flag("transA"), op.flag("transBatchA"));
  const b = arranged(op, op.operand(1), op.flag("transB"), op.flag("transBatchB"));
  return [op.times(op.emit("MatMul", [a, b]), op.float("alpha", 1))];
}

/** The last two axes swapped; with `isRotated` the first axis moved before the last one, before that. */
function arranged(op: Expander, x: ValueId, isSwapped: boolean, isRotated: boolean): ValueId {
  const rank = op.shape(x).length;
  if (rank < 2) return x;
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const rotated = isRotated ? [...axes.slice(1, -1), 0, rank - 1] : axes;
  const [row = 0, column = 0] = rotated.slice(-2);
  return op.transpose(x, isSwapped ? [...rotated.slice(0, -2), column, row] : rotated);
}

export function expandFusedGemm(op: Expander): Expanded {
  const gemm = op.emit("Gemm", [op.operand(0), op.operand(1), op.optional(2)], {
    alpha: attr.float(op.float("alpha", 1)),
    beta: attr.float(op.float("beta", 1)),
    transA: attr.int(op.int("transA", 0)),
    transB: attr.int(op.int("transB", 0)),
  });
  const activation = op.string("activation", "");
  if (activation === "") return [gemm];
  const known: Readonly<Record<string, Record<string, Attr>>> = {
    Relu: {},
    Tanh: {},
    Sigmoid: {},
    LeakyRelu: { alpha: attr.float(op.float("activation_alpha", 0.01)) },
  };
  const attrs = known[activation];
  op.require(attrs !== undefined, `activation "${activation}"`);
  return [op.emit(activation, [gemm], attrs)];
}

export const expandBiasAdd: Expansion = (op) => [
  op.emit("Add", [op.emit("Add", [op.operand(0), op.operand(1)]), op.operand(2)]),
];
