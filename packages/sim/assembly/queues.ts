// The state of a queue as one word (layout.ts): what is done to it is arithmetic on that word.
import { QUEUE_FEEDER, QUEUE_HEADER, QUEUE_LAST_POP, QUEUE_STATE, QUEUE_TAKER } from "./layout.ts";
import { wake } from "./ready.ts";

/**
 * Cycles since the last pop in which who lacks a wavelet or a slot is tried again and again: where wavelets flow, that is cheaper than to put it away and to wake
 * it.
 */
const PATIENCE: u32 = 2;

export const IS_AWAITED: u32 = 1;
/** Wavelets, and free slots. */
export const HELD: u32 = 0xff << 16;
export const FREE: u32 = 0xff << 8;
/** One of them. */
export const ONE_FREE: u32 = 8 << 8;
/** What a push and a pop add to the state. */
export const PUSHED: u32 = (8 << 16) - ONE_FREE;
export const POPPED: u32 = (8 << 24) - PUSHED;

/** The head, with the cycle of its push << 2 | its kind in the upper half. */
export function headOf(queue: u32, state: u32): u64 {
  return load<u64>(queue + ((state >> 24) & state & 0xf8), QUEUE_HEADER);
}

/** Puts a wavelet behind the last one; the state is still to be changed. */
export function append(queue: u32, state: u32, wavelet: u64): void {
  store<u64>(queue + (((state >> 24) + (state >> 16)) & state & 0xf8), wavelet, QUEUE_HEADER);
}

/** Whether a wavelet has left a short while ago; then who takes from the queue is being tried, if it takes from this one at present. */
export function isRecent(queue: u32, now: u32): bool {
  return now - load<u32>(queue, QUEUE_LAST_POP) <= PATIENCE;
}

export function wasPopped(queue: u32, now: u32): bool {
  return load<u32>(queue, QUEUE_LAST_POP) === now;
}

/** After a push into an empty queue, unless its taker is being tried anyway. */
export function wakeTaker(queue: u32, now: u32): void {
  if (!isRecent(queue, now)) wake(load<u32>(queue, QUEUE_TAKER));
}

/** After a pop of a queue that somebody waits to fill. */
export function wakeFeeder(queue: u32): void {
  store<u32>(queue, load<u32>(queue, QUEUE_STATE) & ~IS_AWAITED, QUEUE_STATE);
  wake(load<u32>(queue, QUEUE_FEEDER));
}

/** Whether a push in this cycle finds a slot: 0 no, the pusher is noted as waiting; 1 not yet, it must try again; 2 yes. */
export function spaceIn(queue: u32, now: u32): u32 {
  const state = load<u32>(queue, QUEUE_STATE);
  const free = state & FREE;
  if (free === 0) {
    if (isRecent(queue, now)) return 1;
    store<u32>(queue, state | IS_AWAITED, QUEUE_STATE);
    return 0;
  }
  return free === ONE_FREE && wasPopped(queue, now) ? 1 : 2;
}

/** Puts a wavelet into a queue that has space, in cycle `now`. */
export function push(queue: u32, value: u32, kind: u32, now: u32): void {
  const state = load<u32>(queue, QUEUE_STATE);
  append(queue, state, (value as u64) | ((((now << 2) | kind) as u64) << 32));
  store<u32>(queue, state + PUSHED, QUEUE_STATE);
  if ((state & HELD) === 0) wake(load<u32>(queue, QUEUE_TAKER));
}

/** Removes the head. */
export function pop(queue: u32, now: u32): void {
  const state = load<u32>(queue, QUEUE_STATE);
  store<u32>(queue, state + POPPED, QUEUE_STATE);
  store<u32>(queue, now, QUEUE_LAST_POP);
  if ((state & IS_AWAITED) !== 0) wakeFeeder(queue);
}
