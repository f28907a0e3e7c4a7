/**
 * Products of one tensor with several weights become one kernel, at the place of the first: A's rows are then gathered once (query, key and value;
 * gate and up). Only products whose other operands are weights move, so nothing they need is made later.
 */
import type { Kernel } from "@waferc/ir/dataflow";

/** Kernels in schedule order, each with what it was made for. */
export interface ScheduledKernels {
  readonly kernels: readonly Kernel[];
  readonly opOf: readonly number[];
}

export function shareGathers({ kernels, opOf }: ScheduledKernels): ScheduledKernels {
  const merged: Kernel[] = [];
  const ops: number[] = [];
  const first = new Map<string, number>();
  for (const [index, kernel] of kernels.entries()) {
    const key = sharedOperand(kernel);
    const at = key === undefined ? undefined : first.get(key);
    const into = at === undefined ? undefined : merged[at];
    if (at !== undefined && into !== undefined) {
      merged[at] = join(into, kernel);
      continue;
    }
    if (key !== undefined) first.set(key, merged.length);
    merged.push(kernel);
    ops.push(opOf[index] ?? -1);
  }
  return { kernels: merged, opOf: ops };
}

/** The tensor of a product with weights only, and its group. */
function sharedOperand(kernel: Kernel): string | undefined {
  const [a, ...others] = kernel.operands;
  if (kernel.template !== SHARING_TEMPLATE || kernel.params.size > 0 || a?.kind !== "tensor") return undefined;
  return others.every((operand) => operand.kind === "weight") ? `${kernel.group} ${a.tensor}` : undefined;
}

/** The template that takes several Bs for one A. */
const SHARING_TEMPLATE = "matmul.gather";

function join(into: Kernel, other: Kernel): Kernel {
  return {
    ...into,
    operands: [...into.operands, ...other.operands.slice(1)],
    results: [...into.results, ...other.results],
    loc: [...new Set([...into.loc, ...other.loc])],
  };
}
