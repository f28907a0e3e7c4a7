// Fabric operations under way: unit 0 of a core is its main thread, unit t + 1 its microthread t. Visits the units that may be able to move a wavelet in this cycle;
// of several of one core those that emit nothing first, then by colour in rotating order, since one may enter the ramp.
// Hot loops: one wavelet's whole way through a unit is inlined.
import {
  ACTION_SHIFT,
  CAUSE_SHIFT,
  CODE_SHIFT,
  CONTENTION_EVENTS,
  CORE_SHIFT,
  CORE_UNITS,
  EMITS_SHIFT,
  EVENT_CORE_SHIFT,
  EVENT_UNIT_SHIFT,
  FORWARD,
  LAST_MOVE,
  LEVELS_END,
  LEVEL_SIZE,
  LOAD,
  NEVER,
  NOBODY,
  PAIR,
  PASS,
  QUEUE_LAST_POP,
  QUEUE_STATE,
  QUEUE_TAKER,
  RAMP,
  RECV,
  REST_CORE,
  REST_COUNT,
  REST_LEFT,
  REST_LEVELS,
  REST_NEXT,
  REST_ROW,
  REST_SINCE,
  REST_SIZE,
  SEND,
  STARTS_PENDING,
  STORE,
  UNIT_BLOCKED,
  UNIT_ELEMENT,
  UNIT_IDLE,
  UNIT_IN,
  UNIT_MOVING,
  UNIT_OUT,
  UNIT_PACE,
  UNIT_PAUSED,
  UNIT_SHIFT,
  UNIT_STEP,
  UNIT_TO_GO,
  UNIT_WHAT,
} from "./layout.ts";
import { addFloats, combine } from "./combine.ts";
import { combineHalf } from "./halves.ts";
import {
  append,
  FREE,
  headOf,
  HELD,
  IS_AWAITED,
  isRecent,
  ONE_FREE,
  POPPED,
  PUSHED,
  wakeFeeder,
  wakeTaker,
  wasPopped,
} from "./queues.ts";
import { FIRST, listUnits, restUnit, wakeUnit } from "./ready.ts";
import { addEvent, cores, count64, pace, rampCycles, starts, startSlots, tried, unitRests, units } from "./state.ts";

const CAUSE: u32 = 3 << CAUSE_SHIFT;

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
    const at = first + (((code >> 2) & 31) << UNIT_SHIFT);
    store<u8>(at + UNIT_WHAT, UNIT_MOVING);
    code = load<u32>(restOf(at) + REST_NEXT);
  }
  store<u32>(STARTS_PENDING, load<u32>(STARTS_PENDING) - started);
}

export function stepUnits(now: u32): void {
  const end = listUnits();
  const paces = pace !== NEVER;
  const limit = (now - rampCycles) << 2;
  const stamp = now << 2;
  let hasMoved = false;
  let isRampTaken = false;
  for (let i = tried; i < end; i += 4) {
    const entry = load<u32>(i);
    if ((entry & FIRST) !== 0) isRampTaken = false;
    const at = entry & ~FIRST;
    let what = load<u32>(at, UNIT_WHAT);
    if ((what & 255) !== UNIT_MOVING) {
      if (!goesOn(at, what, now)) continue;
      what = load<u32>(at, UNIT_WHAT);
    }
    const from = load<u32>(at, UNIT_IN);
    const to = load<u32>(at, UNIT_OUT);
    let value: u32 = 0;
    let held: u32 = 0;
    if (from !== 0) {
      held = load<u32>(from, QUEUE_STATE);
      if ((held & HELD) === 0) {
        if (!isRecent(from, now)) rest(at);
        stall(at, what, RECV, now);
        continue;
      }
      const head = headOf(from, held);
      if (((head >> 32) as i32) > (limit as i32)) {
        stall(at, what, RECV, now);
        continue;
      }
      value = head as u32;
    }
    let state: u32 = 0;
    if (to !== 0) {
      state = load<u32>(to, QUEUE_STATE);
      if ((state & FREE) <= ONE_FREE) {
        if ((state & FREE) === 0) {
          if (!isRecent(to, now)) {
            store<u32>(to, state | IS_AWAITED, QUEUE_STATE);
            rest(at);
          }
          stall(at, what, SEND, now);
          continue;
        }
        if (wasPopped(to, now)) {
          stall(at, what, SEND, now);
          continue;
        }
      }
      if (isRampTaken) {
        count64(CONTENTION_EVENTS, 1);
        stall(at, what, RAMP, now);
        continue;
      }
      isRampTaken = true;
    }
    // It moves.
    hasMoved = true;
    if ((what & CAUSE) !== 0) account(at, what, now);
    const cursor = load<u64>(at, UNIT_ELEMENT);
    const next = cursor + load<u64>(at, UNIT_STEP);
    const action = (what >> ACTION_SHIFT) & 255;
    let isDone: bool;
    if (action < (PAIR as u32)) {
      const element = cursor as u32;
      store<u64>(at, next, UNIT_ELEMENT);
      if (action === FORWARD) value = addFloats(load<f32>(element), value);
      else if (action === STORE) store<u32>(element, value);
      else if (action === LOAD) value = load<u32>(element);
      else if (action !== PASS) value = combine(action, element, value);
      isDone = next >> 32 === 0 && isLastDimension(at, element);
    } else {
      value = movePair(at, action, value);
      isDone = pairIsLast;
    }
    if (from !== 0) {
      store<u32>(from, held + POPPED, QUEUE_STATE);
      store<u32>(from, now, QUEUE_LAST_POP);
      if ((held & IS_AWAITED) !== 0) wakeFeeder(from);
    } else if (paces) {
      countToPause(at, now);
    }
    if (to !== 0) {
      append(to, state, (value as u64) | (((stamp | ((what >> EMITS_SHIFT) & 3)) as u64) << 32));
      store<u32>(to, state + PUSHED, QUEUE_STATE);
      if ((state & HELD) === 0) wakeTaker(to, now);
    }
    if (isDone) finish(at, from);
  }
  if (hasMoved) store<u32>(LAST_MOVE, now);
}

