// Public surface of @waferc/machine.
export { CODES } from "./codes.ts";
export { canRunCode, hasHostPort, isDeadCore, isDeadLink, isReservedCore, usableCores, usableRect } from "./defects.ts";
export {
  coordOfIndex,
  coreIndex,
  hopDistance,
  isOnGrid,
  isRectOnGrid,
  LINK_DIRECTIONS,
  neighborOf,
  oppositeDirection,
  rectContains,
  rectsOverlap,
  stepOf,
} from "./geometry.ts";
export type { Coord, Grid, Rect } from "./geometry.ts";
export { loadMachine, machineDescription, machineNames, overrideDescription, resolveMachine } from "./load.ts";
export { centicyclesOf } from "./machine.ts";
export type {
  CoreModel,
  CostClass,
  CostTable,
  CostType,
  Defects,
  FabricModel,
  LinkDirection,
  Machine,
} from "./machine.ts";
