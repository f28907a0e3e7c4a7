// The words in which the generators derive cycles, from docs/program.md section 7.
import type { Machine } from "@waferc/machine";
import type { ExampleType } from "./program-text.ts";

export interface Timing {
  /** `bind`, `wait`, `advance`. */
  readonly control: number;
  /** From the issue of a fabric instruction to its first wavelet. */
  readonly start: number;
  readonly loop: number;
  /** From a core's push of a wavelet to the cycle in which a core `hops` links away can take it: emit + ramp + hops + ramp. */
  readonly stage: (hops: number) => number;
  /** Cycles from the first to the last push of an undisturbed `send`: one a wavelet, and the pauses. */
  readonly span: (wavelets: number) => number;
  /** A `matmul`: a vector start for each call along the longer of m and n, and the elements. */
  readonly matmul: (m: number, k: number, n: number, type?: ExampleType) => number;
  /** Whether a stream can move a wavelet in every cycle: a queue holds a wavelet for its latency and one cycle. */
  readonly canStream: boolean;
  /** Whether a `send` pauses. Where streams are held up and go on, pauses are hidden in part, and sums no longer tell. */
  readonly hasPauses: boolean;
}

export function timingOf({ core, fabric }: Machine): Timing {
  const { emitCycles, sendPauseEvery, controlCycles, fabricStartCycles, loopCycles, vectorStartCycles } = core;
  const { hopCycles, rampCycles, linkQueueDepth, inputQueueDepth, outputQueueDepth } = fabric;
  return {
    control: controlCycles,
    start: fabricStartCycles,
    loop: loopCycles,
    stage: (hops) => emitCycles + 2 * rampCycles + hops * hopCycles,
    span: (wavelets) => wavelets - 1 + (sendPauseEvery > 0 ? Math.floor((wavelets - 1) / sendPauseEvery) : 0),
    matmul: (m, k, n, type = "f32") =>
      k * Math.min(m, n) * vectorStartCycles + Math.ceil((m * k * n * core.centicyclesPerElement.matmul[type]) / 100),
    canStream: linkQueueDepth > hopCycles && inputQueueDepth > rampCycles && outputQueueDepth > emitCycles + rampCycles,
    hasPauses: sendPauseEvery > 0,
  };
}
