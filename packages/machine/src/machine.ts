/**
 * The machine noun: what a target can do. A machine is data (one JSON file under `machines/`, schema-checked, each number with
 * its source); this is the resolved form that compilers, checkers and engines read. Timing fields are defined in
 * `docs/program.md` section 7.
 */

export type LinkDirection = "north" | "east" | "south" | "west";

/** Cost classes of local instructions; every instruction of the program maps to exactly one (docs/program.md section 7.2). */
export type CostClass = "move" | "add" | "mul" | "div" | "sqrt" | "exp" | "trig" | "erf" | "matmul";

/** Costs by element type. */
export interface CostByType {
  readonly f32: number;
  readonly i32: number;
  readonly f16: number;
  readonly bf16: number;
}

/** Cycles per element in hundredths, by cost class and type; `mixed` are products of 16-bit factors with sums in f32. */
export type CostTable = { readonly [C in Exclude<CostClass, "matmul">]: CostByType } & {
  readonly matmul: CostByType & { readonly mixed: number };
};

/** What selects a cost within its class. */
export type CostType = keyof CostByType | "mixed";

/** Hundredths of a cycle for an element. `mixed` is a type of `matmul` only. */
export function centicyclesOf({ centicyclesPerElement }: CoreModel, cost: CostClass, type: CostType): number {
  return type === "mixed" ? centicyclesPerElement.matmul.mixed : centicyclesPerElement[cost][type];
}

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
  /** Rows or columns of cores at each side that run no code of a program; their routers work. */
  readonly reservedCores: Readonly<Record<LinkDirection, number>>;
}

export interface CoreModel {
  readonly sramBytes: number;
  readonly bytesPerInstruction: number;
  /** Input and output queues a program may bind. */
  readonly inputQueues: number;
  readonly outputQueues: number;
  /** Queues that the core has beside those, kept by the runtime's transfers. */
  readonly reservedInputQueues: number;
  readonly reservedOutputQueues: number;
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
  readonly centicyclesPerElement: CostTable;
}

export interface FabricModel {
  /** Colours that a program may use: 0 .. colors - 1. */
  readonly colors: number;
  /** Routable colours beyond those, kept by the runtime's transfers. */
  readonly reservedColors: readonly number[];
  /** Rules that a router can hold for one colour. */
  readonly switchPositions: number;
  /** Colours for which it can hold more than one. */
  readonly switchColors: readonly number[];
  /** What a position may change of the one before it: source and destinations at once, or either of them. */
  readonly switchChanges: "both" | "either";
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
