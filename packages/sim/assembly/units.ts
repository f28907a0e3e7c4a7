// Fabric operations under way: unit 0 of a core is its main thread, unit t + 1 its microthread t. Visits the units that may be able to move a wavelet in this cycle;
// of several of one core those that emit nothing first, then by colour in rotating order, since one may enter the ramp.
// Hot loops: one wavelet's whole way through a unit is inlined.
import {
  ACTION_SHIFT,
  CODE_SHIFT,
  COLOR_SHIFT,
  CONTENTION_EVENTS,
  CORE_COUNT,
  CORE_MASK,
  CORE_SHIFT,
  CORE_UNITS,
  EMITS_SHIFT,
  EVENT_CORE_SHIFT,
  EVENT_UNIT_SHIFT,
  LAST_MOVE,
  LEVEL_SIZE,
  LEVELS_END,
  LOAD,
  NOBODY,
  ODD,
  PAIR,
  PASS,
  QUEUE_FEEDER,
  QUEUE_TAKER,
  RAMP,
  RECV,
  SEND,
  STARTS_PENDING,
  STORE,
  UNIT_BITS,
  UNIT_BLOCKED,
  UNIT_CAUSE,
  UNIT_COUNT,
  UNIT_ELEMENT,
  UNIT_IN,
  UNIT_JUMP,
  UNIT_LEFT,
  UNIT_LEVELS,
  UNIT_MOVING,
  UNIT_NEXT,
  UNIT_OUT,
  UNIT_PACE,
  UNIT_ROW,
  UNIT_SINCE,
  UNIT_SIZE,
  UNIT_SUMMARY,
  UNIT_TO_GO,
  UNIT_WHAT,
} from "./layout.ts";
import { combine } from "./combine.ts";
import { combineHalf } from "./halves.ts";
import { capacityOf, countOf, IS_AWAITED, ONE_WAVELET, slotOf, wavelet, withoutHead } from "./queues.ts";
import { tidy, unmark, wake, wakeLane, wakeUnit } from "./ready.ts";
import { addEvent, colors, cores, count64, emitCycles, pace, rampCycles, starts, startSlots } from "./state.ts";

/** Has the operations tried whose start cycles are over. */
export function startUnits(now: u32): void {
  const slot = starts + ((now % startSlots) << 2);
  let code = load<u32>(slot);
  if (code === NOBODY) return;
  store<u32>(slot, NOBODY);
  let started: u32 = 0;
  for (; code !== NOBODY; started++) {
    wakeUnit(code);
    const first = load<u32>(cores + ((code >> CODE_SHIFT) << CORE_SHIFT) + CORE_UNITS);
    code = load<u32>(first + ((code >> 2) & 31) * UNIT_SIZE + UNIT_NEXT);
  }
  store<u32>(STARTS_PENDING, load<u32>(STARTS_PENDING) - started);
}

