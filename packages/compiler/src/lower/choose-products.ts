/**
 * Which template each product with weights uses. `matmul.gather` brings A's rows together and multiplies them with this core's columns of B: vector
 * calls are short where a core has few columns. `matmul.reduce` multiplies this core's columns of A with all columns of B, in long calls, and
 * sums partial products along the row of cores. Both store B once; only its sharding differs. Chosen by the cycles of calls and wavelets
 * (docs/program.md section 7.2); what both spend on B's gathering is left out.
 */
import type { Group, Kernel, MeshTensor, Operand, Sharding } from "@waferc/ir/dataflow";
import type { Machine } from "@waferc/machine";

/** The kernels, with `matmul.reduce` wherever it is quicker. */
export function chooseProducts(
  kernels: readonly Kernel[],
  tensors: readonly MeshTensor[],
  groups: readonly Group[],
  machine: Machine,
): readonly Kernel[] {
  return kernels.map((kernel) => {
    const [a, ...others] = kernel.operands;
    const group = groups[kernel.group];
    if (kernel.template !== "matmul.gather" || kernel.params.size > 0 || a?.kind !== "tensor") return kernel;
    const sharding = tensors[a.tensor]?.sharding;
    if (group === undefined || sharding === undefined || !isDefaultForm(sharding)) return kernel;
    const weights = others.filter((operand) => operand.kind === "weight");
    if (weights.length < others.length) return kernel;
    const size = { rows: sharding.rows.block, own: sharding.cols.block, all: sharding.cols.extent };
    const columns = weights.map(({ sharding: { cols } }) => cols);
    const gathered = columns.reduce((sum, cols) => sum + callCycles(size.rows, size.all, cols.block, machine), 0);
    const reduced = columns.reduce(
      (sum, cols) => sum + callCycles(size.rows, size.own, cols.extent, machine) + size.rows * cols.extent,
      0,
    );
    if (gathered + size.rows * size.all <= reduced) return kernel;
    return { ...kernel, template: "matmul.reduce", operands: [a, ...weights.map((w) => turned(w, sharding, group))] };
  });
}

function isDefaultForm({ rows, cols }: Sharding): boolean {
  return rows.axis === "y" && cols.axis === "x";
}

/** Vector calls of a product [m,k] x [k,n] on one core. */
function callCycles(m: number, k: number, n: number, { core }: Machine): number {
  const perElement = core.centicyclesPerElement.matmul.f32 / 100;
  return k * Math.min(m, n) * core.vectorStartCycles + m * k * n * perElement;
}

/** The weight with its rows where A's columns lie, and its columns down the region. */
function turned(weight: Extract<Operand, { kind: "weight" }>, a: Sharding, group: Group): Operand {
  const { extent } = weight.sharding.cols;
  const block = Math.max(1, Math.ceil(extent / group.height));
  return { ...weight, sharding: { rows: a.cols, cols: { extent, block, axis: "y" } } };
}