/** Whether the wavelet that `movePair` moved was the last one. */
let pairIsLast: bool = false;

/** Moves the two elements of a wavelet, or the one of the last wavelet of an odd view; returns what goes on. */
function movePair(at: u32, action: u32, value: u32): u32 {
  const low = combineHalf(action, load<u32>(at, UNIT_ELEMENT), value & 0xffff);
  pairIsLast = stepElement(at);
  if (pairIsLast) return low;
  const high = combineHalf(action, load<u32>(at, UNIT_ELEMENT), value >> 16);
  pairIsLast = stepElement(at);
  return low | (high << 16);
}

/** Goes to the next element; true if there is none. */
function stepElement(at: u32): bool {
  const cursor = load<u64>(at, UNIT_ELEMENT);
  const next = cursor + load<u64>(at, UNIT_STEP);
  store<u64>(at, next, UNIT_ELEMENT);
  return next >> 32 === 0 && isLastDimension(at, cursor as u32);
}

/** The operation has moved its last wavelet. */
function finish(at: u32, from: u32): void {
  store<u32>(at, UNIT_IDLE, UNIT_WHAT);
  if (from !== 0) store<u32>(from, NOBODY, QUEUE_TAKER);
  rest(at);
  addEvent(eventOf(at));
}

function coreOf(at: u32): u32 {
  return load<u32>(restOf(at), REST_CORE);
}

function unitOf(at: u32): u32 {
  return (at - load<u32>(cores + (coreOf(at) << CORE_SHIFT), CORE_UNITS)) >> UNIT_SHIFT;
}

/** The unit need not be tried until somebody wakes it. */
function rest(at: u32): void {
  restUnit(coreOf(at), unitOf(at));
}

function eventOf(at: u32): u32 {
  return (coreOf(at) << EVENT_CORE_SHIFT) | (unitOf(at) << EVENT_UNIT_SHIFT);
}

function restOf(at: u32): u32 {
  return unitRests + ((at - units) >> UNIT_SHIFT) * REST_SIZE;
}

/** Of a unit that is not moving, whether it goes on in this cycle; if it is not in a pause, it rests. */
function goesOn(at: u32, what: u32, now: u32): bool {
  const kind = what & 255;
  if (kind === UNIT_BLOCKED) addEvent(eventOf(at) | 1);
  if (kind !== UNIT_PAUSED) {
    rest(at);
    return false;
  }
  if (load<u32>(restOf(at), REST_SINCE) > now) return false;
  store<u8>(at, UNIT_MOVING, UNIT_WHAT);
  return true;
}

/** A `send` has moved a wavelet. */
function countToPause(at: u32, now: u32): void {
  const left = load<u32>(at, UNIT_PACE) - 1;
  store<u32>(at, left === 0 ? pace : left, UNIT_PACE);
  if (left !== 0) return;
  store<u8>(at, UNIT_PAUSED, UNIT_WHAT);
  store<u32>(restOf(at), now + 2, REST_SINCE);
}

/** The innermost dimension is done: steps the next one that is not, or says that there is none. */
function isLastDimension(at: u32, element: u32): bool {
  const rest = restOf(at);
  const count = load<u32>(rest + REST_COUNT);
  const left = load<u32>(rest + REST_LEFT) - count;
  store<u32>(rest + REST_LEFT, left);
  if (left === 0) return true;
  store<u32>(at + UNIT_TO_GO, count);
  let level = rest + REST_LEVELS;
  const last = rest + LEVELS_END - LEVEL_SIZE;
  for (; level < last; level += LEVEL_SIZE) {
    const toGo = load<u32>(level) - 1;
    store<u32>(level, toGo);
    if (toGo !== 0) break;
    store<u32>(level, load<u32>(level + 4));
  }
  store<u32>(at + UNIT_ELEMENT, element + load<u32>(level + 8));
  return false;
}

/** Adds the cycles in which the unit lacked something, which it no longer does. */
function account(at: u32, what: u32, now: u32): void {
  store<u32>(at + UNIT_WHAT, what & ~CAUSE);
  const rest = restOf(at);
  const row = load<u32>(rest + REST_ROW);
  if (row === 0) return;
  const counter = row + (((what & CAUSE) >> CAUSE_SHIFT) << 3);
  store<f64>(counter, load<f64>(counter) + ((now - load<u32>(rest + REST_SINCE)) as f64));
}

/** The unit cannot move in this cycle for want of `cause`. */
function stall(at: u32, what: u32, cause: u32, now: u32): void {
  if ((what & CAUSE) >> CAUSE_SHIFT === cause) return;
  if ((what & CAUSE) !== 0) account(at, what, now);
  store<u32>(at + UNIT_WHAT, (what & ~CAUSE) | (cause << CAUSE_SHIFT));
  store<u32>(restOf(at) + REST_SINCE, now);
}
