/**
 * The order in which a graph's ops are lowered. Depth first from the outputs, so that equal layers come out in equal order whatever the
 * exporter's; first, though, what depends on inputs only by light ops (masks, sums of embeddings), which all layers share.
 */
import type { Graph, Op, ValueId } from "@waferc/ir/graph";
import { findOp } from "@waferc/ops";

export function scheduleOps(graph: Graph): readonly Op[] {
  const producers = new Map<ValueId, Op>();
  for (const op of graph.ops) for (const id of op.results) if (id !== undefined) producers.set(id, op);
  const sorted = depthFirst(
    graph.outputs.flatMap(({ value }) => producers.get(value) ?? []),
    producers,
  );
  const light = new Set<Op>();
  for (const op of sorted) {
    const isContraction = findOp(op.domain, op.kind, op.version)?.definition.traits.includes("contraction") ?? false;
    const needs = op.operands.flatMap((id) => (id === undefined ? [] : (producers.get(id) ?? [])));
    if (!isContraction && needs.every((producer) => light.has(producer))) light.add(op);
  }
  return [...sorted.filter((op) => light.has(op)), ...sorted.filter((op) => !light.has(op))];
}

/** Every op that the roots need, operands before their readers, in operand order. */
function depthFirst(roots: readonly Op[], producers: ReadonlyMap<ValueId, Op>): Op[] {
  const sorted: Op[] = [];
  const state = new Map<Op, "open" | "done">();
  for (const root of roots) {
    const stack = [root];
    for (let op = stack.at(-1); op !== undefined; op = stack.at(-1)) {
      if (state.get(op) === undefined) {
        state.set(op, "open");
        const needs = op.operands.flatMap((id) => (id === undefined ? [] : (producers.get(id) ?? [])));
        stack.push(...needs.reverse().filter((producer) => !state.has(producer)));
        continue;
      }
      stack.pop();
      if (state.get(op) === "done") continue;
      state.set(op, "done");
      sorted.push(op);
    }
  }
  return sorted;
}
