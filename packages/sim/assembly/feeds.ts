// Host `in` streams: each host port pushes at most one element a cycle over all its streams, in rotating order of colour.
import {
  CONTENTION_EVENTS,
  DATA,
  LAST_MOVE,
  PORT_BITS,
  PORT_COUNT,
  PORT_FIRST,
  PORT_MASK,
  PORT_SHIFT,
  PORT_STREAMS,
  PORT_SUMMARY,
  STREAM_COLOR,
  STREAM_DATA,
  STREAM_ELEMENTS,
  STREAM_MOVED,
  STREAM_QUEUE,
  STREAM_SHIFT,
} from "./layout.ts";
import { push, spaceIn } from "./queues.ts";
import { tidy, unmark } from "./ready.ts";
import { colors, count64, hopCycles, ports } from "./state.ts";

export function stepFeeds(now: u32): void {
  const bitsTable = load<u32>(PORT_BITS);
  const summary = load<u32>(PORT_SUMMARY);
  const summaryEnd = summary + (((load<u32>(PORT_COUNT) + 4095) >> 12) << 3);
  for (let over = summary; over < summaryEnd; over += 8) {
    for (let rest = load<u64>(over); rest !== 0; rest &= rest - 1) {
      const word = (((over - summary) >> 3) << 6) + (ctz<u64>(rest) as u32);
      const bitsAt = bitsTable + (word << 3);
      for (let bits = load<u64>(bitsAt); bits !== 0; bits &= bits - 1) {
        const record = ports + (((word << 6) + (ctz<u64>(bits) as u32)) << PORT_SHIFT);
        if (tryPort(record, now) === 0) unmark(bitsAt, bits & (0 - bits));
      }
      tidy(bitsAt, over, rest & (0 - rest));
    }
  }
}

/** Returns the streams that are still to be tried. */
function tryPort(record: u32, now: u32): u32 {
  const first = load<u32>(record + PORT_FIRST);
  const count = load<u32>(record + PORT_STREAMS);
  const start = now % colors;
  let pivot: u32 = 0;
  while (pivot < count && load<u32>(first + (pivot << STREAM_SHIFT) + STREAM_COLOR) < start) pivot++;
  const mask = load<u32>(record + PORT_MASK);
  let left = mask;
  let isTaken = false;
  for (let step: u32 = 0; step < count; step++) {
    const i = pivot + step < count ? pivot + step : pivot + step - count;
    const bit: u32 = 1 << i;
    if ((mask & bit) === 0) continue;
    const stream = first + (i << STREAM_SHIFT);
    const moved = load<u32>(stream + STREAM_MOVED);
    const elements = load<u32>(stream + STREAM_ELEMENTS);
    if (moved === elements) {
      left ^= bit;
      continue;
    }
    const queue = load<u32>(stream + STREAM_QUEUE);
    const space = spaceIn(queue, now);
    if (space === 0) left ^= bit;
    if (space !== 2) continue;
    if (isTaken) {
      count64(CONTENTION_EVENTS, 1);
      continue;
    }
    const data = load<u32>(stream + STREAM_DATA);
    push(queue, data === 0 ? 0 : (load<u32>(data + (moved << 2)) as u64), now + hopCycles, DATA);
    store<u32>(stream + STREAM_MOVED, moved + 1);
    store<u32>(LAST_MOVE, now);
    isTaken = true;
    if (moved + 1 === elements) left ^= bit;
  }
  store<u32>(record + PORT_MASK, left);
  return left;
}
