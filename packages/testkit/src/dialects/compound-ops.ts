// Counts what canonicalisation found: the compound ops of docs/canonical.md by name, and what is in none of them. Products with a dequantised
// operand and lookups in a float table are named by what they are.
import { qualifiedKind, valueOf, type Graph, type Op, type ValueId } from "@waferc/ir/graph";
import { isFloat } from "@waferc/numerics";

export type Counts = Readonly<Record<string, number>>;

const COMPOUND_OPS: readonly string[] = [
  "Attention",
  "Gelu",
  "LayerNormalization",
  "RMSNormalization",
  "RotaryEmbedding",
  "Swish",
  "com.microsoft::MoE",
];

export function countCompounds(graph: Graph): Counts {
  return countBy(graph.ops, (op) => compoundName(graph, op));
}

export function countLeft(graph: Graph): Counts {
  return countBy(graph.ops, (op) => (compoundName(graph, op) === undefined ? qualifiedKind(op) : undefined));
}

function compoundName(graph: Graph, op: Op): string | undefined {
  const kind = qualifiedKind(op);
  if (COMPOUND_OPS.includes(kind)) return kind.replace(/^.*::/, "");
  if (kind === "MatMul" && op.operands.some((id) => isDequantized(graph, id))) return "DequantizeMatMul";
  if (kind === "Gather" && isTable(graph, op.operands[0])) return "Embedding";
  return undefined;
}

function isDequantized(graph: Graph, id: ValueId | undefined): boolean {
  const views = new Set(["Reshape", "Transpose"]);
  const producer = graph.ops.find((op) => id !== undefined && op.results.includes(id));
  if (producer === undefined) return false;
  return views.has(producer.kind) ? isDequantized(graph, producer.operands[0]) : producer.kind === "DequantizeLinear";
}

function isTable(graph: Graph, id: ValueId | undefined): boolean {
  if (id === undefined) return false;
  const { dtype, shape } = valueOf(graph, id);
  const isFixed = graph.constants.has(id) || isDequantized(graph, id);
  return isFixed && dtype !== undefined && isFloat(dtype) && shape?.length === 2;
}

function countBy(ops: readonly Op[], nameOf: (op: Op) => string | undefined): Counts {
  const counts = new Map<string, number>();
  for (const op of ops) {
    const name = nameOf(op);
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
