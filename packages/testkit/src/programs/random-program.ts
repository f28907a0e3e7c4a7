// Random legal programs (docs/program.md) with a machine, weights and inputs, for engines, checker and mutants: `randomProgram`.
// How they are legal by construction is in `plan.ts`; what can happen in them in `events.ts` and the patterns.
// A quarter of them have two entries that share persistent buffers, at the same addresses on all cores.
// Leaves out: more entries, tensors that streams share, programs that are legal by luck of the capacities only.
import { Rng, sha256 } from "@waferc/base";
import { isDeadCore } from "@waferc/machine";
import type { Machine } from "@waferc/machine";
import { bufferBytes } from "@waferc/ir/program";
import type { Entry, Interval, Program, ProgramTensor, StepScalar } from "@waferc/ir/program";
import type { TensorData, TensorSource } from "@waferc/ir/program";
import { assembleEntry } from "./assemble.ts";
import { CodeGroup } from "./code-group.ts";
import type { BufferPlan } from "./code-group.ts";
import { addEvent, EVENT_KINDS, finishDeferred } from "./events.ts";
import type { EventKind } from "./events.ts";
import { FabricPlan } from "./fabric-plan.ts";
import { sumFeatures, typeFeatures } from "./features.ts";
import type { ProgramFeatures } from "./features.ts";
import { emitLocalStep } from "./local-steps.ts";
import { Plan } from "./plan.ts";
import type { Style } from "./plan.ts";
import { addPreloads, randomTensors } from "./preloads.ts";
import { randomExtent, randomMachine } from "./random-machine.ts";
import { randomData, randomType } from "./values.ts";

export interface RandomProgramOptions {
  /** Largest width and height; 8 by default. */
  readonly maxExtent?: number;
  /** About how many events; 4 to 14 by default. */
  readonly events?: number;
  /** Whether the machine may differ from mesh8x8 in anything but size and host sides; true by default. */
  readonly mayPerturb?: boolean;
  /** Whether it may have a second entry; true by default. */
  readonly mayKeepState?: boolean;
}

/** What an entry is run with. */
export interface RandomRun {
  readonly entry: string;
  /** Data of each `in` stream by its tensor's name. */
  readonly inputs: ReadonlyMap<string, TensorData>;
  /** A value of each step scalar. */
  readonly steps: ReadonlyMap<string, number>;
}

export interface RandomProgram {
  readonly program: Program;
  readonly machine: Machine;
  readonly weights: TensorSource;
  /** Runs that follow one another on one state; the first is of the first entry. */
  readonly runs: readonly [RandomRun, ...RandomRun[]];
  /** Of the first run. */
  readonly inputs: RandomRun["inputs"];
  readonly steps: RandomRun["steps"];
  readonly features: ProgramFeatures;
}

const MAX_CODE = 600;
const MAX_BYTES = 24_000;

/** The program of a seed: the same on every machine. */
export function randomProgram(seed: number | string, options: RandomProgramOptions = {}): RandomProgram {
  const rng = new Rng(`program ${seed}`);
  const machine = randomMachine(rng.fork("machine"), {
    ...randomExtent(rng, options.maxExtent ?? 8),
    isPerturbed: (options.mayPerturb ?? true) && rng.chance(0.5),
    hasDefects: rng.chance(0.15),
  });
  const tensors = randomTensors(rng);
  const isStateful = (options.mayKeepState ?? true) && rng.chance(0.25);
  const shared = isStateful ? sharedBuffers(rng) : [];
  const events = Math.ceil((options.events ?? rng.between(4, 14)) / (isStateful ? 2 : 1));
  const plans = (isStateful ? ENTRIES : ENTRIES.slice(0, 1)).map((name) => {
    const plan = randomPlan(rng, machine, shared);
    for (const group of plan.groups) addPreloads(rng, group, tensors);
    growProgram(plan, events);
    return { name, plan };
  });
  const tensorData = tensors.map(({ type, shape }) => randomData(rng, type, elementsOf(shape)));
  const program: Program = {
    name: `random-${seed}`,
    machine: { name: machine.name, sha256: machine.sha256, width: machine.width, height: machine.height },
    tensors: tensors.map((tensor, i): ProgramTensor => ({ ...tensor, sha256: digestOf(tensorData[i]) })),
    kernels: [0, 1, 2].map((i) => ({ name: `kernel${i}`, template: "random", loc: [`/node${i}`] })),
    entries: plans.map(({ name, plan }) => assembleEntry(name, plan)),
  };
  const [first, ...others] = program.entries;
  if (!first) throw new Error("a program has an entry");
  const later = others.length === 0 ? [] : [...others, rng.pick(program.entries), first];
  const run = randomRun(rng, first);
  return {
    program,
    machine,
    weights: (tensor) => tensorData[tensor] ?? new Float32Array(0),
    runs: [run, ...later.map((entry) => randomRun(rng, entry))],
    inputs: run.inputs,
    steps: run.steps,
    features: sumFeatures([...plans.map(({ plan }) => plan.features), typeFeatures(program)]),
  };
}

const ENTRIES = ["main", "next"];

function randomRun(rng: Rng, entry: Entry): RandomRun {
  const inputs = entry.streams
    .filter(({ direction }) => direction === "in")
    .map(({ tensor, type, shape }) => [tensor, randomData(rng, type, elementsOf(shape))] as const);
  const steps = entry.steps.map(({ name, min, max }) => [name, rng.between(min, max)] as const);
  return { entry: entry.name, inputs: new Map(inputs), steps: new Map(steps) };
}

function sharedBuffers(rng: Rng): BufferPlan[] {
  return Array.from({ length: rng.between(1, 3) }, (_, i) => {
    const [type, elements] = [randomType(rng), rng.between(1, 40)];
    return { name: `kept${i}`, type, elements, persistent: true, isShared: true, phase: undefined };
  });
}

function randomPlan(rng: Rng, machine: Machine, shared: readonly BufferPlan[]): Plan {
  const steps = randomSteps(rng);
  const groups = randomGroups(rng, machine, steps, shared);
  const fabric = new FabricPlan(machine, rng.chance(0.4));
  return new Plan({ rng, machine, style: randomStyle(rng), fabric, groups, steps });
}

function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

function digestOf(data: TensorData | undefined): string {
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
    hasHalfStreams: rng.chance(0.5),
  };
}

/** Codes on disjoint sets of cores: one for all, stripes, blocks, or each core its own; some cores without. */
function randomGroups(
  rng: Rng,
  machine: Machine,
  steps: readonly StepScalar[],
  shared: readonly BufferPlan[],
): CodeGroup[] {
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
  return [...members.values()].map(
    (cores, i) => new CodeGroup({ name: `code${i}`, cores, width, steps: ranges, shared }),
  );
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
    const bytes = group.buffers.reduce((sum, buffer) => sum + bufferBytes(buffer), 0);
    return bytes < MAX_BYTES && group.body.length < MAX_CODE;
  });
}
