/**
 * Matrix times vector on a mesh: the matrix in blocks of `inputs` x `outputs`, the vector split over the columns of cores and the same in
 * every row. Each core multiplies, then the rows add up what they have and every core gets the sum: by the two-level tree
 * (MeshGEMV of WaferLLM), or by a chain to the first core and a multicast back (its pipelined competitor).
 *
 * Cycles: `inputs` vector calls of `outputs` elements, then the tree (tree-roles.ts), or the chain (chain-reduce.ts) and the root's control + start,
 * stage(cores - 1), and its wavelets. Links of the chain bind the way back after they have passed the sum on.
 */
import { chainFlows } from "./chain-reduce.ts";
import { makeExample } from "./example.ts";
import type { Example, ExampleOptions } from "./example.ts";
import type { LineFlow } from "./line-flows.ts";
import { printRegion, waveletsOf } from "./program-text.ts";
import type { ExampleType, Role } from "./program-text.ts";
import { timingOf } from "./timing.ts";
import { TREE_COLORS, treeCycles, treeFlows, treeRole } from "./tree-roles.ts";

export interface GemvOptions extends ExampleOptions {
  readonly columns: number;
  readonly rows: number;
  /** Elements of a core's part of the vector, and of its part of the result. */
  readonly inputs: number;
  readonly outputs: number;
  /** Cores of a group of the tree; absent for the chain. */
  readonly group?: number;
  /** f32 if absent. With f16 and data of its own, `outputs` has to be even, so that wavelets of the result are full. */
  readonly type?: ExampleType;
}

export function meshGemv(options: GemvOptions): Example {
  const { machine, columns, rows, inputs, outputs, group, type = "f32", bare = false } = options;
  if (!bare && type === "f16" && outputs % 2 === 1)
    throw new RangeError(`${outputs} elements of f16 leave a wavelet half empty`);
  const all = `y[0, ${outputs}:1]`;
  const local = [
    `matmul y[0, 1:${outputs}, ${outputs}:1], x[0, 1:${inputs}, ${inputs}:1], w[0, ${inputs}:${outputs}, ${outputs}:1]`,
  ];
  const shape = group === undefined ? undefined : { cores: columns, group };
  const roleOf = (i: number): Role => (shape ? treeRole(i, shape, all, local) : chainRole(i, columns, all, local));
  const back: LineFlow = { color: 2, from: 0, to: columns - 1, taps: true };
  const name = shape ? "mesh-gemv" : "chain-gemv";
  const text = printRegion({
    name,
    machine,
    width: columns,
    height: rows,
    type,
    buffers: [
      { name: "x", elements: inputs, start: "i mod 5 - 2" },
      { name: "w", elements: inputs * outputs, start: "(3*i + 5*j) mod 7 - 9" },
      { name: "y", elements: outputs },
    ],
    result: bare ? undefined : { buffer: "y", elements: outputs },
    roleOf,
    columnKey: (i) => JSON.stringify([bare ? 0 : i % 2, roleOf(i).name, roleOf(i).colors]),
    rowKey: () => "",
    flows: [{ axis: "x", flows: shape ? treeFlows(shape) : [...chainFlows(columns), back] }],
    spare: { color: TREE_COLORS, inputQueue: 5, outputQueue: 3 },
  });
  return makeExample(name, machine, text, cyclesOf(options));
}

function chainRole(i: number, columns: number, all: string, local: readonly string[]): Role {
  const [from, to, back] = [(i + 1) % 2, i % 2, 2];
  const returned = ["bind in 1 back", `recv back, ${all}`];
  if (i === 0) {
    const lines = ["bind in 0 from", `recv_reduce add from, ${all}`, "bind out 1 back", `send back, ${all}`];
    return { name: "root", colors: { from, back }, lines: [...local, ...lines] };
  }
  if (i === columns - 1) {
    return { name: "tail", colors: { to, back }, lines: [...local, "bind out 0 to", `send to, ${all}`, ...returned] };
  }
  const lines = ["bind in 0 from", "bind out 0 to", `forward add from -> to, ${all}`];
  return { name: "link", colors: { from, to, back }, lines: [...local, ...lines, ...returned] };
}

function cyclesOf({ machine, columns, inputs, outputs, group, type = "f32" }: GemvOptions): number | undefined {
  const { control, start, stage, span, matmul, canStream } = timingOf(machine);
  const local = matmul(1, inputs, outputs, type);
  const wavelets = waveletsOf(outputs, type);
  if (group !== undefined) {
    const tree = treeCycles(machine, { cores: columns, group }, wavelets);
    return tree === undefined ? undefined : local + tree;
  }
  if (!canStream || stage(1) < control) return undefined;
  const chain = control + start + (columns - 1) * stage(1) + span(wavelets) + 1;
  return local + chain + control + start + stage(columns - 1) + span(wavelets) + 1;
}
