// Gemm as MatMul and Add, so that recognition and lowering see one form of matrix product. transB of a weight and alpha are
// folded into the weight; beta into the bias. Folding a factor other than 1 rounds once where Gemm rounds once, elsewhere.
import { attr, attrsOf, floatAttr, intAttr, type Op, type ValueId } from "@waferc/ir/graph";
import { fullTensor } from "@waferc/numerics";
import type { NoOptions, Pass } from "../pass.ts";
import { Rewriter } from "./rewriter.ts";

export const expandGemm: Pass<"graph", "graph", NoOptions> = {
  name: "expand-gemm",
  from: "graph",
  to: "graph",
  summary: "Write Gemm as MatMul and Add",
  requires: ["shapes-known"],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const rewriter = new Rewriter(input, this.name);
    for (const op of rewriter.graph.ops) {
      if (op.domain === "" && op.kind === "Gemm" && expand(rewriter, op)) stats.add("expanded", 1);
    }
    return rewriter.finish();
  },
};

function expand(rewriter: Rewriter, op: Op): boolean {
  const [a, b, c] = op.operands;
  const [result] = op.results;
  if (a === undefined || b === undefined || result === undefined) return false;
  const left = transposed(rewriter, op, a, intAttr(op, "transA", 0) !== 0);
  const right = scaled(
    rewriter,
    op,
    transposed(rewriter, op, b, intAttr(op, "transB", 0) !== 0),
    floatAttr(op, "alpha", 1),
  );
  const product = rewriter.emit("MatMul", [left, right], { covers: [op] });
  if (c === undefined) return rewriter.replace(result, product);
  const bias = scaled(rewriter, op, c, floatAttr(op, "beta", 1));
  return rewriter.replace(result, rewriter.emit("Add", [product, bias], { covers: [op] }));
}

function transposed(rewriter: Rewriter, op: Op, value: ValueId, isTransposed: boolean): ValueId {
  if (!isTransposed) return value;
  return rewriter.emit("Transpose", [value], { attrs: attrsOf({ perm: attr.ints([1, 0]) }), covers: [op] });
}

function scaled(rewriter: Rewriter, op: Op, value: ValueId, factor: number): ValueId {
  const dtype = rewriter.dtypeOf(value);
  if (factor === 1 || dtype === undefined) return value;
  const scalar = rewriter.constant("factor", fullTensor(dtype, [], factor));
  return rewriter.emit("Mul", [value, scalar], { covers: [op] });
}
