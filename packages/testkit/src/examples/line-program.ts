// Programs on one line of cores, in as many rows as are asked for: every core has one buffer "v" of known numbers, which is the result too.
import type { ExampleOptions } from "./example.ts";
import { printRegion, type RegionProgram } from "./program-text.ts";

export interface LineOptions extends ExampleOptions {
  /** Cores of a row, at least 2. */
  readonly cores: number;
  readonly elements: number;
  /** Rows that do the same; 1 if absent. */
  readonly rows?: number;
}

export type LineProgram = Pick<RegionProgram, "name" | "roleOf" | "columnKey" | "flows" | "routes" | "spare">;

export function printLine(
  { machine, cores, elements, rows = 1, bare = false }: LineOptions,
  line: LineProgram,
): string {
  return printRegion({
    ...line,
    machine,
    width: cores,
    height: rows,
    buffers: [{ name: "v", elements, start: "(3*i + 5*j) mod 7" }],
    result: bare ? undefined : { buffer: "v", elements },
    rowKey: () => "",
  });
}
