/** What a routing algorithm is: from flows with free ends to routes with colours, deterministic. */
import type { FlowId } from "@waferc/ir/dataflow";
import type { HostPort, Route } from "@waferc/ir/layout";
import type { Coord, Machine } from "@waferc/machine";
import type { ColorMap } from "./color-map.ts";

/** A flow as the router sees it: roots by coordinates; an end without one is the host. */
export interface RoutingDemand {
  readonly flow: FlowId;
  readonly from: Coord | undefined;
  readonly to: Coord | undefined;
  /** Elements that pass. */
  readonly weight: number;
}

export interface RoutedFlow {
  readonly route: Route;
  readonly port: HostPort | undefined;
}

export interface RoutingAlgorithm {
  readonly name: string;
  readonly summary: string;
  /** Routes all demands, marking colours in `colors`; returns the demand it could not route if there is one. */
  plan(
    demands: readonly RoutingDemand[],
    machine: Machine,
    colors: ColorMap,
  ): { readonly routed: readonly RoutedFlow[]; readonly failed?: RoutingDemand };
}
