// Public surface of @waferc/machine.
export { CODES } from "./codes.ts";
export { hasHostPort, isDeadCore, isDeadLink } from "./defects.ts";
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
export { loadMachine, machineDescription, machineNames, resolveMachine } from "./load.ts";
export type { CoreModel, CostClass, Defects, FabricModel, LinkDirection, Machine } from "./machine.ts";
