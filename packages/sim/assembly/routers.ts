// Routers: visits those that have a lane to try, and within a router the lanes in rotating order of colour. Control wavelets, multicasts and host ports take the
// paths below the loop.
// Hot loops: a data wavelet with one destination passes without a call.
import {
  CONTENTION_EVENTS,
  DATA,
  FAULT_NOWHERE,
  FAULT_SURPLUS,
  IS_LINK_SHIFT,
  IS_SINGLE,
  IS_TRANSIT,
  LANE_BITS,
  LANE_FLAGS,
  LANE_LATENCY,
  LANE_SHIFT,
  LANE_SOURCE,
  LANE_SUMMARY,
  LANE_TARGETS,
  LAST_MOVE,
  LAST_OUTPUT,
  NOWHERE,
  PORT_BITS_MASK,
  QUEUE_FEEDER,
  QUEUE_TAKER,
  ROUTER_COLORS,
  ROUTER_COUNT,
  ROUTER_LANES,
  ROUTER_SHIFT,
  STREAM_DATA,
  STREAM_ELEMENTS,
  STREAM_MOVED,
  STREAM_SHIFT,
  TARGETS_SHIFT,
  TO_RAMP,
  WAVELET_HOPS,
} from "./layout.ts";
import { actOn } from "./lanes.ts";
import { capacityOf, countOf, IS_AWAITED, ONE_WAVELET, pop, push, slotOf, spaceIn, withoutHead } from "./queues.ts";
import { tidy, unmark, wake, wakeLane } from "./ready.ts";
import { colors, count64, hopCycles, lanes, linkWavelets, rampCycles, routers, setFault, streams } from "./state.ts";

const VALUE: u64 = 0xffffffff;

export function stepRouters(now: u32): void {
  const table = routers;
  const links = linkWavelets;
  const bitsTable = load<u32>(LANE_BITS);
  const summary = load<u32>(LANE_SUMMARY);
  const summaryEnd = summary + (((load<u32>(ROUTER_COUNT) + 4095) >> 12) << 3);
  const due = (now << 2) as u64;
  const belowFirst: u32 = (1 << (now % colors)) - 1;
  let hops: u64 = 0;
  let lost: u64 = 0;
  let hasMoved = false;
  for (let over = summary; over < summaryEnd; over += 8) {
    for (let rest = load<u64>(over); rest !== 0; rest &= rest - 1) {
      const word = (((over - summary) >> 3) << 6) + (ctz<u64>(rest) as u32);
      const bitsAt = bitsTable + (word << 3);
      for (let bits = load<u64>(bitsAt); bits !== 0; bits &= bits - 1) {
        const router = (word << 6) + (ctz<u64>(bits) as u32);
        const record = table + (router << ROUTER_SHIFT);
        let mask = load<u32>(record);
        const first = load<u32>(record + ROUTER_LANES);
        let later: u32 = 0;
        if ((mask & (mask - 1)) !== 0) {
          // Several lanes: by colour, those below the first colour of this cycle after the rest.
          const lower = load<u32>(record + ROUTER_COLORS) & belowFirst;
          const below: u32 = (1 << popcnt<u32>(lower)) - 1;
          later = mask & below;
          mask &= ~below;
          if (mask === 0) {
            mask = later;
            later = 0;
          }
        }
        // Ports used in this cycle, and lanes that need not be tried in the next.
        let taken: u32 = 0;
        let idle: u32 = 0;
        while (mask !== 0) {
          const bit = mask & (0 - mask);
          const lane = first + ((ctz<u32>(mask) as u32) << LANE_SHIFT);
          mask ^= bit;
          if (mask === 0) {
            mask = later;
            later = 0;
          }
          const source = load<u32>(lane + LANE_SOURCE);
          if (source === 0) {
            idle |= bit;
            continue;
          }
          const held = load<u64>(source);
          if (countOf(held) === 0) {
            idle |= bit;
            continue;
          }
          const head = load<u64>(slotOf(source, held, 0));
          const tag = head >> 32;
          if ((tag >> 2 > now) as u64) continue;
          const flags = load<u32>(lane + LANE_FLAGS);
          if ((tag & 3) === DATA && (flags & IS_SINGLE) !== 0) {
            const to = load<u32>(lane + LANE_TARGETS);
            const state = load<u64>(to);
            const before = countOf(state);
            const capacity = capacityOf(state);
            if (before + 1 >= capacity) {
              if (before >= capacity) {
                store<u64>(to, state | IS_AWAITED);
                idle |= bit;
                continue;
              }
              if ((state as u32) === now) continue;
            }
            if ((flags & taken & PORT_BITS_MASK) !== 0) {
              lost++;
              continue;
            }
            taken |= flags;
            store<u64>(
              slotOf(to, state, before),
              (head & VALUE) | ((due + (load<u32>(lane + LANE_LATENCY) as u64)) << 32),
            );
            store<u64>(to, state + ONE_WAVELET);
            hops += ((flags >> IS_LINK_SHIFT) & 1) as u64;
            if (links !== 0 && (flags & TO_RAMP) === 0) countLink(links, router, flags);
            if (before === 0) {
              const taker = load<u32>(to + QUEUE_TAKER);
              if ((flags & TO_RAMP) === 0) wakeLane(taker);
              else wake(taker);
            }
            store<u64>(source, withoutHead(held, now));
            if ((held & IS_AWAITED) !== 0) wake(load<u32>(source + QUEUE_FEEDER));
            hasMoved = true;
          } else {
            const verdict = moveSpecial(lane, router, head, taken, now);
            if (verdict === MOVED) {
              taken |= flags & ((tag & 3) === DATA ? PORT_BITS_MASK : LINK_PORTS);
              hasMoved = true;
            } else if (verdict === BLOCKED) {
              idle |= bit;
            }
          }
        }
        if (idle !== 0) {
          const left = load<u32>(record) & ~idle;
          store<u32>(record, left);
          if (left === 0) unmark(bitsAt, bits & (0 - bits));
        }
      }
      tidy(bitsAt, over, rest & (0 - rest));
    }
  }
  if (hasMoved) store<u32>(LAST_MOVE, now);
  if (hops !== 0) count64(WAVELET_HOPS, hops);
  if (lost !== 0) count64(CONTENTION_EVENTS, lost);
}

