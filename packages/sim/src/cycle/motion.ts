// What the main threads of the cycle engine need of the part that moves wavelets: operations under way, queues, routers and host streams. Two parts do that:
// plain-motion.ts in TypeScript, and wasm/wasm-motion.ts, several times as quick, in WebAssembly.
import type { ResolvedView } from "../image/view.ts";
import type { EndState } from "../stalemate.ts";
import type { PathRecorder } from "./path-recorder.ts";

/** A fabric operation to start; -1 for no lane. Made once and filled again and again. */
export interface Operation {
  inLane: number;
  outLane: number;
  wavelets: number;
  /** Kind of the wavelets that it emits, and what is done with each (kernels/combine.ts). */
  emits: number;
  action: number;
  /** Row of the ledger; -1 for microthreads. */
  row: number;
  pc: number;
  view: ResolvedView | undefined;
}

/** An operation that has wavelets left to move. */
export interface MovingOperation {
  readonly pc: number;
  readonly left: number;
  /** Whether it waits for a wavelet (else for a slot), and the lane that it waits at. */
  readonly lacksInput: boolean;
  readonly lane: number;
}

/** What moving tells main threads, in the cycle `now`. */
export interface MotionListener {
  /** The unit's operation moved its last wavelet in this cycle. */
  finished(core: number, unit: number): void;
  /** A blocked `bind` or `open` should look at its condition again. */
  recheck(core: number): void;
}

export interface MotionCounts {
  readonly waveletHops: number;
  readonly contentionEvents: number;
  /** Last cycle in which a wavelet moved, and in which an element left through a host port; -1 before the first. */
  readonly lastMove: number;
  readonly lastOutput: number;
  readonly linkWavelets: Uint32Array | undefined;
}

export interface Motion {
  readonly now: number;
  /** Follows the critical path where that is wanted. */
  readonly paths: PathRecorder | undefined;
  /** By lane: whether a queue of the core is bound to it. */
  readonly isBoundIn: Uint8Array;
  readonly isBoundOut: Uint8Array;
  /** First unit of each core: unit 0 is its main thread, unit t + 1 its microthread t. */
  readonly firstUnit: Int32Array;

  setNow(cycle: number): void;
  /**
   * Moves what can move in the current cycle, and perhaps in those after it, up to `limit` - 1, if nothing of a main thread falls between them. Leaves the last one
   * as the current cycle and returns the next in which something may move, or -1.
   * @throws ProgramFault
   */
  advance(limit: number, listener: MotionListener): number;

  /** Starts an operation, which may move from `delay` cycles on. */
  start(core: number, unit: number, operation: Operation, delay: number): void;
  isIdle(core: number, unit: number): boolean;
  /** Of a unit that moves; else undefined. */
  moving(core: number, unit: number): MovingOperation | undefined;
  /** The main thread is in a `bind` or `open` whose condition is to be rechecked, or no longer. */
  setBlocked(core: number, isBlocked: boolean): void;

  /** Whether the lane counted as closed at the start of this cycle; if not, the core rechecks when it is. */
  isClosed(lane: number, core: number): boolean;
  /** Whether the core's queue of a lane was empty at the start of this cycle; if not, the core rechecks an output queue when it may be. */
  isDrained(lane: number, direction: "in" | "out", core: number): boolean;
  /** Installs rules at a closed lane, from this cycle on; call it before `advance`. */
  open(lane: number, ruleList: number): void;
  /** Gives the core's queue of a lane its room, or takes it away; call it before `advance`. */
  setBoundIn(lane: number, isBound: boolean): void;
  /** Name of the queue at a port of a lane, for `paths`. */
  queueOf(lane: number, port: number): number;

  counts(): MotionCounts;
  /** Writes what `out` streams have received into their data, unless it is there already. */
  collectOutputs(streams: readonly Int32Array[]): void;
  /** For the end of a run in which nothing can move. */
  endState(): Omit<EndState, "threads">;
}
