// Ops that do the same with the same operands become one, and equal constants become one. Operands of commutative ops count
// in any order. Ops with blocks stay apart; ops of a nested block are merged among themselves only.
// No op of the table is random, so equal operands mean equal results.
import { GraphBuilder, blocksOf, type Attr, type Op, type TensorSource, type ValueId } from "@waferc/ir/graph";
import { tensorDigest } from "@waferc/numerics";
import { opTable } from "@waferc/ops";
import { printType, qualifiedKind } from "@waferc/ir/graph";
import type { NoOptions, Pass } from "../pass.ts";
import { eraseDead } from "./liveness.ts";
import { uniqueLocs } from "./rewriter.ts";

/** Larger constants are compared by the identity of their source: hashing all weights would read them all. */
const COMPARED_BYTES = 2 ** 12;

export const eliminateCommonSubexpressions: Pass<"graph", "graph", NoOptions> = {
  name: "eliminate-common-subexpressions",
  from: "graph",
  to: "graph",
  summary: "Merge ops that compute the same, and equal constants",
  requires: [],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const graph = GraphBuilder.from(input);
    mergeConstants(graph);
    stats.add("merged", mergeOps(graph, graph.ops));
    for (const op of graph.everyOp) for (const block of blocksOf(op)) mergeOps(graph, block.ops);
    eraseDead(graph);
    return graph.freeze();
  },
};

function mergeConstants(graph: GraphBuilder): void {
  const bySource = new Map<TensorSource, ValueId>();
  const byData = new Map<string, ValueId>();
  for (const [id, source] of [...graph.constants]) {
    const before = bySource.get(source) ?? (isCompared(source) ? byData.get(keyOfSource(source)) : undefined);
    if (before !== undefined) {
      graph.replaceUses(id, before);
      continue;
    }
    bySource.set(source, id);
    if (isCompared(source)) byData.set(keyOfSource(source), id);
  }
}

function isCompared(source: TensorSource): boolean {
  return source.dtype !== "string" && source.byteLength <= COMPARED_BYTES;
}

function keyOfSource(source: TensorSource): string {
  return `${source.dtype}[${source.shape.join(",")}] ${source.sha256 ?? tensorDigest(source.read())}`;
}

function mergeOps(graph: GraphBuilder, ops: readonly Op[]): number {
  const seen = new Map<string, Op>();
  let merged = 0;
  for (const op of ops) {
    if (blocksOf(op).length > 0) continue;
    const key = keyOfOp(op);
    const before = seen.get(key);
    if (before === undefined) {
      seen.set(key, op);
      continue;
    }
    op.results.forEach((id, i) => {
      const other = before.results[i];
      if (id !== undefined && other !== undefined) graph.replaceUses(id, other);
    });
    graph.setLoc(before.id, uniqueLocs([before, op]));
    merged += 1;
  }
  return merged;
}

function keyOfOp(op: Op): string {
  const isCommutative = opTable.get(qualifiedKind(op))?.traits.includes("commutative") === true;
  const operands = op.operands.map((id) => (id === undefined ? "_" : String(id)));
  if (isCommutative) operands.sort();
  const attrs = [...op.attrs].map(([name, attr]) => `${name}=${keyOfAttr(attr)}`).sort();
  // Which results are listed counts: a second op may need one that the first has not.
  const results = op.results.map((id) => (id === undefined ? "_" : "x")).join("");
  return [qualifiedKind(op), op.version, operands.join(","), attrs.join(";"), results].join("|");
}

function keyOfAttr(attr: Attr): string {
  switch (attr.type) {
    case "int":
    case "float":
      return `${attr.type}:${Object.is(attr.value, -0) ? "-0" : attr.value}`;
    case "string":
      return JSON.stringify(attr.value);
    case "ints":
    case "floats":
      return `${attr.type}:${attr.value.map((one) => (Object.is(one, -0) ? "-0" : String(one))).join(",")}`;
    case "strings":
      return JSON.stringify(attr.value);
    case "tensor":
      return keyOfSource(attr.value);
    case "tensors":
      return attr.value.map(keyOfSource).join(",");
    case "type":
      return printType(attr.value);
    case "block":
    case "blocks":
      throw new TypeError("ops with blocks have no key");
    default:
      return attr satisfies never;
  }
}
