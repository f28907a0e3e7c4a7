// Routers: visits those that have a lane to try, and within a router the lanes in rotating order of colour. Control wavelets, multicasts and host ports take the
// paths below the loop.
// Hot loops: a data wavelet with one destination passes without a call.
import {
  CONTENTION_EVENTS,
  DATA,
  FAULT_NOWHERE,
  FAULT_SURPLUS,
  IS_LINK_SHIFT,
  IS_SPECIAL,
  IS_TRANSIT,
  LAG_MASK,
  LAG_SHIFT,
  LANE_FLAGS,
  LANE_SHIFT,
  LANE_SOURCE,
  LANE_TARGETS,
  LAST_MOVE,
  LAST_OUTPUT,
  NOWHERE,
  PORT_BITS_MASK,
  QUEUE_LAST_POP,
  QUEUE_STATE,
  STATE_ROUTER,
  STATE_SHIFT,
  STREAM_DATA,
  STREAM_ELEMENTS,
  STREAM_MOVED,
  STREAM_SHIFT,
  TARGETS_SHIFT,
  TO_RAMP,
  WAVELET_HOPS,
} from "./layout.ts";
import { actOn } from "./lanes.ts";
import {
  append,
  FREE,
  headOf,
  HELD,
  IS_AWAITED,
  isRecent,
  ONE_FREE,
  pop,
  POPPED,
  push,
  PUSHED,
  spaceIn,
  wakeFeeder,
  wakeTaker,
  wasPopped,
} from "./queues.ts";
import { FIRST, listLanes, restLane } from "./ready.ts";
import { count64, lanes, laneStates, linkWavelets, setFault, streams, tried } from "./state.ts";

const VALUE: u64 = 0xffffffff;

export function stepRouters(now: u32): void {
  const end = listLanes();
  const limit = (now << 2) | 3;
  const stamp = ((now << 2) as u64) << 32;
  let hops: u32 = 0;
  let hasMoved: u32 = 0;
  // Ports used in this cycle.
  let taken: u32 = 0;
  for (let i = tried; i < end; i += 4) {
    const entry = load<u32>(i);
    if ((entry & FIRST) !== 0) taken = 0;
    const lane = entry & ~FIRST;
    const source = load<u32>(lane, LANE_SOURCE);
    const held = load<u32>(source, QUEUE_STATE);
    if ((held & HELD) === 0) {
      if (!isRecent(source, now)) restLane(lane);
      continue;
    }
    const head = headOf(source, held);
    const tag = (head >> 32) as u32;
    const flags = load<u32>(lane, LANE_FLAGS);
    if (tag + ((flags >> LAG_SHIFT) & LAG_MASK) > limit) continue;
    if (((tag & 3) | (flags & IS_SPECIAL)) !== 0) {
      const ports = moveSpecial(lane, head, taken, now);
      taken |= ports;
      hasMoved |= ports;
      continue;
    }
    const to = load<u32>(lane, LANE_TARGETS);
    const state = load<u32>(to, QUEUE_STATE);
    if ((state & FREE) <= ONE_FREE) {
      if ((state & FREE) === 0) {
        if (!isRecent(to, now)) {
          store<u32>(to, state | IS_AWAITED, QUEUE_STATE);
          restLane(lane);
        }
        continue;
      }
      if (wasPopped(to, now)) continue;
    }
    if ((flags & taken & PORT_BITS_MASK) !== 0) {
      count64(CONTENTION_EVENTS, 1);
      continue;
    }
    taken |= flags;
    append(to, state, (head & VALUE) | stamp);
    store<u32>(to, state + PUSHED, QUEUE_STATE);
    store<u32>(source, held + POPPED, QUEUE_STATE);
    store<u32>(source, now, QUEUE_LAST_POP);
    hops += flags >> IS_LINK_SHIFT;
    if ((state & HELD) === 0) wakeTaker(to, now);
    if ((held & IS_AWAITED) !== 0) wakeFeeder(source);
    hasMoved = 1;
  }
  if (hasMoved !== 0) store<u32>(LAST_MOVE, now);
  if (hops !== 0) count64(WAVELET_HOPS, hops as u64);
}

const LINK_PORTS: u32 = 15;
const RAMP_PORT: u32 = 4;

/** A control wavelet, or one to several destinations or a host port. Returns the ports by which it left, with IS_SPECIAL; 0 if it could not. */
function moveSpecial(at: u32, head: u64, taken: u32, now: u32): u32 {
  const flags = load<u32>(at + LANE_FLAGS);
  const source = load<u32>(at + LANE_SOURCE);
  const lane = (at - lanes) >> LANE_SHIFT;
  const kind = ((head >> 32) as u32) & 3;
  let targets = (flags >> TARGETS_SHIFT) & 7;
  let ports = flags & PORT_BITS_MASK;
  if (kind !== DATA) {
    // The ramp branch, which is the last one, is left out.
    ports &= LINK_PORTS;
    if ((flags & TO_RAMP) !== 0) targets--;
  }
  for (let i: u32 = 0; i < targets; i++) {
    const target = load<u32>(at + LANE_TARGETS + (i << 2));
    if (target === NOWHERE) {
      setFault(FAULT_NOWHERE, lane, 0);
      return 0;
    }
    if ((target & 7) !== 0) continue;
    const space = spaceIn(target, now);
    if (space === 0) restLane(at);
    if (space !== 2) return 0;
  }
  if ((ports & taken) !== 0) {
    count64(CONTENTION_EVENTS, 1);
    return 0;
  }
  deliver(at, targets, ports, head, now);
  pop(source, now);
  if (kind !== DATA && (flags & IS_TRANSIT) === 0) actOn(lane, kind, now);
  return ports | IS_SPECIAL;
}

/** Puts a wavelet into the first destinations of the lane's rule, which go out by these ports. */
function deliver(at: u32, targets: u32, ports: u32, head: u64, now: u32): void {
  const kind = ((head >> 32) as u32) & 3;
  let hops: u64 = 0;
  for (let i: u32 = 0; i < targets; i++, ports &= ports - 1) {
    const target = load<u32>(at + LANE_TARGETS + (i << 2));
    if ((target & 7) !== 0) {
      if (kind === DATA) takeOutput(target >> 3, head as u32, (at - lanes) >> LANE_SHIFT, now);
      continue;
    }
    const port = ctz<u32>(ports) as u32;
    push(target, head as u32, kind, now);
    if (port === RAMP_PORT) continue;
    hops++;
    if (linkWavelets !== 0) countLink(at, port);
  }
  count64(WAVELET_HOPS, hops);
}

function countLink(lane: u32, port: u32): void {
  const router = load<u32>(laneStates + (((lane - lanes) >> LANE_SHIFT) << STATE_SHIFT), STATE_ROUTER);
  const at = linkWavelets + (router << 4) + (port << 2);
  store<u32>(at, load<u32>(at) + 1);
}

function takeOutput(stream: u32, value: u32, lane: u32, now: u32): void {
  const at = streams + (stream << STREAM_SHIFT);
  const moved = load<u32>(at + STREAM_MOVED);
  if (moved >= load<u32>(at + STREAM_ELEMENTS)) {
    setFault(FAULT_SURPLUS, lane, stream);
    return;
  }
  store<u32>(at + STREAM_MOVED, moved + 1);
  const data = load<u32>(at + STREAM_DATA);
  if (data !== 0) store<u32>(data + (moved << 2), value);
  store<u32>(LAST_OUTPUT, now);
}
