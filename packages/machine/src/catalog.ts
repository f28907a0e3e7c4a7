// The machine files of this package, imported so that no file is read at run time. One line per file.
import cs2 from "./machines/cs2.json" with { type: "json" };
import cs3 from "./machines/cs3.json" with { type: "json" };
import mesh16x16 from "./machines/mesh16x16.json" with { type: "json" };
import mesh32x32 from "./machines/mesh32x32.json" with { type: "json" };
import mesh4x4 from "./machines/mesh4x4.json" with { type: "json" };
import mesh8x8 from "./machines/mesh8x8.json" with { type: "json" };
import wormholeLike from "./machines/wormhole-like.json" with { type: "json" };
import wse2Like from "./machines/wse2-like.json" with { type: "json" };
import wse3Like from "./machines/wse3-like.json" with { type: "json" };
import type { Json } from "./canonical-json.ts";

/** Machine files as they are on disk, smallest grid first. */
export const MACHINE_FILES: readonly { readonly [key: string]: Json }[] = [
  wse2Like,
  wse3Like,
  mesh4x4,
  mesh8x8,
  wormholeLike,
  mesh16x16,
  mesh32x32,
  cs2,
  cs3,
];
