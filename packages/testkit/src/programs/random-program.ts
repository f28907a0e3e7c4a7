// Random legal programs (docs/program.md) with a machine, weights and inputs, for engines, checker and mutants: `randomProgram`.
// How they are legal by construction is in `plan.ts`; what can happen in them in `events.ts` and the patterns.
// Leaves out: several entries, tensors that streams share, programs that are legal by luck of the capacities only.
import { Rng, sha256 } from "@waferc/base";
import { isDeadCore } from "@waferc/machine";
import type { Machine } from "@waferc/machine";
import type { Interval, Program, ProgramTensor, StepScalar, TensorSource } from "@waferc/ir/program";
import { assembleEntry } from "./assemble.ts";
import { CodeGroup } from "./code-group.ts";
import { addEvent, EVENT_KINDS, finishDeferred } from "./events.ts";
import type { EventKind } from "./events.ts";
import { FabricPlan } from "./fabric-plan.ts";
import { emitLocalStep } from "./local-steps.ts";
import { Plan } from "./plan.ts";
import type { ProgramFeatures, Style } from "./plan.ts";
import { addPreloads, randomTensors } from "./preloads.ts";
import { randomExtent, randomMachine } from "./random-machine.ts";
import { randomData } from "./values.ts";

export interface RandomProgramOptions {
  /** Largest width and height; 8 by default. */
  readonly maxExtent?: number;
  /** About how many events; 4 to 14 by default. */
  readonly events?: number;
  /** Whether the machine may differ from mesh8x8 in anything but size and host sides; true by default. */
  readonly mayPerturb?: boolean;
}

export interface RandomProgram {
  readonly program: Program;
  readonly machine: Machine;
  readonly weights: TensorSource;
  /** Data of each `in` stream by its tensor's name. */
  readonly inputs: ReadonlyMap<string, Float32Array | Int32Array>;
  /** A value of each step scalar. */
  readonly steps: ReadonlyMap<string, number>;
  readonly features: ProgramFeatures;
}

const MAX_CODE = 600;
const MAX_WORDS = 6000;

/** The program of a seed: the same on every machine. */
export function randomProgram(seed: number | string, options: RandomProgramOptions = {}): RandomProgram {
  const rng = new Rng(`program ${seed}`);
  const machine = randomMachine(rng.fork("machine"), {
    ...randomExtent(rng, options.maxExtent ?? 8),
    isPerturbed: (options.mayPerturb ?? true) && rng.chance(0.5),
    hasDefects: rng.chance(0.15),
  });
  const steps = randomSteps(rng);
  const groups = randomGroups(rng, machine, steps);
  const style = randomStyle(rng);
  const plan = new Plan({ rng, machine, style, fabric: new FabricPlan(machine, rng.chance(0.4)), groups, steps });
  const tensors = randomTensors(rng);
  for (const group of groups) addPreloads(rng, group, tensors);
  growProgram(plan, options.events ?? rng.between(4, 14));
  const tensorData = tensors.map(({ type, shape }) => randomData(rng, type, elementsOf(shape)));
  const inputs = new Map(
    plan.streams
      .filter(({ direction }) => direction === "in")
      .map(({ name, type, elements }) => [name, randomData(rng, type, elements)] as const),
  );
  const program: Program = {
    name: `random-${seed}`,
    machine: { name: machine.name, sha256: machine.sha256, width: machine.width, height: machine.height },
    tensors: tensors.map((tensor, i): ProgramTensor => ({ ...tensor, sha256: digestOf(tensorData[i]) })),
    kernels: [0, 1, 2].map((i) => ({ name: `kernel${i}`, template: "random", loc: [`/node${i}`] })),
    entries: [assembleEntry(plan)],
  };
  return {
    program,
    machine,
    weights: (tensor) => tensorData[tensor] ?? new Float32Array(0),
    inputs,
    steps: new Map(steps.map(({ name, min, max }) => [name, rng.between(min, max)])),
    features: plan.features,
  };
}

function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

