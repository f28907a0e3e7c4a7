// The same graph in one order, whatever order the exporter wrote: depth first from the outputs along the operands, constants in
// order of first use, and the constant operand of a commutative op second. Equal models then print equally, and equal layers
// look equal to the passes behind. Graphs with nested blocks keep their order.
import { GraphBuilder, blocksOf, qualifiedKind, valueOf, type Graph, type Op, type ValueId } from "@waferc/ir/graph";
import { opTable } from "@waferc/ops";
import type { NoOptions, Pass } from "../pass.ts";

export const orderOps: Pass<"graph", "graph", NoOptions> = {
  name: "order-ops",
  from: "graph",
  to: "graph",
  summary: "Order ops, constants and commutative operands by dataflow alone",
  requires: ["constants-folded"],
  establishes: ["canonical"],
  options: {},
  run(input) {
    return input.ops.some((op) => blocksOf(op).length > 0) ? input : rebuild(input);
  },
};

function rebuild(input: Graph): Graph {
  const graph = new GraphBuilder(input.name, input.opsets);
  const made = new Map<ValueId, ValueId>();
  for (const id of input.inputs) {
    const value = valueOf(input, id);
    made.set(id, graph.addInput(value.name, value));
  }
  const translate = (id: ValueId): ValueId => {
    const source = input.constants.get(id);
    if (source !== undefined && !made.has(id)) made.set(id, graph.addConstant(valueOf(input, id).name, source));
    // Every other operand was made before the op that reads it.
    return made.get(id) as ValueId;
  };
  for (const op of depthFirst(input)) {
    const { domain, kind, version, attrs, loc, from } = op;
    const operands = operandsInOrder(input, op).map((id) => (id === undefined ? undefined : translate(id)));
    const results = op.results.map((id) => (id === undefined ? undefined : valueOf(input, id)));
    const copy = graph.addOp({ domain, kind, version, attrs, operands, results, loc, from });
    op.results.forEach((id, i) => {
      const fresh = copy.results[i];
      if (id !== undefined && fresh !== undefined) made.set(id, fresh);
    });
  }
  for (const { name, value } of input.outputs) graph.addOutput(name, translate(value));
  return graph.freeze();
}

function operandsInOrder(graph: Graph, op: Op): readonly (ValueId | undefined)[] {
  const [first, second] = op.operands;
  const isCommutative = opTable.get(qualifiedKind(op))?.traits.includes("commutative") === true;
  if (!isCommutative || op.operands.length !== 2 || first === undefined || second === undefined) return op.operands;
  return graph.constants.has(first) && !graph.constants.has(second) ? [second, first] : op.operands;
}

/** Live ops in post-order from the outputs. An explicit stack, because chains are longer than the call stack is deep. */
function depthFirst(graph: Graph): Op[] {
  const producers = new Map<ValueId, Op>();
  for (const op of graph.ops) for (const id of op.results) if (id !== undefined) producers.set(id, op);
  const done = new Set<Op>();
  const order: Op[] = [];
  const roots = graph.outputs.map(({ value }) => producers.get(value));
  for (const root of roots) {
    const stack = root === undefined ? [] : [root];
    while (stack.length > 0) {
      const op = stack.at(-1) as Op;
      const next = operandsInOrder(graph, op)
        .map((id) => (id === undefined ? undefined : producers.get(id)))
        .find((producer) => producer !== undefined && !done.has(producer));
      if (next !== undefined) {
        stack.push(next);
        continue;
      }
      stack.pop();
      if (!done.has(op)) order.push(op);
      done.add(op);
    }
  }
  return order;
}
