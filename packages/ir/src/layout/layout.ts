/**
 * The layout noun: a dataflow with a rectangle for every group (the floorplan), colours for every channel, and a route with a colour for every
 * flow. A floorplan is a layout whose `channels`, `routes` and `ports` are still empty.
 */
import type { Dataflow, FlowId, GroupId } from "../dataflow/dataflow.ts";
import type { RouterPort, Side } from "../program/program.ts";

export interface Region {
  readonly group: GroupId;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Neighbour-to-neighbour chains inside a region, and one multicast tree. `east` moves data east: column u sends on colours[u mod 2] and
 * receives on colours[(u + 1) mod 2]; west, south and north alike (rows for the latter two). `broadcast` has one colour: from the region's root
 * core (0,0) down column 0 and along every row to all other cores.
 */
export type ChannelKind = "east" | "west" | "south" | "north" | "broadcast";

export interface ChannelColors {
  readonly group: GroupId;
  readonly kind: ChannelKind;
  readonly colors: readonly number[];
}

/** One router's part of a route. */
export interface Hop {
  readonly x: number;
  readonly y: number;
  readonly from: RouterPort;
  readonly to: readonly RouterPort[];
}

/** A flow's tree of hops, from its source (a host port or a root core's ramp) to its ends. Host ends name the port. */
export interface Route {
  readonly flow: FlowId;
  readonly color: number;
  readonly hops: readonly Hop[];
}

/** Where a host flow enters or leaves the grid. */
export interface HostPort {
  readonly flow: FlowId;
  readonly x: number;
  readonly y: number;
  readonly side: Side;
}

export interface Layout {
  readonly dataflow: Dataflow;
  readonly seed: number;
  readonly regions: readonly Region[];
  readonly channels: readonly ChannelColors[];
  readonly ports: readonly HostPort[];
  readonly routes: readonly Route[];
}