export function stepUnits(now: u32): void {
  const table = cores;
  const bitsTable = load<u32>(UNIT_BITS);
  const summary = load<u32>(UNIT_SUMMARY);
  const summaryEnd = summary + (((load<u32>(CORE_COUNT) + 4095) >> 12) << 3);
  const arrives = now + emitCycles + rampCycles;
  let lost: u64 = 0;
  let hasMoved = false;
  for (let over = summary; over < summaryEnd; over += 8) {
    for (let rest = load<u64>(over); rest !== 0; rest &= rest - 1) {
      const word = (((over - summary) >> 3) << 6) + (ctz<u64>(rest) as u32);
      const bitsAt = bitsTable + (word << 3);
      for (let bits = load<u64>(bitsAt); bits !== 0; bits &= bits - 1) {
        const core = (word << 6) + (ctz<u64>(bits) as u32);
        const record = table + (core << CORE_SHIFT);
        const first = load<u32>(record + CORE_UNITS);
        let mask = load<u32>(record + CORE_MASK);
        // Units that need not be tried in the next cycle.
        let idle: u32 = 0;
        let isRampTaken = false;
        while (mask !== 0) {
          const unit = (mask & (mask - 1)) === 0 ? (ctz<u32>(mask) as u32) : firstOf(first, mask, now);
          const bit: u32 = 1 << unit;
          mask ^= bit;
          const at = first + unit * UNIT_SIZE;
          const what = load<u32>(at + UNIT_WHAT);
          if ((what & 255) !== UNIT_MOVING) {
            idle |= bit;
            if ((what & 255) === UNIT_BLOCKED) addEvent((core << EVENT_CORE_SHIFT) | (unit << EVENT_UNIT_SHIFT) | 1);
            continue;
          }
          const since = load<u32>(at + UNIT_SINCE);
          // In a pause, or woken by an arrival before its start cycles are over; its start has it tried then.
          if (since > now) {
            if (since > now + 1) idle |= bit;
            continue;
          }
          const from = load<u32>(at + UNIT_IN);
          const to = load<u32>(at + UNIT_OUT);
          let value: u32 = 0;
          let held: u64 = 0;
          if (from !== 0) {
            held = load<u64>(from);
            if (countOf(held) === 0) {
              idle |= bit;
              stall(at, RECV, now);
              continue;
            }
            const head = load<u64>(slotOf(from, held, 0));
            if ((head >> 34 > now) as u64) {
              stall(at, RECV, now);
              continue;
            }
            value = head as u32;
          }
          let state: u64 = 0;
          if (to !== 0) {
            state = load<u64>(to);
            const before = countOf(state);
            const capacity = capacityOf(state);
            if (before + 1 >= capacity) {
              if (before >= capacity) {
                store<u64>(to, state | IS_AWAITED);
                idle |= bit;
                stall(at, SEND, now);
                continue;
              }
              if ((state as u32) === now) {
                stall(at, SEND, now);
                continue;
              }
            }
            if (isRampTaken) {
              lost++;
              stall(at, RAMP, now);
              continue;
            }
            isRampTaken = true;
          }
          // It moves.
          hasMoved = true;
          if (now > since) account(at, now - since);
          store<u32>(at + UNIT_SINCE, now + 1);
          const action = (what >> ACTION_SHIFT) & 255;
          const left = load<u32>(at + UNIT_LEFT) - 1;
          store<u32>(at + UNIT_LEFT, left);
          if (action !== PASS) {
            let element = load<u32>(at + UNIT_ELEMENT);
            if (action === LOAD) value = load<u32>(element);
            else if (action === STORE) store<u32>(element, value);
            else if (action < (PAIR as u32)) value = combine(action, element, value);
            else {
              value = movePair(at, action, value, left === 0 && (action & (ODD as u32)) !== 0);
              element = load<u32>(at + UNIT_ELEMENT);
            }
            const toGo = load<u32>(at + UNIT_TO_GO) - 1;
            if (toGo !== 0) {
              store<u32>(at + UNIT_TO_GO, toGo);
              store<u32>(at + UNIT_ELEMENT, element + load<u32>(at + UNIT_JUMP));
            } else {
              carry(at, element);
            }
          }
          if (from !== 0) {
            store<u64>(from, withoutHead(held, now));
            if ((held & IS_AWAITED) !== 0) wake(load<u32>(from + QUEUE_FEEDER));
          }
          if (to !== 0) {
            const before = countOf(state);
            store<u64>(slotOf(to, state, before), wavelet(value as u64, arrives, (what >> EMITS_SHIFT) & 3));
            store<u64>(to, state + ONE_WAVELET);
            if (before === 0) wakeLane(load<u32>(to + QUEUE_TAKER));
          }
          if (left === 0) {
            store<u32>(at + UNIT_WHAT, 0);
            if (from !== 0) store<u32>(from + QUEUE_TAKER, NOBODY);
            idle |= bit;
            addEvent((core << EVENT_CORE_SHIFT) | (unit << EVENT_UNIT_SHIFT));
          } else if (from !== 0) {
            store<u32>(at + UNIT_CAUSE, RECV);
          } else {
            const toPause = load<u32>(at + UNIT_PACE) - 1;
            store<u32>(at + UNIT_PACE, toPause === 0 ? pace : toPause);
            if (toPause === 0) store<u32>(at + UNIT_SINCE, now + 2);
          }
        }
        if (idle !== 0) {
          const left = load<u32>(record + CORE_MASK) & ~idle;
          store<u32>(record + CORE_MASK, left);
          if (left === 0) unmark(bitsAt, bits & (0 - bits));
        }
      }
      tidy(bitsAt, over, rest & (0 - rest));
    }
  }
  if (hasMoved) store<u32>(LAST_MOVE, now);
  if (lost !== 0) count64(CONTENTION_EVENTS, lost);
}

