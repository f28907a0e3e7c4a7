/** The two-level all-reduce of tree-roles.ts by itself, on rows of cores. Cycles as derived there. */
import { makeExample } from "./example.ts";
import type { Example } from "./example.ts";
import { printLine, type LineOptions } from "./line-program.ts";
import { TREE_COLORS, treeCycles, treeFlows, treeRole } from "./tree-roles.ts";

export interface TreeOptions extends LineOptions {
  readonly group: number;
}

export function treeAllReduce(options: TreeOptions): Example {
  const { machine, cores, elements, group, bare = false } = options;
  const shape = { cores, group };
  const roleOf = (i: number) => treeRole(i, shape, `v[0, ${elements}:1]`);
  const text = printLine(options, {
    name: "tree-all-reduce",
    roleOf,
    columnKey: (i) => JSON.stringify([bare ? 0 : i % 2, roleOf(i).name, roleOf(i).colors]),
    flows: [{ axis: "x", flows: treeFlows(shape) }],
    spare: { color: TREE_COLORS, inputQueue: 5, outputQueue: 3 },
  });
  return makeExample("tree-all-reduce", machine, text, treeCycles(machine, shape, elements));
}
