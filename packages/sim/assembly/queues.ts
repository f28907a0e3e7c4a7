// The state of a queue as one number of 64 bits (layout.ts): what is done to it is arithmetic on that number, and one load and one store.
// A slot holds a wavelet's value (low half), and the first cycle in which it is available << 2 | its kind.
import { QUEUE_FEEDER, QUEUE_HEADER, QUEUE_TAKER } from "./layout.ts";
import { wake } from "./ready.ts";

export const IS_AWAITED: u64 = (1 as u64) << 32;
export const ONE_WAVELET: u64 = (1 as u64) << 48;
const ONE_HEAD: u64 = (1 as u64) << 56;
const LOW: u64 = 0xffffffff;

export function countOf(state: u64): u32 {
  return ((state >> 48) as u32) & 255;
}

export function capacityOf(state: u64): u32 {
  return ((state >> 40) as u32) & 255;
}

/** Address of the wavelet `number` places behind the head. */
export function slotOf(queue: u32, state: u64, number: u32): u32 {
  return queue + QUEUE_HEADER + (((((state >> 56) as u32) + number) & ((state >> 33) as u32) & 127) << 3);
}

export function wavelet(value: u64, available: u32, kind: u32): u64 {
  return (value & LOW) | ((((available << 2) | kind) as u64) << 32);
}

/** The state after the head has left in cycle `now`, with nobody waiting. */
export function withoutHead(state: u64, now: u32): u64 {
  return ((state & ~(LOW | IS_AWAITED)) | (now as u64)) + ONE_HEAD - ONE_WAVELET;
}

/** Whether a push in this cycle finds a slot: 0 no, the pusher is noted as waiting; 1 not yet, it must try again; 2 yes. */
export function spaceIn(queue: u32, now: u32): u32 {
  const state = load<u64>(queue);
  const count = countOf(state);
  const capacity = capacityOf(state);
  if (count >= capacity) {
    store<u64>(queue, state | IS_AWAITED);
    return 0;
  }
  return count + 1 === capacity && (state as u32) === now ? 1 : 2;
}

/** Puts a wavelet into a queue that has space. */
export function push(queue: u32, value: u64, available: u32, kind: u32): void {
  const state = load<u64>(queue);
  const count = countOf(state);
  store<u64>(slotOf(queue, state, count), wavelet(value, available, kind));
  store<u64>(queue, state + ONE_WAVELET);
  if (count === 0) wake(load<u32>(queue + QUEUE_TAKER));
}

/** Removes the head. */
export function pop(queue: u32, now: u32): void {
  const state = load<u64>(queue);
  store<u64>(queue, withoutHead(state, now));
  if (state & IS_AWAITED) wake(load<u32>(queue + QUEUE_FEEDER));
}
