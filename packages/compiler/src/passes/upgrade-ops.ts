// Brings ops to the newest version whose meaning they already have, so that the same model exported at different opsets gives
// the same graph. Kinds are listed with the oldest version that means the same as the newest one the op table knows; what
// changed in between are only types that were added. Softmax before 13 normalised all axes from its own on; it is upgraded where
// that is the last axis only.
// Source: the change log of each operator at https://github.com/onnx/onnx/blob/main/docs/Changelog.md.
import { GraphBuilder, attr, type Op } from "@waferc/ir/graph";
import { opTable } from "@waferc/ops";
import type { NoOptions, Pass } from "../pass.ts";
import { isLastAxisSoftmax } from "./axes.ts";

const SAME_SINCE: ReadonlyMap<string, number> = new Map([
  ["Add", 7],
  ["And", 7],
  ["Cast", 9],
  ["Concat", 4],
  ["Cos", 7],
  ["Div", 7],
  ["Equal", 7],
  ["Erf", 9],
  ["Exp", 6],
  ["Expand", 8],
  ["Gather", 1],
  ["Greater", 7],
  ["LayerNormalization", 1],
  ["Less", 7],
  ["MatMul", 1],
  ["Mul", 7],
  ["Neg", 6],
  ["Not", 1],
  ["Or", 7],
  ["Pow", 7],
  ["Reciprocal", 6],
  ["Relu", 6],
  ["Reshape", 5],
  ["Sigmoid", 6],
  ["Sin", 7],
  ["Slice", 10],
  ["Sqrt", 6],
  ["Sub", 7],
  ["Tanh", 6],
  ["Transpose", 1],
  ["Where", 9],
]);

export const upgradeOps: Pass<"graph", "graph", NoOptions> = {
  name: "upgrade-ops",
  from: "graph",
  to: "graph",
  summary: "Bring ops to the newest version that means the same",
  requires: ["shapes-known"],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const graph = GraphBuilder.from(input);
    for (const op of graph.ops) if (upgrade(graph, op)) stats.add("upgraded", 1);
    importNewest(graph);
    return graph.freeze();
  },
};

function upgrade(graph: GraphBuilder, op: Op): boolean {
  if (op.domain !== "") return false;
  const newest = opTable.get(op.kind)?.versions.at(-1) ?? op.version;
  if (op.version < 13 && isLastAxisSoftmax(graph, op)) {
    replaceOp(graph, op, 13, new Map(op.attrs).set("axis", attr.int(-1)));
    return true;
  }
  const oldest = SAME_SINCE.get(op.kind);
  if (oldest === undefined || op.version < oldest || op.version >= newest) return false;
  replaceOp(graph, op, newest, op.attrs);
  return true;
}

/** The same op in another version; its results keep their values. */
function replaceOp(graph: GraphBuilder, op: Op, version: number, attrs: Op["attrs"]): void {
  const { domain, kind, operands, results, loc, from } = op;
  const fresh = graph.addOp({
    domain,
    kind,
    version,
    attrs,
    operands,
    results: results.map((id) => (id === undefined ? undefined : { ...graph.value(id) })),
    loc,
    from,
  });
  results.forEach((id, i) => {
    const made = fresh.results[i];
    if (id !== undefined && made !== undefined) graph.replaceUses(id, made);
  });
  graph.eraseOp(op.id);
}

/** An op keeps its own version in a newer opset, but needs the opset to have it. */
function importNewest(graph: GraphBuilder): void {
  for (const { domain, version } of graph.everyOp) {
    if ((graph.opsets.get(domain) ?? 1) < version) graph.opsets.set(domain, version);
  }
}