function digestOf(data: Float32Array | Int32Array | undefined): string {
  return data ? sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) : "";
}

function randomSteps(rng: Rng): StepScalar[] {
  if (!rng.chance(0.35)) return [];
  return Array.from({ length: rng.between(1, 2) }, (_, i) => {
    const min = rng.between(0, 2);
    return { name: `s${i}`, min, max: min + rng.between(0, 4) };
  });
}

function randomStyle(rng: Rng): Style {
  return {
    localRate: rng.pick([0.1, 0.3, 0.5]),
    mergeRate: rng.pick([0.2, 0.8, 1]),
    mixRate: rng.pick([0, 0.3, 0.9]),
    asyncRate: rng.pick([0, 0.3, 0.7]),
    transitRate: rng.pick([0, 0.3]),
    openRate: rng.pick([0, 0.05, 0.3]),
    longRate: rng.pick([0, 0.2, 0.5]),
  };
}

/** Codes on disjoint sets of cores: one for all, stripes, blocks, or each core its own; some cores without. */
function randomGroups(rng: Rng, machine: Machine, steps: readonly StepScalar[]): CodeGroup[] {
  const { width, height } = machine;
  const keyOf = rng.pick<(x: number, y: number) => string>([
    () => "all",
    (x) => `${x % 2}`,
    (x, y) => `${(x + y) % 3}`,
    (x, y) => `${Math.floor(x / 3)} ${Math.floor(y / 3)}`,
    (_, y) => `${y}`,
    (x, y) => (width * height <= 20 ? `${x} ${y}` : `${Math.floor(x / 2)} ${Math.floor(y / 2)}`),
    () => `${rng.below(3)}`,
  ]);
  const isSparse = rng.chance(0.2);
  const members = new Map<string, number[]>();
  for (let core = 0; core < width * height; core++) {
    const [x, y] = [core % width, Math.floor(core / width)];
    if (isDeadCore(machine, x, y) || (isSparse && rng.chance(0.3))) continue;
    const key = keyOf(x, y);
    members.set(key, [...(members.get(key) ?? []), core]);
  }
  const ranges = new Map<string, Interval>(steps.map(({ name, min, max }) => [name, { min, max }]));
  return [...members.values()].map((cores, i) => new CodeGroup(`code${i}`, cores, width, ranges));
}

function growProgram(plan: Plan, events: number): void {
  const { rng } = plan;
  // A few kinds prevail in each program, so that programs differ.
  const weights = new Map(EVENT_KINDS.map((kind) => [kind, rng.chance(0.45) ? rng.between(1, 6) : 0.3]));
  weights.set("again", 2);
  const add = (kinds: readonly EventKind[]) => {
    for (let tries = 0; tries < 6; tries++) {
      for (const group of plan.groups) group.kernel = rng.below(3);
      if (addEvent(plan, pickWeighted(rng, kinds, weights), () => add(NESTABLE))) return;
    }
  };
  for (let i = 0; i < events && hasRoom(plan); i++) {
    add(EVENT_KINDS);
    finishDeferred(plan, 0.25);
    for (const group of plan.groups) {
      if (rng.chance(0.2)) emitLocalStep(rng, group);
      if (rng.chance(0.2)) group.nextPhase();
    }
  }
  finishDeferred(plan, 1);
}

const NESTABLE = EVENT_KINDS.filter((kind) => kind !== "reuse");

function pickWeighted(rng: Rng, kinds: readonly EventKind[], weights: ReadonlyMap<EventKind, number>): EventKind {
  const total = kinds.reduce((sum, kind) => sum + (weights.get(kind) ?? 0), 0);
  let left = rng.float() * total;
  return kinds.find((kind) => (left -= weights.get(kind) ?? 0) < 0) ?? "local";
}

function hasRoom(plan: Plan): boolean {
  return plan.groups.every((group) => {
    const words = group.buffers.reduce((sum, buffer) => sum + buffer.elements, 0);
    return words < MAX_WORDS && group.body.length < MAX_CODE;
  });
}
