// Rules of lanes: who is beyond each link, which queues the current rule joins, and what changes a rule. None of it happens for a wavelet that only passes.
import {
  CLOSE,
  CODE_SHIFT,
  EMPTY_QUEUE,
  IS_LINK_SHIFT,
  IS_SPECIAL,
  IS_TRANSIT,
  LAG_SHIFT,
  LANE_FLAGS,
  LANE_NUMBER,
  LANE_SHIFT,
  LANE_SOURCE,
  LANE_TARGETS,
  LINKS_SHIFT,
  NEVER,
  NOWHERE,
  NO_RULES,
  POSITION_SHIFT,
  QUEUES_SIZE,
  QUEUE_FEEDER,
  QUEUE_TAKER,
  ROUTER_COLORS,
  ROUTER_CORE,
  ROUTER_LANES,
  ROUTER_SHIFT,
  RULE_LIST_SHIFT,
  RULE_PORTS_SHIFT,
  RULE_TRANSIT_SHIFT,
  STATE_AWAITED,
  STATE_CLOSED,
  STATE_ROUTER,
  STATE_RULES,
  STATE_SHIFT,
  TAG_LANE,
  TAG_UNIT,
  TARGETS_SHIFT,
  TO_RAMP,
} from "./layout.ts";
import { wakeLane, wakeUnit } from "./ready.ts";
import {
  emitCycles,
  hopCycles,
  laneLinks,
  laneQueues,
  lanes,
  laneStates,
  linkWavelets,
  rampCycles,
  routers,
  ruleLists,
} from "./state.ts";

const RAMP_PORT: u32 = 4;
const CORE_PORT: u32 = 5;

export function laneCode(lane: u32): u32 {
  const router = load<u32>(laneStates + (lane << STATE_SHIFT) + STATE_ROUTER);
  return (router << CODE_SHIFT) | (load<u32>(lanes + (lane << LANE_SHIFT) + LANE_NUMBER) << 2) | TAG_LANE;
}

function queueOf(lane: u32, port: u32): u32 {
  return load<u32>(laneQueues + lane * QUEUES_SIZE + (port << 2));
}

/** The lane of a colour at a router, which must have one. */
function laneOf(record: u32, color: u32): u32 {
  const below = load<u32>(record + ROUTER_COLORS) & ((1 << color) - 1);
  return ((load<u32>(record + ROUTER_LANES) - lanes) >> LANE_SHIFT) + (popcnt<u32>(below) as u32);
}

/** Joins the lanes of a router with those of its neighbours; north, east, south and west are routers, -1 off the grid. */
export function linkRouter(router: u32, north: i32, east: i32, south: i32, west: i32): void {
  const record = routers + (router << ROUTER_SHIFT);
  let lane = (load<u32>(record + ROUTER_LANES) - lanes) >> LANE_SHIFT;
  let rest = load<u32>(record + ROUTER_COLORS);
  for (let number: u32 = 0; rest !== 0; rest &= rest - 1, lane++, number++) {
    const color = ctz<u32>(rest) as u32;
    const at = lanes + (lane << LANE_SHIFT);
    store<u32>(at + LANE_NUMBER, number);
    store<u32>(laneStates + (lane << STATE_SHIFT) + STATE_ROUTER, router);
    for (let port: u32 = 0; port < CORE_PORT; port++) {
      const queue = queueOf(lane, port);
      if (queue !== 0) store<u32>(queue + QUEUE_TAKER, (router << CODE_SHIFT) | (number << 2) | TAG_LANE);
    }
    const own = queueOf(lane, CORE_PORT);
    if (own !== 0) store<u32>(own + QUEUE_FEEDER, (router << CODE_SHIFT) | (number << 2) | TAG_LANE);
    linkPort(lane, number, router, 0, north, color);
    linkPort(lane, number, router, 1, east, color);
    linkPort(lane, number, router, 2, south, color);
    linkPort(lane, number, router, 3, west, color);
  }
}

