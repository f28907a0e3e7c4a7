/** The cores of a region by role, and by parity of column and row: those of one set use the same colours. */
import type { CoreSet, StridedRect } from "@waferc/ir/program";
import type { Region } from "@waferc/ir/layout";
import type { Role } from "@waferc/kernels";

export interface RoleCores {
  /** Parity of column and row inside the region. */
  readonly u: 0 | 1;
  readonly v: 0 | 1;
  readonly cores: CoreSet;
}

export function roleCores(region: Region, role: Role): readonly RoleCores[] {
  if (role === "root") return [{ u: 0, v: 0, cores: [{ x: region.x, y: region.y, w: 1, h: 1, dx: 1, dy: 1 }] }];
  const sets: RoleCores[] = [];
  for (const v of [0, 1] as const) {
    for (const u of [0, 1] as const) {
      const cores = u === 0 && v === 0 ? withoutRoot(region) : [every(region, u, v)];
      const some = cores.filter((rect) => rect.w > 0 && rect.h > 0);
      if (some.length > 0) sets.push({ u, v, cores: some });
    }
  }
  return sets;
}

/** Every second column from `u` and every second row from `v`. */
function every(region: Region, u: number, v: number): StridedRect {
  const w = Math.ceil((region.width - u) / 2);
  const h = Math.ceil((region.height - v) / 2);
  return strided(region.x + u, region.y + v, w, h);
}

function withoutRoot(region: Region): readonly StridedRect[] {
  const all = every(region, 0, 0);
  return [strided(all.x + 2, all.y, all.w - 1, 1), strided(all.x, all.y + 2, all.w, all.h - 1)];
}

function strided(x: number, y: number, w: number, h: number): StridedRect {
  return { x, y, w, h, dx: w > 1 ? 2 : 1, dy: h > 1 ? 2 : 1 };
}
