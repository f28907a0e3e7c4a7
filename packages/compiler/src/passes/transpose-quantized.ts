// Transposes the quantised constant instead of its DequantizeLinear, so that what a product reads is the DequantizeLinear itself.
import { attr, attrsOf, intAttr, intsAttr, type Op, type ValueId } from "@waferc/ir/graph";
import type { NoOptions, Pass } from "../pass.ts";
import { Rewriter } from "./rewriter.ts";

export const transposeQuantized: Pass<"graph", "graph", NoOptions> = {
  name: "transpose-quantized",
  from: "graph",
  to: "graph",
  summary: "Move transposes of dequantised constants to the constants",
  requires: ["shapes-known"],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const rewriter = new Rewriter(input, this.name);
    for (const op of rewriter.graph.ops) if (moveTranspose(rewriter, op)) stats.add("moved", 1);
    return rewriter.finish();
  },
};

function moveTranspose(rewriter: Rewriter, op: Op): boolean {
  const [from] = op.operands;
  const [result] = op.results;
  const source = rewriter.graph.producer(from);
  const [data, scale, zeroPoint] = source?.operands ?? [];
  const shape = rewriter.shapeOf(data);
  if (op.domain !== "" || op.kind !== "Transpose" || source?.domain !== "" || source.kind !== "DequantizeLinear")
    return false;
  if (result === undefined || data === undefined || scale === undefined || shape === undefined) return false;
  if (!rewriter.graph.constants.has(data)) return false;
  const perm = intsAttr(op, "perm") ?? shape.map((_, axis) => shape.length - 1 - axis);
  const turned = (id: ValueId): ValueId =>
    rewriter.emit("Transpose", [id], { attrs: attrsOf({ perm: attr.ints(perm) }), covers: [op] });
  // Scales in blocks have the axes of the data, others one axis or none.
  const turnedSteps = (id: ValueId | undefined): ValueId | undefined =>
    id !== undefined && rewriter.shapeOf(id)?.length === shape.length && shape.length > 1 ? turned(id) : id;
  const axis = intAttr(source, "axis", 1);
  const attrs = new Map(source.attrs).set("axis", attr.int(perm.indexOf(axis < 0 ? axis + shape.length : axis)));
  const operands = [turned(data), turnedSteps(scale), turnedSteps(zeroPoint)];
  return rewriter.replace(result, rewriter.emit("DequantizeLinear", operands, { attrs, covers: [source, op] }));
}
