/** The interface of placement algorithms: corners for the groups of a dataflow. An algorithm is one object with its table of options. */
import type { Rng } from "@waferc/base";
import type { Dataflow, GroupId } from "@waferc/ir/dataflow";
import type { Coord, Rect } from "@waferc/machine";
import type { OptionTable } from "../pass.ts";
import type { PlacementCost } from "./placement-cost.ts";

/** What must hold of a placement besides legality. */
export interface PlacementConstraints {
  /** North-west corners that the user fixed. */
  readonly pins: ReadonlyMap<GroupId, Coord>;
  /** Rectangles that no region may touch. */
  readonly keepOuts: readonly Rect[];
}

export interface PlacementProblem {
  readonly dataflow: Dataflow;
  /** For each group the corners that are legal for it alone: on the grid, on live cores and links, as pinned. Never empty. */
  readonly corners: readonly (readonly Coord[])[];
  readonly cost: PlacementCost;
}

export interface PlacementAlgorithm<Opts> {
  /** kebab-case; also its name on the command line. */
  readonly name: string;
  readonly summary: string;
  readonly options: OptionTable<Opts>;
  /** A corner for every group, none overlapping; undefined if it finds none. The same for the same seed. */
  plan(problem: PlacementProblem, options: Opts, rng: Rng): readonly Coord[] | undefined;
}

/** The rectangle of a group at a corner. */
export function rectAt({ dataflow }: PlacementProblem, group: GroupId, { x, y }: Coord): Rect {
  const { width: w = 0, height: h = 0 } = dataflow.groups[group] ?? {};
  return { x, y, w, h };
}
