/**
 * What a placement costs: for every flow, its wavelets times the hops between its ends, where a group's end is its root core and the host's
 * the nearest port. Shortest distances; that links are shared is for routing to resolve.
 */
import type { Dataflow, Flow } from "@waferc/ir/dataflow";
import { hasHostPort, hopDistance } from "@waferc/machine";
import type { Coord, Machine } from "@waferc/machine";

export interface PlacementCost {
  /** Of all flows. */
  total(corners: readonly Coord[]): number;
  /** Of the flows that touch one group, given the others; ends without a corner yet cost nothing. */
  ofGroup(group: number, corners: readonly (Coord | undefined)[]): number;
}

/** A flow as the cost sees it: wavelets between two groups, or one group and the host. */
interface Pull {
  readonly wavelets: number;
  readonly groups: readonly number[];
}

export function placementCost(dataflow: Dataflow, machine: Machine): PlacementCost {
  const pulls = dataflow.flows.map(pullOf);
  const byGroup = dataflow.groups.map((_, group) => pulls.filter(({ groups }) => groups.includes(group)));
  const toHost = hostDistances(machine);
  const costOf = ({ wavelets, groups }: Pull, corners: readonly (Coord | undefined)[]): number => {
    const ends = groups.map((group) => corners[group]);
    const [a, b] = ends;
    if (a === undefined || (groups.length === 2 && b === undefined)) return 0;
    return wavelets * (b === undefined ? (toHost[a.y * machine.width + a.x] ?? 0) : hopDistance(a, b));
  };
  const sum = (some: readonly Pull[], corners: readonly (Coord | undefined)[]) =>
    some.reduce((total, pull) => total + costOf(pull, corners), 0);
  return {
    total: (corners) => sum(pulls, corners),
    ofGroup: (group, corners) => sum(byGroup[group] ?? [], corners),
  };
}

function pullOf({ from, to, shape }: Flow): Pull {
  const groups = [from, to].flatMap((end) => (end.kind === "group" ? [end.group] : []));
  return { wavelets: shape.reduce((product, length) => product * length, 1), groups };
}

/** Hops from each core to the nearest host port, the step out of the port's router included (two sweeps of a city-block transform). */
function hostDistances(machine: Machine): Int32Array {
  const { width, height } = machine;
  const distances = new Int32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isPort = machine.hostSides.some((side) => hasHostPort(machine, x, y, side));
      distances[y * width + x] = isPort ? 1 : width + height;
    }
  }
  const at = (x: number, y: number) =>
    x < 0 || y < 0 || x >= width || y >= height ? width + height : (distances[y * width + x] ?? 0);
  const relax = (x: number, y: number, step: -1 | 1) => {
    const nearest = Math.min(at(x + step, y), at(x, y + step)) + 1;
    distances[y * width + x] = Math.min(at(x, y), nearest);
  };
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) relax(x, y, -1);
  for (let y = height - 1; y >= 0; y--) for (let x = width - 1; x >= 0; x--) relax(x, y, 1);
  return distances;
}
