/**
 * Row multicast: the first core of each row sends its elements once, and routers give them to every other core of the row.
 *
 * Cycles: the root binds its queue and starts the send, control + start; the first wavelet reaches the last core after stage(cores - 1); the
 * last one span(elements) later, and the receive is over a cycle after it.
 */
import { makeExample } from "./example.ts";
import type { Example, ExampleOptions } from "./example.ts";
import { printRegion } from "./program-text.ts";
import type { Role } from "./program-text.ts";
import { timingOf } from "./timing.ts";

export interface LineOptions extends ExampleOptions {
  /** Cores of a row, at least 2. */
  readonly cores: number;
  readonly elements: number;
  /** Rows that do the same; 1 if absent. */
  readonly rows?: number;
}

export function multicast({ machine, cores, elements, rows = 1, bare = false }: LineOptions): Example {
  const all = `v[0, ${elements}:1]`;
  const root: Role = { name: "root", colors: { row: 0 }, lines: ["bind out 0 row", `send row, ${all}`] };
  const taker: Role = { name: "taker", colors: { row: 0 }, lines: ["bind in 0 row", `recv row, ${all}`] };
  const text = printRegion({
    name: "multicast",
    machine,
    width: cores,
    height: rows,
    buffers: [{ name: "v", elements, start: "(3*i + 5*j) mod 7" }],
    result: bare ? undefined : { buffer: "v", elements },
    roleOf: (i) => (i === 0 ? root : taker),
    columnKey: (i) => (i === 0 ? "root" : bare ? "taker" : `taker ${i % 2}`),
    rowKey: () => "",
    flows: [{ axis: "x", flows: [{ color: 0, from: 0, to: cores - 1, taps: true }] }],
    spare: { color: 1, inputQueue: 1, outputQueue: 1 },
  });
  const { control, start, stage, span, canStream } = timingOf(machine);
  const cycles = canStream ? control + start + stage(cores - 1) + span(elements) + 1 : undefined;
  return makeExample("multicast", machine, text, cycles);
}
