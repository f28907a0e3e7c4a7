// The latency ledger as JSON: totals, cycles of every core, cycles by kernel, and the critical path by kernel and ONNX node. The sums
// are invariants: each core's cycles add up to `quiescentCycles`, the path's to `cycles`.
import type { KernelInfo, Program } from "@waferc/ir/program";
import type { CycleResult } from "@waferc/sim";

export type Ledger = CycleResult["ledger"];
type PathStretch = Ledger["criticalPath"][number];
type PathKind = PathStretch["kind"];

/** Larger machines print totals only. */
const MOST_CORES_LISTED = 65_536;

export const STALLS = ["recv", "send", "ramp", "wait", "control", "done"] as const;

export interface CoreCyclesRecord {
  readonly x: number;
  readonly y: number;
  readonly busy: number;
  readonly recv: number;
  readonly send: number;
  readonly ramp: number;
  readonly wait: number;
  readonly control: number;
  readonly done: number;
}

export interface KernelCyclesRecord {
  readonly kernel: string;
  readonly template: string;
  /** ONNX nodes. */
  readonly nodes: readonly string[];
  /** Busy cycles of all cores, and of the core with most. */
  readonly busyCycles: number;
  readonly peakCycles: number;
  readonly cores: number;
}

export interface PathRecord {
  readonly cycles: number;
  readonly byKind: Readonly<Record<PathKind, number>>;
  /** By kernel, longest first; `kernel` is null for travel through the fabric that belongs to none. */
  readonly byKernel: readonly {
    readonly kernel: string | null;
    readonly template: string | null;
    readonly nodes: readonly string[];
    readonly cycles: number;
  }[];
}

export interface LedgerRecord {
  readonly quiescentCycles: number;
  /** Sums over all cores. */
  readonly totals: Readonly<Record<"busy" | (typeof STALLS)[number], number>>;
  readonly cores: readonly CoreCyclesRecord[];
  readonly kernels: readonly KernelCyclesRecord[];
  /** Null where the engine did not follow it. */
  readonly criticalPath: PathRecord | null;
}

export function ledgerRecord(ledger: Ledger, program: Program): LedgerRecord {
  const { routers, busy, stalls } = ledger.cores;
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  const { width } = program.machine;
  const listed = routers.length <= MOST_CORES_LISTED ? Array.from(routers) : [];
  return {
    quiescentCycles: ledger.quiescentCycles,
    totals: {
      busy: sum(busy),
      recv: sum(stalls.recv),
      send: sum(stalls.send),
      ramp: sum(stalls.ramp),
      wait: sum(stalls.wait),
      control: sum(stalls.control),
      done: sum(stalls.done),
    },
    cores: listed.map((router, k) => ({
      x: router % width,
      y: Math.floor(router / width),
      busy: busy[k] ?? 0,
      recv: stalls.recv[k] ?? 0,
      send: stalls.send[k] ?? 0,
      ramp: stalls.ramp[k] ?? 0,
      wait: stalls.wait[k] ?? 0,
      control: stalls.control[k] ?? 0,
      done: stalls.done[k] ?? 0,
    })),
    kernels: ledger.kernels.map(({ kernel, busyCycles, peakCycles, cores }) => ({
      ...nameKernel(program.kernels[kernel]),
      busyCycles,
      peakCycles,
      cores,
    })),
    criticalPath: pathRecord(ledger.criticalPath, program.kernels),
  };
}

function nameKernel(info: KernelInfo | undefined): { kernel: string; template: string; nodes: readonly string[] } {
  return { kernel: info?.name ?? "?", template: info?.template ?? "?", nodes: info?.loc ?? [] };
}

function pathRecord(path: readonly PathStretch[], kernels: readonly KernelInfo[]): PathRecord | null {
  if (path.length === 0) return null;
  const byKind: Record<PathKind, number> = { compute: 0, fabric: 0, travel: 0, space: 0, host: 0 };
  const byKernel = new Map<number, number>();
  let cycles = 0;
  for (const { kind, from, to, kernel } of path) {
    byKind[kind] += to - from;
    cycles += to - from;
    byKernel.set(kernel ?? -1, (byKernel.get(kernel ?? -1) ?? 0) + to - from);
  }
  const ranked = [...byKernel].sort(([a, x], [b, y]) => y - x || a - b);
  return {
    cycles,
    byKind,
    byKernel: ranked.map(([kernel, spent]) => {
      if (kernel < 0) return { kernel: null, template: null, nodes: [], cycles: spent };
      return { ...nameKernel(kernels[kernel]), cycles: spent };
    }),
  };
}
