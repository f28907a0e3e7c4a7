/**
 * Cycle estimate of a group's emitted code: local instructions by the machine's exact cost (docs/program.md section 7.2), fabric instructions as
 * start + wavelets + one stage of latency, evaluated at a few cores of the region; the slowest counts. A core at the end of a chain receives: there
 * the chain's fill time is added, a stage for each core, for the pass away and the pass back. Other waiting is not covered.
 */
import {
  costClassOf,
  evaluateExpr,
  viewSize,
  type Expr,
  type ExprEnv,
  type FabricInstruction,
  type Instruction,
  type LocalInstruction,
  type View,
} from "@waferc/ir/program";
import type { Dataflow, GroupId } from "@waferc/ir/dataflow";
import type { Machine } from "@waferc/machine";
import type { EmittedCode } from "./code-builder.ts";
import { emitGroup } from "./emit-group.ts";

export interface GroupEstimate {
  readonly cycles: number;
  /** Cycles of each kernel (index = KernelId) on the slowest core sampled. */
  readonly byKernel: readonly number[];
}

/** Loops longer than this are sampled at this many iterations and scaled. */
const SAMPLED_ITERATIONS = 8;

export function estimateGroup(dataflow: Dataflow, group: GroupId, machine: Machine): GroupEstimate {
  const shape = dataflow.groups[group] ?? { width: 1, height: 1 };
  const { width, height } = shape;
  const codes = { root: emitGroup(dataflow, group, "root"), other: emitGroup(dataflow, group, "other") };
  const samples = [
    [0, 0],
    [width - 1, 0],
    [0, height - 1],
    [width >> 1, height >> 1],
  ] as const;
  let best: GroupEstimate = { cycles: -1, byKernel: [] };
  for (const [u, v] of samples) {
    const code = u === 0 && v === 0 ? codes.root : codes.other;
    const estimate = estimateCode(code, machine, { u, v, width, height }, dataflow.kernels.length);
    if (estimate.cycles > best.cycles) best = estimate;
  }
  return best;
}

function estimateCode(
  code: EmittedCode,
  machine: Machine,
  { u, v, width, height }: { readonly u: number; readonly v: number; readonly width: number; readonly height: number },
  kernels: number,
): GroupEstimate {
  const stages = code.colors.map((name) => 2 * (chainLength(name, width, height) - 1));
  const fill = (color: number) => (stages[color] ?? 0) * stageCycles(machine);
  const byKernel = new Array<number>(kernels).fill(0);
  const env = new Map([
    ["u", u],
    ["v", v],
  ]);
  const walk = (body: readonly Instruction[], weight: number): void => {
    for (const instruction of body) {
      if (instruction.op === "repeat") {
        walkLoop(instruction, weight);
        continue;
      }
      const cycles = instructionCycles(instruction, machine, env, fill);
      byKernel[instruction.kernel] = (byKernel[instruction.kernel] ?? 0) + weight * cycles;
    }
  };
  const walkLoop = (loop: Extract<Instruction, { op: "repeat" }>, weight: number): void => {
    const count = evaluateExpr(loop.count, env);
    const sampled = Math.min(count, SAMPLED_ITERATIONS);
    for (let s = 0; s < sampled; s++) {
      env.set(loop.variable, Math.floor((s * count) / sampled));
      const share = (weight * count) / sampled;
      byKernel[loop.kernel] = (byKernel[loop.kernel] ?? 0) + share * machine.core.loopCycles;
      walk(loop.body, share);
    }
    env.delete(loop.variable);
  };
  walk(code.body, 1);
  return { cycles: Math.round(byKernel.reduce((a, c) => a + c, 0)), byKernel: byKernel.map(Math.round) };
}

function instructionCycles(
  instruction: Exclude<Instruction, { op: "repeat" }>,
  machine: Machine,
  env: ExprEnv,
  fill: (color: number) => number,
): number {
  const { core } = machine;
  switch (instruction.op) {
    case "wait":
    case "bind":
    case "open":
    case "advance":
    case "close":
      return core.controlCycles;
    case "send":
    case "recv":
    case "recv_reduce":
    case "drop":
    case "forward": {
      const wavelets = waveletsOf(instruction, env);
      if (wavelets <= 0) return core.controlCycles;
      const waits = instruction.op === "recv" || instruction.op === "recv_reduce" ? fill(instruction.color) : 0;
      return core.fabricStartCycles + wavelets + stageCycles(machine) + waits;
    }
    default:
      return localCycles(instruction, machine, env);
  }
}

/** One dependent stage: a core takes a wavelet from its neighbour and sends it on. */
function stageCycles({ core, fabric }: Machine): number {
  return core.emitCycles + 2 * fabric.rampCycles + fabric.hopCycles;
}

/** Cores in the chain that a formal colour belongs to; 1 for the broadcast tree and for flows. */
function chainLength(color: string, width: number, height: number): number {
  if (/^(east|west)_/.test(color)) return width;
  return /^(south|north)_/.test(color) ? height : 1;
}

function waveletsOf(instruction: FabricInstruction, env: ExprEnv): number {
  const size = (view: View | undefined, count: Expr | undefined) =>
    view === undefined ? (count === undefined ? 0 : evaluateExpr(count, env)) : viewSize(view, env);
  switch (instruction.op) {
    case "send":
      return size(instruction.src, undefined);
    case "recv":
    case "recv_reduce":
      return size(instruction.dst, undefined);
    case "drop":
      return size(undefined, instruction.count);
    case "forward":
      return size(instruction.view, instruction.count);
    default:
      return instruction satisfies never;
  }
}

function localCycles(instruction: LocalInstruction, machine: Machine, env: ExprEnv): number {
  const { core } = machine;
  const perElement = core.centicyclesPerElement[costClassOf(instruction)].f32;
  if (instruction.op === "matmul") {
    const [m = 0, n = 0] = instruction.dst.dims.map((dim) => evaluateExpr(dim.count, env));
    const k = evaluateExpr(instruction.a.dims[1]?.count ?? { kind: "const", value: 0 }, env);
    if (m <= 0 || n <= 0 || k <= 0) return core.controlCycles;
    return k * Math.min(m, n) * core.vectorStartCycles + Math.ceil((m * k * n * perElement) / 100);
  }
  const elements = viewSize(instruction.op === "reduce" ? instruction.src : instruction.dst, env);
  if (elements <= 0) return core.controlCycles;
  return core.vectorStartCycles + Math.ceil((elements * perElement) / 100);
}
