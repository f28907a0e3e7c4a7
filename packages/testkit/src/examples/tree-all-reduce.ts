/** The two-level all-reduce of tree-roles.ts by itself, on rows of cores. Cycles as derived there. */
import { makeExample } from "./example.ts";
import type { Example } from "./example.ts";
import type { LineOptions } from "./multicast.ts";
import { printRegion } from "./program-text.ts";
import { TREE_COLORS, treeCycles, treeFlows, treeRole } from "./tree-roles.ts";

export interface TreeOptions extends LineOptions {
  readonly group: number;
}

export function treeAllReduce({ machine, cores, elements, group, rows = 1, bare = false }: TreeOptions): Example {
  const shape = { cores, group };
  const roleOf = (i: number) => treeRole(i, shape, `v[0, ${elements}:1]`);
  const text = printRegion({
    name: "tree-all-reduce",
    machine,
    width: cores,
    height: rows,
    buffers: [{ name: "v", elements, start: "(3*i + 5*j) mod 7" }],
    result: bare ? undefined : { buffer: "v", elements },
    roleOf,
    columnKey: (i) => JSON.stringify([bare ? 0 : i % 2, roleOf(i).name, roleOf(i).colors]),
    rowKey: () => "",
    flows: [{ axis: "x", flows: treeFlows(shape) }],
    spare: { color: TREE_COLORS, inputQueue: 5, outputQueue: 3 },
  });
  return makeExample("tree-all-reduce", machine, text, treeCycles(machine, shape, elements));
}
