/**
 * Row multicast: the first core of each row sends its elements once, and routers give them to every other core of the row.
 *
 * Cycles: the root binds its queue and starts the send, control + start; the first wavelet reaches the last core after stage(cores - 1); the
 * last one span(elements) later, and the receive is over a cycle after it.
 */
import { makeExample } from "./example.ts";
import type { Example } from "./example.ts";
import { printLine, type LineOptions } from "./line-program.ts";
import type { Role } from "./program-text.ts";
import { timingOf } from "./timing.ts";

export function multicast(options: LineOptions): Example {
  const { machine, cores, elements, bare = false } = options;
  const all = `v[0, ${elements}:1]`;
  const root: Role = { name: "root", colors: { row: 0 }, lines: ["bind out 0 row", `send row, ${all}`] };
  const taker: Role = { name: "taker", colors: { row: 0 }, lines: ["bind in 0 row", `recv row, ${all}`] };
  const text = printLine(options, {
    name: "multicast",
    roleOf: (i) => (i === 0 ? root : taker),
    columnKey: (i) => (i === 0 ? "root" : bare ? "taker" : `taker ${i % 2}`),
    flows: [{ axis: "x", flows: [{ color: 0, from: 0, to: cores - 1, taps: true }] }],
    spare: { color: 1, inputQueue: 1, outputQueue: 1 },
  });
  const { control, start, stage, span, canStream } = timingOf(machine);
  const cycles = canStream ? control + start + stage(cores - 1) + span(elements) + 1 : undefined;
  return makeExample("multicast", machine, text, cycles);
}
