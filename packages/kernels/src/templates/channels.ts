/** Channels that line all-gathers and row transport use; a region one core wide or high needs none on that axis. */
import type { ChannelKind } from "@waferc/ir/layout";
import type { RegionShape } from "../template.ts";

export function lineChannels(region: RegionShape, ...axes: readonly ("x" | "y")[]): readonly ChannelKind[] {
  return axes.flatMap((axis): ChannelKind[] => {
    if (axis === "x") return region.width > 1 ? ["east", "west"] : [];
    return region.height > 1 ? ["south", "north"] : [];
  });
}

/** Rows of a tensor to the root core. */
export function collectChannels(region: RegionShape): readonly ChannelKind[] {
  return [...(region.width > 1 ? ["west" as const] : []), ...(region.height > 1 ? ["north" as const] : [])];
}

/** From the root core to all others. */
export function broadcastChannels(region: RegionShape): readonly ChannelKind[] {
  return region.width * region.height > 1 ? ["broadcast"] : [];
}
