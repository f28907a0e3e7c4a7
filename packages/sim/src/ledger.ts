// The latency ledger: where the cycles of a run went (docs/program.md section 7.5). Every core's main-thread cycles are busy, by
// kernel, or stalled, by cause, and sum to `quiescentCycles`; the segments of the critical path sum to `cycles`. Struct of arrays
// over cores in the image's order, so that a whole wafer fits; both timed engines fill it, so that it can be compared.
import { invariant } from "@waferc/base";
import type { Image } from "./image.ts";

/** Why a main thread did not work; `done` is after its end. */
export type StallCause = "recv" | "send" | "ramp" | "wait" | "control" | "done";
export const STALL_CAUSES = [
  "recv",
  "send",
  "ramp",
  "wait",
  "control",
  "done",
] as const satisfies readonly StallCause[];

export type StallCycles = { readonly [C in StallCause]: Float64Array };

/** Cycles of all cores; entry k belongs to the core at router `routers[k]` (y * width + x). */
export interface CoreCycles {
  readonly routers: Int32Array;
  readonly busy: Float64Array;
  readonly stalls: StallCycles;
  /** Busy cycles by kernel: entries kernelStart[k] .. kernelStart[k + 1] - 1, by ascending kernel, none of 0 cycles. */
  readonly kernelStart: Int32Array;
  readonly kernels: Int32Array;
  readonly kernelCycles: Float64Array;
}

/** Index into `Program.kernels` with the busy cycles of all cores, and of the core that has most. */
export interface KernelCycles {
  readonly kernel: number;
  readonly busyCycles: number;
  readonly peakCycles: number;
  readonly cores: number;
}

/**
 * What the run waited for at that time. `compute`: a main thread works. `fabric`: an operation moves wavelets. `travel`: a wavelet is
 * on its way. `space`: a router waits until a slot is free. `host`: a host stream feeds the wafer.
 */
export type PathKind = "compute" | "fabric" | "travel" | "space" | "host";

/** A stretch of the critical path: cycles `from` to `to` - 1. Fields are absent where they do not apply. */
export interface PathStretch {
  readonly kind: PathKind;
  readonly from: number;
  readonly to: number;
  readonly core?: { readonly x: number; readonly y: number };
  readonly kernel?: number;
  /** `code[path]`. For `compute` the first of a run of instructions of one kernel. */
  readonly instruction?: string;
  readonly color?: number;
  readonly stream?: string;
}

export interface Ledger {
  readonly quiescentCycles: number;
  readonly cores: CoreCycles;
  /** By ascending kernel; kernels that took no cycle are left out. */
  readonly kernels: readonly KernelCycles[];
  /** From cycle 0 to the last output wavelet, without gaps; empty where the engine did not follow it. */
  readonly criticalPath: readonly PathStretch[];
}

/** What an engine counted, per core of the image. */
export interface LedgerSource {
  readonly quiescentCycles: number;
  readonly stalls: Omit<StallCycles, "done">;
  /** Cycle in which each main thread ended. */
  readonly end: Float64Array;
  /** Calls back with the kernels of core k, in any order, and their busy cycles. */
  forEachKernel(core: number, visit: (kernel: number, cycles: number) => void): void;
  readonly criticalPath: readonly PathStretch[];
}

/** Puts a ledger together; every core's cycles must sum to `quiescentCycles`. */
export function buildLedger(image: Image, source: LedgerSource): Ledger {
  const { count, router } = image.cores;
  const { quiescentCycles, stalls, end } = source;
  const busy = new Float64Array(count);
  const done = Float64Array.from(end, (cycle) => quiescentCycles - cycle);
  const kernelStart = new Int32Array(count + 1);
  const kernels: number[] = [];
  const kernelCycles: number[] = [];
  const totals = new Map<number, { busyCycles: number; peakCycles: number; cores: number }>();
  for (let k = 0; k < count; k++) {
    const entries: [number, number][] = [];
    source.forEachKernel(k, (kernel, cycles) => {
      if (cycles > 0) entries.push([kernel, cycles]);
    });
    entries.sort(([a], [b]) => a - b);
    for (const [kernel, cycles] of entries) {
      busy[k]! += cycles;
      kernels.push(kernel);
      kernelCycles.push(cycles);
      const total = totals.get(kernel) ?? { busyCycles: 0, peakCycles: 0, cores: 0 };
      total.busyCycles += cycles;
      total.peakCycles = Math.max(total.peakCycles, cycles);
      total.cores++;
      totals.set(kernel, total);
    }
    kernelStart[k + 1] = kernels.length;
    const sum =
      busy[k]! + stalls.recv[k]! + stalls.send[k]! + stalls.ramp[k]! + stalls.wait[k]! + stalls.control[k]! + done[k]!;
    invariant(sum === quiescentCycles, () => `core ${k} accounts for every cycle: ${sum} of ${quiescentCycles}`);
  }
  return {
    quiescentCycles,
    cores: {
      routers: router,
      busy,
      stalls: { ...stalls, done },
      kernelStart,
      kernels: Int32Array.from(kernels),
      kernelCycles: Float64Array.from(kernelCycles),
    },
    kernels: [...totals].sort(([a], [b]) => a - b).map(([kernel, total]) => ({ kernel, ...total })),
    criticalPath: source.criticalPath,
  };
}
