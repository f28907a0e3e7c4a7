// report.json: what a compile decided, in numbers. The same facts are what `compile --json` prints; none of them is a time.
import type { Layout } from "@waferc/ir/layout";
import type { Program } from "@waferc/ir/program";
import { estimateGroup } from "@waferc/kernels";
import { usableCores } from "@waferc/machine";
import type { Machine } from "@waferc/machine";
import { SCHEMA_VERSION } from "../artefacts/json.ts";
import type { BuildInfo, HostOpRecord } from "../pipelines/build-info.ts";
import { sramRecord, usedCores, type SramRecord } from "./sram.ts";

export interface CompileReport {
  readonly schemaVersion: string;
  readonly model: string;
  readonly machine: string;
  readonly cores: { readonly used: number; readonly available: number };
  readonly sramBytes: SramRecord;
  readonly kernels: number;
  readonly flows: number;
  readonly colors: { readonly used: number; readonly available: number };
  readonly weights: { readonly tensors: number; readonly bytes: number };
  readonly hostOps: readonly HostOpRecord[];
  readonly meshMacs: number;
  readonly totalMacs: number;
  readonly meshMacShare: number;
  readonly estimatedCycles: number;
  /** Estimated cycles by kernel, longest first. */
  readonly estimate: readonly KernelEstimate[];
}

export interface KernelEstimate {
  readonly kernel: string;
  readonly template: string;
  readonly nodes: readonly string[];
  readonly cycles: number;
}

export function compileReport(build: BuildInfo, layout: Layout, program: Program, machine: Machine): CompileReport {
  const estimate = estimateKernels(layout, program, machine);
  const { meshMacs, totalMacs } = build;
  return {
    schemaVersion: SCHEMA_VERSION,
    model: build.name,
    machine: machine.name,
    cores: { used: usedCores(program), available: usableCores(machine) },
    sramBytes: sramRecord(program, layout.dataflow, machine),
    kernels: program.kernels.length,
    flows: layout.dataflow.flows.length,
    colors: { used: colorsOf(program).size, available: machine.fabric.colors },
    weights: {
      tensors: program.tensors.length,
      bytes: program.tensors.reduce((sum, { shape }) => sum + 4 * shape.reduce((n, extent) => n * extent, 1), 0),
    },
    hostOps: build.hostOps,
    meshMacs,
    totalMacs,
    meshMacShare: totalMacs === 0 ? 1 : meshMacs / totalMacs,
    estimatedCycles: estimate.reduce((sum, { cycles }) => sum + cycles, 0),
    estimate: [...estimate].sort((a, b) => b.cycles - a.cycles || (a.kernel < b.kernel ? -1 : 1)),
  };
}

function colorsOf(program: Program): Set<number> {
  return new Set(program.entries.flatMap((entry) => entry.routes.map(({ color }) => color)));
}

/** Regions run one after the other for a single inference, so that their kernels' cycles add up. */
function estimateKernels({ dataflow }: Layout, program: Program, machine: Machine): KernelEstimate[] {
  const cycles = new Array<number>(dataflow.kernels.length).fill(0);
  dataflow.groups.forEach((_, group) => {
    estimateGroup(dataflow, group, machine).byKernel.forEach((amount, kernel) => {
      cycles[kernel] = (cycles[kernel] ?? 0) + amount;
    });
  });
  return dataflow.kernels.map(({ template, loc }, k) => ({
    kernel: program.kernels[k]?.name ?? `k${k}`,
    template,
    nodes: loc,
    cycles: cycles[k] ?? 0,
  }));
}
