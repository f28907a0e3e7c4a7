/**
 * Seeded random graphs of the float ops that the mesh runs (`graph-steps.ts`): a chain with side inputs, references to earlier values and sometimes
 * several outputs; odd and prime extents, 1, ranks 1 to 4. At least one op computes: graphs that only move data have nothing for a mesh.
 */
import { Rng } from "@waferc/base";
import type { Graph } from "@waferc/ir/graph";
import type { Tensor } from "@waferc/numerics";
import { GraphState } from "./graph-state.ts";
import { COMPUTING, MOVING } from "./graph-steps.ts";

export interface RandomGraph {
  readonly graph: Graph;
  readonly inputs: ReadonlyMap<string, Tensor>;
  /** Operator kinds, in order. */
  readonly kinds: readonly string[];
}

export interface RandomGraphOptions {
  /** Steps of one op or a few each; 6 by default. */
  readonly maxSteps?: number;
}

const MOVING_SHARE = 0.3;

/** The graph of a seed. */
export function randomGraph(seed: number | string, { maxSteps = 6 }: RandomGraphOptions = {}): RandomGraph {
  const rng = new Rng(seed).fork("graph");
  const state = new GraphState(`random_${seed}`, rng);
  let x = state.input(state.shape());
  const steps = rng.between(1, maxSteps);
  const computing = rng.below(steps);
  const outputs = new Set<number>();
  for (let step = 0; step < steps;) {
    const isMoving = step !== computing && rng.chance(MOVING_SHARE);
    const next = rng.pick(isMoving ? MOVING : COMPUTING)(state, x);
    if (next === undefined) continue;
    if (step > computing && rng.chance(0.1)) outputs.add(x.value);
    x = next;
    step++;
  }
  [...outputs.add(x.value)].forEach((value, i) => state.builder.addOutput(`y${i}`, value as typeof x.value));
  return { graph: state.builder.freeze(), inputs: state.inputs, kinds: state.kinds };
}
