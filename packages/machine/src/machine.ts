/**
 * The machine noun: what a target can do. A machine is data (one JSON file under `machines/`, schema-checked, each number with
 * its source); this is the resolved form that compilers, checkers and engines read. Timing fields are defined in
 * `docs/program.md` section 7.
 */

export type LinkDirection = "north" | "east" | "south" | "west";

/** Cost classes of local instructions; every instruction of the program maps to exactly one (docs/program.md section 7.2). */
export type CostClass = "move" | "add" | "mul" | "div" | "sqrt" | "exp" | "trig" | "erf" | "matmul";

export interface Machine {
  readonly name: string;
  /** SHA-256 of the canonical JSON of the resolved machine (after overrides). */
  readonly sha256: string;
  readonly width: number;
  readonly height: number;
  readonly clockHz: number;
  readonly core: CoreModel;
  readonly fabric: FabricModel;
  /** Sides whose edge routers have a host port each; each port carries `hostWaveletsPerCycle` in each direction. */
  readonly hostSides: readonly LinkDirection[];
  readonly defects: Defects;
}

export interface CoreModel {
  readonly sramBytes: number;
  readonly bytesPerInstruction: number;
  /** Input and output queues a program may bind. */
  readonly inputQueues: number;
  readonly outputQueues: number;
  readonly microthreads: number;
  /** Start cost of a local vector instruction, and of each inner vector call of a matmul. */
  readonly vectorStartCycles: number;
  /** From the issue of a fabric instruction to the first cycle in which it may move a wavelet. */
  readonly fabricStartCycles: number;
  /** From the move of a wavelet by a fabric operation until it enters the ramp. */
  readonly emitCycles: number;
  /** A `send` pauses for one cycle after every so many wavelets; 0 for never. */
  readonly sendPauseEvery: number;
  /** wait, bind, advance, close, open, and any instruction whose count is 0. */
  readonly controlCycles: number;
  /** Charged at the start of each loop iteration. */
  readonly loopCycles: number;
  /** Cycles per element in hundredths, by cost class and element type. */
  readonly centicyclesPerElement: { readonly [C in CostClass]: { readonly f32: number; readonly i32: number } };
}

export interface FabricModel {
  readonly colors: number;
  readonly switchPositions: number;
  readonly hopCycles: number;
  readonly rampCycles: number;
  /** Slots of a queue at a router's N, E, S or W port, per colour. */
  readonly linkQueueDepth: number;
  /** Slots from router to core (a core's input queue). */
  readonly inputQueueDepth: number;
  /** Slots from core to router (a core's output queue). */
  readonly outputQueueDepth: number;
}

export interface Defects {
  readonly cores: readonly { readonly x: number; readonly y: number }[];
  readonly links: readonly { readonly x: number; readonly y: number; readonly direction: LinkDirection }[];
}