function linkPort(lane: u32, number: u32, router: u32, port: u32, neighbor: i32, color: u32): void {
  let target: u32 = NOWHERE;
  if (neighbor >= 0) {
    const record = routers + ((neighbor as u32) << ROUTER_SHIFT);
    if (load<u32>(record + ROUTER_COLORS) & (1 << color)) {
      const queue = queueOf(laneOf(record, color), (port + 2) & 3);
      if (queue !== 0) {
        target = queue;
        store<u32>(queue + QUEUE_FEEDER, (router << CODE_SHIFT) | (number << 2) | TAG_LANE);
      }
    }
  }
  store<u32>(laneLinks + (lane << LINKS_SHIFT) + (port << 2), target);
}

/** Writes the current rule of a lane into its record. */
export function resolveRule(lane: u32): void {
  const at = lanes + (lane << LANE_SHIFT);
  const state = laneStates + (lane << STATE_SHIFT);
  const rules = load<u32>(state + STATE_RULES);
  const list = ruleLists + ((rules & NO_RULES) << RULE_LIST_SHIFT);
  store<u32>(at + LANE_SOURCE, EMPTY_QUEUE);
  if (load<u32>(state + STATE_CLOSED) !== NEVER) return;
  if ((rules & NO_RULES) === NO_RULES || rules >> POSITION_SHIFT >= load<u32>(list)) return;
  const rule = load<u32>(load<u32>(list + 4) + ((rules >> POSITION_SHIFT) << 2));
  const ports = (rule >> RULE_PORTS_SHIFT) & 31;
  const source = queueOf(lane, rule & 7);
  if (source !== 0) store<u32>(at + LANE_SOURCE, source);
  let flags = ports;
  let queues: u32 = 0;
  let count: u32 = 0;
  for (let rest = ports; rest !== 0; rest &= rest - 1, count++) {
    const port = ctz<u32>(rest) as u32;
    const target =
      port === RAMP_PORT ? queueOf(lane, CORE_PORT) : load<u32>(laneLinks + (lane << LINKS_SHIFT) + (port << 2));
    store<u32>(at + LANE_TARGETS + (count << 2), target);
    if (port === RAMP_PORT) flags |= TO_RAMP;
    if ((target & 7) === 0) queues++;
  }
  if ((rule >> RULE_TRANSIT_SHIFT) & 1) flags |= IS_TRANSIT;
  const isLink = (flags & TO_RAMP) === 0;
  if (count !== 1 || queues !== 1 || (isLink && linkWavelets !== 0)) flags |= IS_SPECIAL;
  if (isLink) flags |= 1 << IS_LINK_SHIFT;
  flags |= ((rule & 7) < RAMP_PORT ? hopCycles : emitCycles + rampCycles) << (LAG_SHIFT + 2);
  store<u32>(at + LANE_FLAGS, flags | (count << TARGETS_SHIFT));
}

/** Steps or closes a lane after a control wavelet has left it in this cycle. */
export function actOn(lane: u32, kind: u32, now: u32): void {
  const state = laneStates + (lane << STATE_SHIFT);
  if (kind === CLOSE) {
    store<u32>(state + STATE_CLOSED, now + 1);
    store<u32>(lanes + (lane << LANE_SHIFT) + LANE_SOURCE, EMPTY_QUEUE);
    if (load<u32>(state + STATE_AWAITED) === 0) return;
    store<u32>(state + STATE_AWAITED, 0);
    const router = load<u32>(state + STATE_ROUTER);
    wakeUnit((load<u32>(routers + (router << ROUTER_SHIFT) + ROUTER_CORE) << CODE_SHIFT) | TAG_UNIT);
    return;
  }
  const rules = load<u32>(state + STATE_RULES);
  const length = load<u32>(ruleLists + ((rules & NO_RULES) << RULE_LIST_SHIFT));
  const position = (rules >> POSITION_SHIFT) + 1;
  store<u32>(state + STATE_RULES, (rules & NO_RULES) | ((position === length ? 0 : position) << POSITION_SHIFT));
  resolveRule(lane);
  wakeLane(laneCode(lane));
}

/** Installs rules at a closed lane. */
export function openLane(lane: u32, list: u32): void {
  const state = laneStates + (lane << STATE_SHIFT);
  store<u32>(state + STATE_RULES, list);
  store<u32>(state + STATE_CLOSED, load<u32>(ruleLists + (list << RULE_LIST_SHIFT)) === 0 ? 0 : NEVER);
  resolveRule(lane);
  wakeLane(laneCode(lane));
}