/** Of several units: those that emit nothing first, then by colour in rotating order. */
function firstOf(first: u32, mask: u32, now: u32): u32 {
  const start = now % colors;
  let chosen: u32 = 0;
  let least: u32 = 0xffffffff;
  for (let rest = mask; rest !== 0; rest &= rest - 1) {
    const unit = ctz<u32>(rest) as u32;
    const at = first + unit * UNIT_SIZE;
    const what = load<u32>(at + UNIT_WHAT);
    if ((what & 255) !== UNIT_MOVING || load<u32>(at + UNIT_OUT) === 0) return unit;
    const color = what >> COLOR_SHIFT;
    const rank = color >= start ? color - start : color + colors - start;
    if (rank < least) {
      least = rank;
      chosen = unit;
    }
  }
  return chosen;
}

/** Moves the two elements of a wavelet, or the last one; the walk stands at the last that was moved. Returns what goes on. */
function movePair(at: u32, action: u32, value: u32, isSingle: bool): u32 {
  const element = load<u32>(at + UNIT_ELEMENT);
  const low = combineHalf(action, element, value & 0xffff);
  if (isSingle) return low;
  const toGo = load<u32>(at + UNIT_TO_GO) - 1;
  if (toGo !== 0) {
    store<u32>(at + UNIT_TO_GO, toGo);
    store<u32>(at + UNIT_ELEMENT, element + load<u32>(at + UNIT_JUMP));
  } else {
    carry(at, element);
  }
  return low | (combineHalf(action, load<u32>(at + UNIT_ELEMENT), value >> 16) << 16);
}

/** The innermost dimension is done: steps the next one that is not. */
function carry(at: u32, element: u32): void {
  store<u32>(at + UNIT_TO_GO, load<u32>(at + UNIT_COUNT));
  let level = at + UNIT_LEVELS;
  const last = at + LEVELS_END - LEVEL_SIZE;
  for (; level < last; level += LEVEL_SIZE) {
    const toGo = load<u32>(level) - 1;
    store<u32>(level, toGo);
    if (toGo !== 0) break;
    store<u32>(level, load<u32>(level + 4));
  }
  store<u32>(at + UNIT_ELEMENT, element + load<u32>(level + 8));
}

/** Adds cycles to what the unit lacked. */
function account(at: u32, cycles: u32): void {
  const row = load<u32>(at + UNIT_ROW);
  if (row === 0) return;
  const counter = row + (load<u32>(at + UNIT_CAUSE) << 3);
  store<f64>(counter, load<f64>(counter) + (cycles as f64));
}

/** The unit cannot move in this cycle for want of `cause`. */
function stall(at: u32, cause: u32, now: u32): void {
  if (load<u32>(at + UNIT_CAUSE) === cause) return;
  const since = load<u32>(at + UNIT_SINCE);
  if (now > since) account(at, now - since);
  store<u32>(at + UNIT_SINCE, now);
  store<u32>(at + UNIT_CAUSE, cause);
}
