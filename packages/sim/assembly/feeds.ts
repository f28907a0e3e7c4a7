// Host `in` streams: each host port pushes at most one element a cycle over all its streams, in rotating order of colour.
import {
  CONTENTION_EVENTS,
  DATA,
  LAST_MOVE,
  PORT_FIRST,
  PORT_MASK,
  PORT_STREAMS,
  STREAM_COLOR,
  STREAM_DATA,
  STREAM_ELEMENTS,
  STREAM_MOVED,
  STREAM_QUEUE,
  STREAM_SHIFT,
} from "./layout.ts";
import { push, spaceIn } from "./queues.ts";
import { listPorts, restStreams } from "./ready.ts";
import { count64, firstColor, tried } from "./state.ts";

export function stepFeeds(now: u32): void {
  const end = listPorts();
  for (let i = tried; i < end; i += 4) tryPort(load<u32>(i), now);
}

function tryPort(record: u32, now: u32): void {
  const first = load<u32>(record + PORT_FIRST);
  const count = load<u32>(record + PORT_STREAMS);
  let pivot: u32 = 0;
  while (pivot < count && load<u32>(first + (pivot << STREAM_SHIFT) + STREAM_COLOR) < firstColor) pivot++;
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
    push(queue, data === 0 ? 0 : load<u32>(data + (moved << 2)), DATA, now);
    store<u32>(stream + STREAM_MOVED, moved + 1);
    store<u32>(LAST_MOVE, now);
    isTaken = true;
    if (moved + 1 === elements) left ^= bit;
  }
  restStreams(record, mask & ~left);
}
