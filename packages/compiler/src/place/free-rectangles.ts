/**
 * Where a rectangle may lie on its own: on the grid, on live cores, without a dead link between two of its cores, off the keep-outs. Counted with
 * summed-area tables, so that a question takes the same time for every size.
 */
import { canRunCode, isDeadLink, rectContains } from "@waferc/machine";
import type { Coord, Machine, Rect } from "@waferc/machine";

/** Sums over rectangles of a 0/1 map. */
class AreaTable {
  readonly #sums: Int32Array;
  readonly #width: number;

  constructor(width: number, height: number, isSet: (x: number, y: number) => boolean) {
    this.#width = width + 1;
    this.#sums = new Int32Array(this.#width * (height + 1));
    for (let y = 0; y < height; y++) {
      let row = 0;
      for (let x = 0; x < width; x++) {
        row += isSet(x, y) ? 1 : 0;
        this.#sums[(y + 1) * this.#width + x + 1] = row + (this.#sums[y * this.#width + x + 1] ?? 0);
      }
    }
  }

  count(x: number, y: number, w: number, h: number): number {
    const at = (column: number, row: number) => this.#sums[row * this.#width + column] ?? 0;
    return w <= 0 || h <= 0 ? 0 : at(x + w, y + h) - at(x, y + h) - at(x + w, y) + at(x, y);
  }
}

export class FreeRectangles {
  readonly #machine: Machine;
  readonly #cores: AreaTable;
  readonly #eastLinks: AreaTable;
  readonly #southLinks: AreaTable;

  constructor(machine: Machine, keepOuts: readonly Rect[]) {
    const { width, height } = machine;
    this.#machine = machine;
    const isKept = (x: number, y: number) => keepOuts.some((rect) => rectContains(rect, x, y));
    this.#cores = new AreaTable(width, height, (x, y) => !canRunCode(machine, x, y) || isKept(x, y));
    this.#eastLinks = new AreaTable(
      width,
      height,
      (x, y) => isDeadLink(machine, x, y, "east") || (x + 1 < width && isDeadLink(machine, x + 1, y, "west")),
    );
    this.#southLinks = new AreaTable(
      width,
      height,
      (x, y) => isDeadLink(machine, x, y, "south") || (y + 1 < height && isDeadLink(machine, x, y + 1, "north")),
    );
  }

  has({ x, y, w, h }: Rect): boolean {
    if (x < 0 || y < 0 || x + w > this.#machine.width || y + h > this.#machine.height) return false;
    const links = this.#eastLinks.count(x, y, w - 1, h) + this.#southLinks.count(x, y, w, h - 1);
    return this.#cores.count(x, y, w, h) + links === 0;
  }

  /** All corners of w x h cores, row by row. */
  corners(w: number, h: number): Coord[] {
    const found: Coord[] = [];
    for (let y = 0; y + h <= this.#machine.height; y++) {
      for (let x = 0; x + w <= this.#machine.width; x++) if (this.has({ x, y, w, h })) found.push({ x, y });
    }
    return found;
  }
}
