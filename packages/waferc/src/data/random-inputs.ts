// Random inputs that a model can work on: indices stay inside the tables they select from, masks are of right-padded sequences, positions
// count up. Made from the graph if there is one; else from types and names alone.
import { Rng } from "@waferc/base";
import type { Graph, ValueId } from "@waferc/ir/graph";
import { valueOf } from "@waferc/ir/graph";
import { elementCount, isFloat, tensorOf, type Tensor } from "@waferc/numerics";
import type { TensorSpec } from "./tensor-spec.ts";

/** Ids below this exist in any vocabulary. */
const SMALLEST_VOCABULARY = 8;
/** Ops that hand on an index unchanged. */
const TRANSPARENT = new Set([
  "Cast",
  "Reshape",
  "Squeeze",
  "Unsqueeze",
  "Identity",
  "Flatten",
  "Transpose",
  "Expand",
  "Slice",
]);

export interface RandomRequest {
  readonly seed: number;
  readonly graph: Graph | undefined;
}

/** Random data for every spec with a dtype and a static shape. */
export function randomInputs(specs: readonly TensorSpec[], { seed, graph }: RandomRequest): Map<string, Tensor> {
  const rng = new Rng(seed).fork("random-inputs");
  const tensors = new Map<string, Tensor>();
  for (const spec of specs) {
    const shape = spec.shape?.filter((dim) => typeof dim === "number");
    if (spec.dtype === undefined || shape === undefined || shape.length !== spec.shape?.length) continue;
    tensors.set(spec.name, randomTensor({ ...spec, dtype: spec.dtype, shape }, rng.fork(spec.name), graph));
  }
  return tensors;
}

type StaticSpec = Omit<TensorSpec, "dtype" | "shape"> & {
  readonly dtype: Tensor["dtype"];
  readonly shape: readonly number[];
};

function randomTensor(spec: StaticSpec, rng: Rng, graph: Graph | undefined): Tensor {
  const { name, dtype, shape } = spec;
  const count = elementCount(shape);
  const rowLength = Math.max(1, shape.at(-1) ?? 1);
  const fill = (element: (i: number) => number): Tensor =>
    tensorOf(
      dtype,
      shape,
      Array.from({ length: count }, (_, i) => element(i)),
    );
  if (isFloat(dtype)) return fill(() => rng.normal());
  if (/mask/i.test(name)) {
    const lengths = Array.from({ length: Math.ceil(count / rowLength) }, () => rng.between(1, rowLength));
    return fill((i) => (i % rowLength < (lengths[Math.floor(i / rowLength)] ?? 0) ? 1 : 0));
  }
  if (/position/i.test(name)) return fill((i) => i % rowLength);
  if (dtype === "bool") return fill(() => rng.below(2));
  const bound = graph === undefined ? undefined : indexBound(graph, name);
  return fill(() => rng.below(bound ?? (/type/i.test(name) ? 2 : SMALLEST_VOCABULARY)));
}

/** Rows of the smallest constant table that an input selects from. */
function indexBound(graph: Graph, input: string): number | undefined {
  const reached = new Set<ValueId>(graph.inputs.filter((id) => valueOf(graph, id).name === input));
  let bound: number | undefined;
  for (const op of graph.ops) {
    const [first, second] = op.operands;
    if (op.kind === "Gather" && second !== undefined && reached.has(second) && first !== undefined) {
      const rows = valueOf(graph, first).shape?.[0];
      if (typeof rows === "number") bound = Math.min(bound ?? Infinity, rows);
    } else if (TRANSPARENT.has(op.kind) && first !== undefined && reached.has(first)) {
      for (const id of op.results) if (id !== undefined) reached.add(id);
    }
  }
  return bound;
}
