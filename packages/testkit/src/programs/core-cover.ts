// Sets of cores as few strided rectangles: greedy, the largest rectangle from the first core that is left.
import type { CoreSet, StridedRect } from "@waferc/ir/program";

const MAX_STRIDE = 4;

/** Disjoint strided rectangles of exactly these cores, given as `y * width + x`. */
export function coverCores(cores: Iterable<number>, width: number): CoreSet {
  const left = new Set([...cores].sort((a, b) => a - b));
  const rects: StridedRect[] = [];
  for (const core of [...left]) {
    if (!left.has(core)) continue;
    const rect = largestRect(core, left, width);
    for (let j = 0; j < rect.h; j++) {
      for (let i = 0; i < rect.w; i++) left.delete((rect.y + j * rect.dy) * width + rect.x + i * rect.dx);
    }
    rects.push(rect);
  }
  return rects;
}

function largestRect(core: number, left: ReadonlySet<number>, width: number): StridedRect {
  const x = core % width;
  const y = Math.floor(core / width);
  let best: StridedRect = { x, y, w: 1, h: 1, dx: 1, dy: 1 };
  for (let dx = 1; dx <= MAX_STRIDE; dx++) {
    for (let dy = 1; dy <= MAX_STRIDE; dy++) {
      const isIn = (i: number, j: number) => x + i * dx < width && left.has((y + j * dy) * width + x + i * dx);
      let w = 1;
      while (isIn(w, 0)) w++;
      let h = 1;
      while (Array.from({ length: w }, (_, i) => i).every((i) => isIn(i, h))) h++;
      if (w * h > best.w * best.h) best = { x, y, w, h, dx: w > 1 ? dx : 1, dy: h > 1 ? dy : 1 };
    }
  }
  return best;
}
