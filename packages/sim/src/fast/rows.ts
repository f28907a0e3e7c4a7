// Rows of cells, one per core, and the frames that dynamic expressions read.
import { ProgramFault, Violation } from "../fault.ts";
import { coreCoord, type Image } from "../image.ts";
import type { Cells } from "./cells.ts";

export interface CoreRows {
  readonly rows: Int32Array;
  /** Begin of the row of core k. */
  readonly rowOf: Int32Array;
  /** Copy of the image's frames; loop words belong to the engine. */
  readonly frames: Int32Array;
}

/** Fills every row; `reserve` fills the reserved cells of core k, which begin at `row`. */
export function buildRows(
  image: Image,
  cellsOfCode: readonly Cells[],
  reserve: (core: number, row: number, rows: Int32Array) => void,
): CoreRows {
  const { cores } = image;
  const frames = cores.frames.slice();
  const rowOf = new Int32Array(cores.count);
  let words = 0;
  for (let k = 0; k < cores.count; k++) {
    const { reserved, cells } = cellsOfCode[cores.codeOf[k]!]!;
    rowOf[k] = words;
    words += reserved + cells.length;
  }
  const rows = new Int32Array(words);
  for (let k = 0; k < cores.count; k++) {
    const { reserved, cells } = cellsOfCode[cores.codeOf[k]!]!;
    const row = rowOf[k]!;
    const frame = cores.frameBase[k]!;
    reserve(k, row, rows);
    try {
      for (let i = 0; i < cells.length; i++) rows[row + reserved + i] = cells[i]!(frames, frame);
    } catch (error) {
      if (error instanceof Violation) throw new ProgramFault(error.code, error.message, { core: coreCoord(image, k) });
      throw error;
    }
  }
  return { rows, rowOf, frames };
}
