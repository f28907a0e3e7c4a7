// Enumeration of core sets (docs/program.md section 1): rectangle by rectangle, within one by y then x.
import type { CoreSet } from "@waferc/ir/program";

/** Calls back with each core and its number in the enumeration. */
export function forEachCore(cores: CoreSet, visit: (x: number, y: number, index: number) => void): void {
  let index = 0;
  for (const rect of cores) {
    for (let j = 0; j < rect.h; j++) {
      for (let i = 0; i < rect.w; i++) visit(rect.x + i * rect.dx, rect.y + j * rect.dy, index++);
    }
  }
}
