// The machine of hand-computed tests: small numbers, all different, so that each shows in a sum.
import type { Machine } from "@waferc/machine";

const COST = { f32: 100, i32: 100, f16: 50, bf16: 50, mixed: 75 };

/** 8 x 8 cores. hop 1, ramp 2, fabric start 3, control 2, vector start 5, loop 1, one cycle an element. */
export const TEST_MACHINE: Machine = {
  name: "test8x8",
  sha256: "",
  width: 8,
  height: 8,
  clockHz: 1e9,
  core: {
    sramBytes: 49152,
    bytesPerInstruction: 16,
    inputQueues: 4,
    outputQueues: 4,
    reservedInputQueues: 0,
    reservedOutputQueues: 0,
    microthreads: 4,
    vectorStartCycles: 5,
    fabricStartCycles: 3,
    emitCycles: 0,
    sendPauseEvery: 0,
    controlCycles: 2,
    loopCycles: 1,
    centicyclesPerElement: {
      move: COST,
      add: COST,
      mul: COST,
      div: COST,
      sqrt: COST,
      exp: COST,
      trig: COST,
      erf: COST,
      matmul: COST,
    },
  },
  fabric: {
    colors: 8,
    reservedColors: [],
    switchPositions: 4,
    switchColors: [0, 1, 2, 3, 4, 5, 6, 7],
    switchChanges: "both",
    hopCycles: 1,
    rampCycles: 2,
    linkQueueDepth: 4,
    inputQueueDepth: 4,
    outputQueueDepth: 4,
  },
  hostSides: ["north", "east", "south", "west"],
  reservedCores: { north: 0, east: 0, south: 0, west: 0 },
  defects: { cores: [], links: [] },
};

/** The same machine with other numbers. */
export function machineWith(changes: {
  readonly core?: Partial<Machine["core"]>;
  readonly fabric?: Partial<Machine["fabric"]>;
  readonly defects?: Machine["defects"];
}): Machine {
  return {
    ...TEST_MACHINE,
    core: { ...TEST_MACHINE.core, ...changes.core },
    fabric: { ...TEST_MACHINE.fabric, ...changes.fabric },
    defects: changes.defects ?? TEST_MACHINE.defects,
  };
}
