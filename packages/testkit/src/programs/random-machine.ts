// Random machines: a small mesh with the constants of mesh8x8, or with some of them changed. Every capacity stays at least 1.
import type { Rng } from "@waferc/base";
import { machineDescription, resolveMachine } from "@waferc/machine";
import type { LinkDirection, Machine } from "@waferc/machine";

const SIDES: readonly LinkDirection[] = ["north", "east", "south", "west"];

/** Values to choose from when a field is perturbed; each field is, or is not, on its own. */
const PERTURBATIONS: readonly (readonly [path: string, values: readonly number[]])[] = [
  ["fabric.hopCycles", [1, 2, 3, 7]],
  ["fabric.rampCycles", [1, 2, 5]],
  ["fabric.linkQueueDepth", [1, 2, 3, 8]],
  ["fabric.inputQueueDepth", [1, 2, 6, 16]],
  ["fabric.outputQueueDepth", [1, 2, 3, 16]],
  ["fabric.colors", [12, 16, 24, 31]],
  ["fabric.switchPositions", [2, 3, 4, 8]],
  ["core.vectorStartCycles", [0, 1, 5, 33]],
  ["core.fabricStartCycles", [1, 2, 17]],
  ["core.controlCycles", [1, 3, 10]],
  ["core.emitCycles", [0, 1, 4]],
  ["core.sendPauseEvery", [0, 1, 3, 8]],
  ["core.loopCycles", [0, 1, 9]],
  ["core.inputQueues", [4, 6, 8]],
  ["core.outputQueues", [4, 6, 8]],
  ["core.microthreads", [2, 3, 6, 8]],
  ["core.centicyclesPerElement.move.f32", [1, 25, 100, 333]],
  ["core.centicyclesPerElement.add.f32", [25, 50, 1000]],
];

export interface MachineChoice {
  readonly width: number;
  readonly height: number;
  readonly isPerturbed: boolean;
  readonly hasDefects: boolean;
}

export function randomMachine(rng: Rng, choice: MachineChoice): Machine {
  const { width, height, isPerturbed, hasDefects } = choice;
  const overrides = [`width=${width}`, `height=${height}`];
  if (rng.chance(0.5)) {
    const sides = SIDES.filter(() => rng.chance(0.7));
    overrides.push(`hostSides=${JSON.stringify(sides.length === 0 ? ["west"] : sides)}`);
  }
  if (isPerturbed) {
    for (const [path, values] of PERTURBATIONS) if (rng.chance(0.5)) overrides.push(`${path}=${rng.pick(values)}`);
  }
  if (hasDefects) {
    const at = () => ({ x: rng.below(width), y: rng.below(height) });
    const cores = Array.from({ length: rng.below(3) }, at);
    const links = Array.from({ length: rng.below(5) }, () => ({ ...at(), direction: rng.pick(SIDES) }));
    overrides.push(`defects.cores=${JSON.stringify(cores)}`, `defects.links=${JSON.stringify(links)}`);
  }
  return resolveMachine(machineDescription("mesh8x8"), overrides);
}

/** A mesh of 1x1 to `limit` x `limit` cores, small ones more often. */
export function randomExtent(rng: Rng, limit: number): { readonly width: number; readonly height: number } {
  const side = () => Math.min(limit, rng.chance(0.3) ? rng.between(1, 3) : rng.between(2, Math.max(8, limit)));
  return rng.chance(0.03) ? { width: 1, height: 1 } : { width: side(), height: side() };
}
