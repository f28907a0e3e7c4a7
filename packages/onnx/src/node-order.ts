// Which names nodes read, also from inside their graphs, and an order in which every value is made before it is read. Files are
// mostly sorted already; those that are not are sorted stably.
import { topologicalSort } from "@waferc/base";
import { graphsOf } from "./attribute.ts";
import type { GraphProto, NodeProto } from "./proto.ts";

export type NodeOrder =
  | {
      readonly kind: "order";
      readonly order: readonly number[];
      /** The first node of the file that reads a name before it is made, if any does. */
      readonly late?: { readonly node: number; readonly name: string } | undefined;
    }
  | { readonly kind: "cycle"; readonly cycle: readonly number[] };

/** Indices of nodes, readers behind makers, otherwise as in the file. Of two nodes that make one name, the first counts. */
export function orderNodes(nodes: readonly NodeProto[]): NodeOrder {
  const makers = new Map<string, number>();
  nodes.forEach((node, index) => {
    for (const name of node.output ?? []) if (name !== "" && !makers.has(name)) makers.set(name, index);
  });
  const successors: number[][] = nodes.map(() => []);
  let late: { node: number; name: string } | undefined;
  nodes.forEach((node, index) => {
    for (const name of readNames(node)) {
      const maker = makers.get(name);
      if (maker === undefined) continue;
      successors[maker]?.push(index);
      if (maker >= index) late ??= { node: index, name };
    }
  });
  if (late === undefined) return { kind: "order", order: nodes.map((_, index) => index) };
  const sorted = topologicalSort(nodes.length, (node) => successors[node] ?? []);
  return sorted.kind === "order" ? { ...sorted, late } : sorted;
}

/**
 * Names that a node reads, directly or from inside its graphs. Names that a nested graph defines are its own, even if the
 * node gives its results the same names, as the branches of merged decoders do.
 */
export function readNames(node: NodeProto): Set<string> {
  const names = new Set(node.input ?? []);
  for (const graph of graphsOf(node.attribute)) for (const name of freeNames(graph)) names.add(name);
  names.delete("");
  return names;
}

function freeNames(graph: GraphProto): Set<string> {
  const own = new Set<string>();
  for (const info of graph.input ?? []) own.add(info.name ?? "");
  for (const tensor of graph.initializer ?? []) own.add(tensor.name ?? "");
  for (const sparse of graph.sparseInitializer ?? []) own.add(sparse.values?.name ?? "");
  for (const node of graph.node ?? []) for (const name of node.output ?? []) own.add(name);
  const free = new Set<string>();
  const read = (name: string): void => void (own.has(name) || free.add(name));
  for (const node of graph.node ?? []) readNames(node).forEach(read);
  for (const output of graph.output ?? []) read(output.name ?? "");
  return free;
}
