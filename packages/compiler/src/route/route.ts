/**
 * Routing: colours for the channels of every region, then a port, a path and a colour for every flow. Channels of regions that do not overlap share
 * colours; a flow takes any colour that is free at each of its routers.
 */
import { CompileError, makeDiagnostic, type Diagnostic } from "@waferc/base";
import type { Dataflow, Flow } from "@waferc/ir/dataflow";
import { channelColorCount, type ChannelColors, type ChannelKind, type Layout, type Region } from "@waferc/ir/layout";
import { findTemplate } from "@waferc/kernels";
import type { Coord, Machine } from "@waferc/machine";
import { CODES } from "../codes.ts";
import { ColorMap } from "./color-map.ts";
import { negotiate } from "./negotiate.ts";
import type { RoutingAlgorithm, RoutingDemand } from "./routing-algorithm.ts";

export const routingAlgorithms: readonly RoutingAlgorithm[] = [negotiate];

const KIND_ORDER: readonly ChannelKind[] = ["east", "west", "south", "north", "broadcast"];

/**
 * Routes a floorplan; what it had of channels, ports and routes is made anew.
 * @throws CompileError RTE-001 (colours of channels), RTE-002 (a flow without path and colour)
 */
export function routeLayout(floorplan: Layout, machine: Machine): Layout {
  const { dataflow, regions } = floorplan;
  const colors = new ColorMap(machine.width * machine.height, machine.fabric.colors);
  const channels = regions.flatMap((region) => colorChannels(dataflow, region, machine, colors));
  const demands = dataflow.flows.map((flow, id): RoutingDemand => ({
    flow: id,
    from: rootOf(flow.from, regions),
    to: rootOf(flow.to, regions),
    weight: flow.shape.reduce((a, b) => a * b, 1),
  }));
  const { routed, failed } = negotiate.plan(demands, machine, colors);
  if (failed !== undefined) throw new CompileError([unroutable(dataflow, failed, machine, channels)]);
  return {
    ...floorplan,
    channels,
    routes: routed.map(({ route }) => route),
    ports: routed.flatMap(({ port }) => (port === undefined ? [] : [port])),
  };
}

function rootOf(end: Flow["from"], regions: readonly Region[]): Coord | undefined {
  if (end.kind === "host") return undefined;
  const region = regions.find((entry) => entry.group === end.group);
  return region === undefined ? undefined : { x: region.x, y: region.y };
}

/** The lowest colours for the channels that a region's kernels use. */
function colorChannels(
  dataflow: Dataflow,
  region: Region,
  machine: Machine,
  colors: ColorMap,
): readonly ChannelColors[] {
  const used = new Set(
    dataflow.kernels.flatMap((kernel) =>
      kernel.group === region.group ? (findTemplate(kernel.template)?.channels(kernel, region) ?? []) : [],
    ),
  );
  const kinds = KIND_ORDER.filter((kind) => used.has(kind));
  const demand = kinds.reduce((sum, kind) => sum + channelColorCount(kind), 0);
  if (demand > machine.fabric.colors) throw new CompileError([outOfColors(dataflow, region, kinds, demand, machine)]);
  let next = 0;
  const channels = kinds.map((kind): ChannelColors => {
    const own = Array.from({ length: channelColorCount(kind) }, () => next++);
    return { group: region.group, kind, colors: own };
  });
  for (let v = 0; v < region.height; v++) {
    for (let u = 0; u < region.width; u++) {
      for (let color = 0; color < next; color++) colors.take((region.y + v) * machine.width + region.x + u, color);
    }
  }
  return channels;
}

function outOfColors(
  dataflow: Dataflow,
  region: Region,
  kinds: readonly ChannelKind[],
  demand: number,
  machine: Machine,
): Diagnostic {
  const name = dataflow.groups[region.group]?.name ?? `g${region.group}`;
  return makeDiagnostic(CODES["RTE-001"], {
    message: `Cannot colour the channels of group "${name}": needs ${demand} colours, the machine has ${machine.fabric.colors}`,
    at: { kind: "entity", id: `g${region.group}` },
    notes: kinds.map((kind) => ({ message: `channel ${kind} needs ${channelColorCount(kind)}` })),
    help: ["a machine with more colours (--set fabric.colors=N)"],
    facts: { demand, bound: machine.fabric.colors, unit: "colours" },
  });
}

function unroutable(
  dataflow: Dataflow,
  demand: RoutingDemand,
  machine: Machine,
  channels: readonly ChannelColors[],
): Diagnostic {
  const flow = dataflow.flows[demand.flow];
  const end = (coord: Coord | undefined) => (coord === undefined ? "the host" : `core(${coord.x},${coord.y})`);
  const inUse = channels.map(({ group, kind, colors }) => `g${group} ${kind} ${colors.join(",")}`).join("; ");
  return makeDiagnostic(CODES["RTE-002"], {
    message: `Cannot route flow f${demand.flow} "${flow?.name ?? ""}" from ${end(demand.from)} to ${end(demand.to)}: no path has a colour that is free at all its routers`,
    at: { kind: "entity", id: `f${demand.flow}` },
    notes: [
      { message: `channels take colours: ${inUse}` },
      {
        message: `${dataflow.flows.length} flows, ${machine.fabric.colors} colours, ${machine.defects.links.length} dead links`,
      },
    ],
    help: ["fewer inputs and outputs, other places for the regions, or more colours (--set fabric.colors=N)"],
  });
}
