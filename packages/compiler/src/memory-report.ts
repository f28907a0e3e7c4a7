/** Who uses a core's SRAM: instructions, and the buffers that are alive when most is. For `inspect`, and for messages about what does not fit. */
import type { Dataflow } from "@waferc/ir/dataflow";
import type { EmittedCode } from "@waferc/kernels";
import type { MemoryMap } from "./memory-map.ts";

export interface MemoryUser {
  readonly what: string;
  readonly bytes: number;
}

export interface CodeMemory {
  readonly code: string;
  readonly codeBytes: number;
  /** From address 0 to the end of the last buffer. */
  readonly dataBytes: number;
  /** Buffers that hold weights: what fewer tokens do not make smaller. */
  readonly weightBytes: number;
  /** Buffers alive at the position with the largest sum, largest first. */
  readonly users: readonly MemoryUser[];
}

export function describeMemory(code: string, emitted: EmittedCode, map: MemoryMap, dataflow: Dataflow): CodeMemory {
  const users = map.fullest.map((index) => ({
    what: describeBuffer(emitted, index, dataflow),
    bytes: (emitted.buffers[index]?.elements ?? 0) * 4,
  }));
  const bound = new Set(emitted.bindings.map(({ buffer }) => buffer));
  const weightBytes = [...bound].reduce((sum, index) => sum + (emitted.buffers[index]?.elements ?? 0) * 4, 0);
  return { code, codeBytes: map.codeBytes, dataBytes: map.dataBytes, weightBytes, users };
}

/** `k3.a of matmul.gather at "/layer/MatMul"`, `weights "w.0"` or `tensor "x"`. */
function describeBuffer(emitted: EmittedCode, index: number, dataflow: Dataflow): string {
  const name = emitted.buffers[index]?.name ?? "";
  const [binding, ...others] = emitted.bindings.filter((entry) => entry.buffer === index);
  if (binding !== undefined) {
    const more = others.length === 0 ? "" : ` and of ${others.length} other layers`;
    return `weights "${dataflow.weights[binding.tensor]?.name ?? name}"${more}`;
  }
  const tensor = /^t(\d+)$/.exec(name)?.[1];
  if (tensor !== undefined) return `tensor "${dataflow.tensors[Number(tensor)]?.name ?? name}"`;
  const kernel = dataflow.kernels[Number(/^k(\d+)\./.exec(name)?.[1] ?? -1)];
  return kernel === undefined ? name : `${name} of ${kernel.template}${kernel.loc[0] ? ` at "${kernel.loc[0]}"` : ""}`;
}
