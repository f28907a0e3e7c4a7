// Addresses and numbers of the control block, copied to globals, and the counters of a run.
import {
  COLORS,
  CORES,
  EMIT_CYCLES,
  EVENT_COUNT,
  EVENTS,
  FAULT,
  FAULT_LANE,
  FAULT_STREAM,
  HOP_CYCLES,
  LANE_LINKS,
  LANE_QUEUES,
  LANE_STATES,
  LANES,
  LINK_WAVELETS,
  PACE,
  PORTS,
  RAMP_CYCLES,
  ROUTERS,
  RULE_LISTS,
  STARTS,
  START_SLOTS,
  STREAMS,
  TRIED,
  UNIT_RESTS,
  UNITS,
} from "./layout.ts";

export let routers: u32 = 0;
export let lanes: u32 = 0;
export let laneLinks: u32 = 0;
export let laneQueues: u32 = 0;
export let laneStates: u32 = 0;
export let cores: u32 = 0;
export let units: u32 = 0;
export let unitRests: u32 = 0;
export let ports: u32 = 0;
export let streams: u32 = 0;
export let ruleLists: u32 = 0;
export let linkWavelets: u32 = 0;
export let starts: u32 = 0;
export let startSlots: u32 = 1;
export let events: u32 = 0;
export let tried: u32 = 0;
export let colors: u32 = 1;
export let hopCycles: u32 = 1;
export let rampCycles: u32 = 1;
export let emitCycles: u32 = 0;
export let pace: u32 = 1;

export function loadState(): void {
  routers = load<u32>(ROUTERS);
  lanes = load<u32>(LANES);
  laneLinks = load<u32>(LANE_LINKS);
  laneQueues = load<u32>(LANE_QUEUES);
  laneStates = load<u32>(LANE_STATES);
  cores = load<u32>(CORES);
  units = load<u32>(UNITS);
  unitRests = load<u32>(UNIT_RESTS);
  ports = load<u32>(PORTS);
  streams = load<u32>(STREAMS);
  ruleLists = load<u32>(RULE_LISTS);
  linkWavelets = load<u32>(LINK_WAVELETS);
  starts = load<u32>(STARTS);
  startSlots = load<u32>(START_SLOTS);
  events = load<u32>(EVENTS);
  tried = load<u32>(TRIED);
  colors = load<u32>(COLORS);
  hopCycles = load<u32>(HOP_CYCLES);
  rampCycles = load<u32>(RAMP_CYCLES);
  emitCycles = load<u32>(EMIT_CYCLES);
  pace = load<u32>(PACE);
}

/** Colour that comes first in this cycle, and the bits of those below it. */
export let firstColor: u32 = 0;
export let belowFirst: u32 = 0;

export function setCycle(now: u32): void {
  firstColor = now % colors;
  belowFirst = (1 << firstColor) - 1;
}

export function addEvent(event: u32): void {
  const count = load<u32>(EVENT_COUNT);
  store<u32>(events + (count << 2), event);
  store<u32>(EVENT_COUNT, count + 1);
}

/** Ends the run after this cycle; of several faults the first counts. */
export function setFault(kind: u32, lane: u32, stream: u32): void {
  if (load<u32>(FAULT) !== 0) return;
  store<u32>(FAULT, kind);
  store<u32>(FAULT_LANE, lane);
  store<u32>(FAULT_STREAM, stream);
}

export function count64(counter: u32, by: u64): void {
  store<u64>(counter, load<u64>(counter) + by);
}