const LINK_PORTS: u32 = 15;

// Verdicts of moveSpecial. BLOCKED: somebody will wake the lane.
const MOVED: u32 = 0;
const WAITS: u32 = 1;
const BLOCKED: u32 = 2;

/** A control wavelet, or one to several destinations or a host port. */
function moveSpecial(at: u32, router: u32, head: u64, taken: u32, now: u32): u32 {
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
      return WAITS;
    }
    if ((target & 7) !== 0) continue;
    const space = spaceIn(target, now);
    if (space !== 2) return space === 0 ? BLOCKED : WAITS;
  }
  if ((ports & taken) !== 0) {
    count64(CONTENTION_EVENTS, 1);
    return WAITS;
  }
  deliver(at, targets, ports, router, head, now);
  pop(source, now);
  if (kind !== DATA && (flags & IS_TRANSIT) === 0) actOn(lane, kind, now);
  return MOVED;
}

/** Puts a wavelet into the first destinations of the lane's rule, which go out by these ports. */
function deliver(at: u32, targets: u32, ports: u32, router: u32, head: u64, now: u32): void {
  const kind = ((head >> 32) as u32) & 3;
  let hops: u64 = 0;
  for (let i: u32 = 0; i < targets; i++, ports &= ports - 1) {
    const target = load<u32>(at + LANE_TARGETS + (i << 2));
    if ((target & 7) !== 0) {
      if (kind === DATA) takeOutput(target >> 3, head as u32, (at - lanes) >> LANE_SHIFT, now);
      continue;
    }
    const port = ctz<u32>(ports) as u32;
    push(target, head, now + (port === 4 ? rampCycles : hopCycles), kind);
    if (port === 4) continue;
    hops++;
    if (linkWavelets !== 0) countLink(linkWavelets, router, ports);
  }
  count64(WAVELET_HOPS, hops);
}

/** One wavelet over the lowest port of the bits. */
function countLink(table: u32, router: u32, ports: u32): void {
  const at = table + (router << 4) + ((ctz<u32>(ports) as u32) << 2);
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
