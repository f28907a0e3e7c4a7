// Machines that differ from a given one in timing and in larger queues only, so that every program that runs on it runs on them, with the same
// values (docs/program.md section 10). Smaller queues are left out, because they may end a legal program in a deadlock.
import { Rng } from "@waferc/base";
import type { CoreModel, CostClass, FabricModel, Machine } from "@waferc/machine";

export interface Perturbation {
  readonly name: string;
  readonly machine: Machine;
}

interface Change {
  readonly name: string;
  apply(machine: Machine): Machine;
}

type Fields<T> = { readonly [K in keyof T]?: T[K] extends number ? (value: number) => number : never };

/** Some fields of the fabric, each replaced by a function of its value. */
function fabric(name: string, fields: Fields<FabricModel>): Change {
  return { name, apply: (machine) => ({ ...machine, fabric: changed(machine.fabric, fields) }) };
}

function core(name: string, fields: Fields<CoreModel>): Change {
  return { name, apply: (machine) => ({ ...machine, core: changed(machine.core, fields) }) };
}

function changed<T extends object>(part: T, fields: Fields<T>): T {
  const entries = Object.entries(fields) as [keyof T, (value: number) => number][];
  return { ...part, ...Object.fromEntries(entries.map(([key, change]) => [key, change(part[key] as number)])) };
}

/** Costs per element by class, each replaced by a function of its value. */
function costs(name: string, change: (value: number, costClass: CostClass) => number): Change {
  const apply = (machine: Machine): Machine => {
    const changedCosts = Object.entries(machine.core.centicyclesPerElement).map(([costClass, byType]) => {
      const changed = Object.entries(byType).map(([type, value]) => [type, change(value, costClass as CostClass)]);
      return [costClass, Object.fromEntries(changed)];
    });
    const centicyclesPerElement = Object.fromEntries(changedCosts) as CoreModel["centicyclesPerElement"];
    return { ...machine, core: { ...machine.core, centicyclesPerElement } };
  };
  return { name, apply };
}

const set = (value: number) => () => value;
const plus = (more: number) => (value: number) => value + more;
const times = (factor: number) => (value: number) => value * factor;

/** One group of fields at a time. */
const SINGLE: readonly Change[] = [
  fabric("hop latency 5", { hopCycles: set(5) }),
  fabric("ramp latency 1", { rampCycles: set(1) }),
  fabric("ramp latency 9", { rampCycles: set(9) }),
  fabric("link queues + 3", { linkQueueDepth: plus(3) }),
  fabric("input queues + 5", { inputQueueDepth: plus(5) }),
  fabric("output queues x 4", { outputQueueDepth: times(4) }),
  fabric("all queues x 64", { linkQueueDepth: times(64), inputQueueDepth: times(64), outputQueueDepth: times(64) }),
  core("vector start 0", { vectorStartCycles: set(0) }),
  core("vector start 70", { vectorStartCycles: set(70) }),
  core("fabric start 1", { fabricStartCycles: set(1) }),
  core("fabric start 33", { fabricStartCycles: set(33) }),
  core("control and loops 17", { controlCycles: set(17), loopCycles: set(17) }),
  costs("elements x 10", times(10)),
  costs("elements for nothing", set(0)),
];

/** Everything at once, at random. */
function mixture(seed: number): Change {
  const apply = (machine: Machine): Machine => {
    const rng = new Rng(seed).fork("perturbation");
    const parts = [
      fabric("", { hopCycles: set(rng.between(1, 8)), rampCycles: set(rng.between(1, 8)) }),
      fabric("", {
        linkQueueDepth: plus(rng.below(4)),
        inputQueueDepth: plus(rng.below(12)),
        outputQueueDepth: plus(rng.below(6)),
      }),
      core("", { vectorStartCycles: set(rng.below(40)), fabricStartCycles: set(rng.between(1, 30)) }),
      core("", { controlCycles: set(rng.between(1, 12)), loopCycles: set(rng.below(12)) }),
      costs("", () => rng.pick([0, 1, 25, 100, 333, 5000])),
    ];
    return parts.reduce((result, part) => part.apply(result), machine);
  };
  return { name: `mixture ${seed}`, apply };
}

const MIXTURES = 6;
const CHANGES = [...SINGLE, ...Array.from({ length: MIXTURES }, (_, seed) => mixture(seed))];

/** How many different ones there are. */
export const PERTURBATIONS = CHANGES.length;

/** Perturbation number `index` modulo their number: one thing changed, or a mixture of changes. The same for the same machine. */
export function perturbMachine(machine: Machine, index: number): Perturbation {
  const change = CHANGES[index % CHANGES.length] as Change;
  return { name: change.name, machine: change.apply(machine) };
}
