// A map of the grid in characters, scaled down to the terminal: which region a core belongs to, or how full it is.
import type { Styles } from "../cli/render.ts";
import type { PlacementRecord } from "./placement.ts";

/** Two characters for a core make cells about square. */
const CELL_WIDTH = 2;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const IDLE = "·";
/** Between maps that stand side by side. */
export const MAP_GAP = 3;

export interface TextMap {
  readonly title: string;
  readonly lines: readonly string[];
  /** Characters of a line, styles left out. */
  readonly width: number;
  readonly legend: readonly string[];
}

/** Letter of the region with this index. */
export function regionLetter(index: number): string {
  return LETTERS[index % LETTERS.length] ?? "?";
}

export function regionMap(placement: PlacementRecord, columns: number, styles: Styles): TextMap {
  const { regions } = placement;
  const at = (x: number, y: number): number =>
    regions.findIndex((r) => x >= r.x && y >= r.y && x < r.x + r.width && y < r.y + r.height);
  return drawMap("regions", placement, columns, {
    cell: (xs, ys) => {
      const found = firstOf(xs, ys, (x, y) => (at(x, y) >= 0 ? at(x, y) : undefined));
      return found === undefined ? IDLE : styles.tint(found, regionLetter(found));
    },
    legend: regions.map(({ name, x, y, width, height, kernels }, i) => {
      const count = `${kernels.length} kernel${kernels.length === 1 ? "" : "s"}`;
      return `${styles.tint(i, regionLetter(i))} ${name}: ${width}x${height} at (${x},${y}), ${count}`;
    }),
  });
}

export function sramMap(
  placement: PlacementRecord,
  { capacity, columns }: { readonly capacity: number; readonly columns: number },
  styles: Styles,
): TextMap {
  const fill = new Map<string, number>();
  for (const { sramBytes, cores } of placement.classes) {
    for (const { x, y, w, h, dx, dy } of cores) {
      for (let j = 0; j < h; j++)
        for (let i = 0; i < w; i++) fill.set(`${x + i * dx},${y + j * dy}`, sramBytes / capacity);
    }
  }
  return drawMap("SRAM fill", placement, columns, {
    cell: (xs, ys) => {
      let most = -1;
      for (const y of ys) for (const x of xs) most = Math.max(most, fill.get(`${x},${y}`) ?? -1);
      return most < 0 ? IDLE : tenths(most, styles);
    },
    legend: ["0 to 9: tenths of a core's SRAM in use, rounded down; ! over 100 %"],
  });
}

function tenths(fill: number, styles: Styles): string {
  if (fill > 1) return styles.bad("!");
  const digit = String(Math.min(9, Math.floor(fill * 10)));
  return fill >= 0.9 ? styles.warn(digit) : fill < 0.3 ? styles.faint(digit) : digit;
}

interface Drawing {
  /** One character for a block of cores. */
  readonly cell: (xs: readonly number[], ys: readonly number[]) => string;
  readonly legend: readonly string[];
}

function drawMap(title: string, { machine }: PlacementRecord, columns: number, drawing: Drawing): TextMap {
  const { width, height } = machine;
  const scale = Math.max(1, Math.ceil((width * CELL_WIDTH) / Math.max(10, columns)));
  const [across, down] = [Math.ceil(width / scale), Math.ceil(height / scale)];
  const range = (block: number, limit: number): number[] =>
    Array.from({ length: Math.min(scale, limit - block * scale) }, (_, i) => block * scale + i);
  const lines = Array.from({ length: down }, (_, j) =>
    Array.from({ length: across }, (_, i) => drawing.cell(range(i, width), range(j, height))).join(" "),
  );
  const note = scale === 1 ? "" : ` (${scale}x${scale} cores a character)`;
  return { title: `${title}${note}`, lines, width: across * CELL_WIDTH - 1, legend: drawing.legend };
}

function firstOf<T>(xs: readonly number[], ys: readonly number[], of: (x: number, y: number) => T | undefined) {
  for (const y of ys) for (const x of xs) if (of(x, y) !== undefined) return of(x, y);
  return undefined;
}

/** Maps beside each other if they fit, else one below the other, legends last. */
export function printMaps(maps: readonly TextMap[], columns: number): string {
  const total = maps.reduce((sum, { width }) => sum + width + MAP_GAP, -MAP_GAP);
  const legends = maps.flatMap(({ legend }) => legend.map((line) => `  ${line}`));
  if (total > columns || maps.length === 1) {
    return `${[...maps.flatMap(({ title, lines }) => [title, ...lines]), ...legends].join("\n")}\n`;
  }
  const rows = Math.max(...maps.map(({ lines }) => lines.length));
  const pad = " ".repeat(MAP_GAP);
  const heads = maps.map(({ title, width }) => title.slice(0, width).padEnd(width)).join(pad);
  const body = Array.from({ length: rows }, (_, row) =>
    maps.map(({ lines, width }) => lines[row] ?? " ".repeat(width)).join(pad),
  );
  return `${[heads.trimEnd(), ...body, ...legends].join("\n")}\n`;
}
