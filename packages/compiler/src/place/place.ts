/**
 * Placement: a dataflow to a floorplan. Small problems are solved exactly, others by annealing; pins and keep-outs are respected, dead cores
 * and links avoided. What cannot be placed is reported with the reason and the numbers.
 */
import { CompileError, makeDiagnostic, Rng } from "@waferc/base";
import type { Diagnostic } from "@waferc/base";
import type { Dataflow, GroupId } from "@waferc/ir/dataflow";
import type { Layout } from "@waferc/ir/layout";
import { rectsOverlap, usableCores } from "@waferc/machine";
import type { Coord, Machine, Rect } from "@waferc/machine";
import { CODES } from "../codes.ts";
import { defaultOptions } from "../pass.ts";
import { annealingPlacement } from "./algorithms/annealing.ts";
import { combinations, exhaustivePlacement } from "./algorithms/exhaustive.ts";
import { FreeRectangles } from "./free-rectangles.ts";
import type { PlacementAlgorithm, PlacementConstraints, PlacementProblem } from "./placement-algorithm.ts";
import { placementCost } from "./placement-cost.ts";

/** An algorithm that runs with its default options. */
export type ReadyPlacement = Pick<PlacementAlgorithm<never>, "name" | "summary"> & {
  plan(problem: PlacementProblem, rng: Rng): readonly Coord[] | undefined;
};

function ready<Opts>(algorithm: PlacementAlgorithm<Opts>): ReadyPlacement {
  const { name, summary, options } = algorithm;
  return { name, summary, plan: (problem, rng) => algorithm.plan(problem, defaultOptions(options), rng) };
}

const exhaustive = ready(exhaustivePlacement);
const annealing = ready(annealingPlacement);

export const placementAlgorithms: readonly ReadyPlacement[] = [exhaustive, annealing];

export interface PlaceOptions extends Partial<PlacementConstraints> {
  readonly seed: number;
  /** Name of an algorithm; by default `exhaustive` where it is quick, else `annealing`. */
  readonly algorithm?: string | undefined;
}

/**
 * The floorplan of a dataflow: a layout without channels and routes.
 * @throws CompileError PLC-001 (a group fits nowhere), PLC-002 (not all at once), PLC-003 (no such algorithm), PLC-004 (pins)
 */
export function placeDataflow(dataflow: Dataflow, machine: Machine, options: PlaceOptions): Layout {
  const constraints = { pins: options.pins ?? new Map<GroupId, Coord>(), keepOuts: options.keepOuts ?? [] };
  const problem = problemOf(dataflow, machine, constraints);
  const algorithm = chooseAlgorithm(problem, options.algorithm);
  const corners = algorithm.plan(problem, new Rng(options.seed).fork("place").fork(algorithm.name));
  if (corners === undefined) throw new CompileError([noRoom(dataflow, machine, constraints)]);
  const regions = dataflow.groups.map(({ width, height }, group) => {
    const { x, y } = corners[group] ?? { x: 0, y: 0 };
    return { group, x, y, width, height };
  });
  return { dataflow, seed: options.seed, regions, channels: [], ports: [], routes: [] };
}

function chooseAlgorithm(problem: PlacementProblem, name: string | undefined): ReadyPlacement {
  if (name === undefined) {
    const { maxTries } = defaultOptions(exhaustivePlacement.options);
    return problem.corners.length <= 2 && combinations(problem) <= maxTries ? exhaustive : annealing;
  }
  const found = placementAlgorithms.find((algorithm) => algorithm.name === name);
  if (found !== undefined) return found;
  throw new CompileError([
    makeDiagnostic(CODES["PLC-003"], {
      message: `Cannot find placement algorithm "${name}"`,
      at: { kind: "argument", name: "--placement-algorithm" },
      help: [`one of ${placementAlgorithms.map((algorithm) => algorithm.name).join(", ")}`],
    }),
  ]);
}

function problemOf(dataflow: Dataflow, machine: Machine, { pins, keepOuts }: PlacementConstraints): PlacementProblem {
  const free = new FreeRectangles(machine, keepOuts);
  const diagnostics: Diagnostic[] = pinConflicts(dataflow, pins);
  const corners = dataflow.groups.map(({ name, width, height }, group): readonly Coord[] => {
    const pin = pins.get(group);
    if (pin === undefined) {
      const found = free.corners(width, height);
      if (found.length === 0) diagnostics.push(fitsNowhere(name, { width, height }, machine, keepOuts));
      return found;
    }
    const rect = { ...pin, w: width, h: height };
    if (!free.has(rect)) diagnostics.push(badPin(name, rect));
    return [pin];
  });
  if (diagnostics.length > 0) throw new CompileError(diagnostics);
  return { dataflow, corners, cost: placementCost(dataflow, machine) };
}

function pinConflicts(dataflow: Dataflow, pins: PlacementConstraints["pins"]): Diagnostic[] {
  const rects = [...pins].flatMap(([group, { x, y }]) => {
    const own = dataflow.groups[group];
    return own === undefined ? [] : [{ name: own.name, x, y, w: own.width, h: own.height }];
  });
  return rects.flatMap((rect, i) =>
    rects.slice(0, i).flatMap((other) => {
      if (!rectsOverlap(rect, other)) return [];
      const message = `Cannot pin "${rect.name}" at ${printRect(rect)}: "${other.name}" is pinned at ${printRect(other)}`;
      return [makeDiagnostic(CODES["PLC-004"], { message, at: { kind: "entity", id: rect.name } })];
    }),
  );
}

function badPin(name: string, rect: Rect): Diagnostic {
  return makeDiagnostic(CODES["PLC-004"], {
    message: `Cannot pin "${name}" at ${printRect(rect)}: that is off the grid, or on dead cores, dead links or a keep-out`,
    at: { kind: "entity", id: name },
    help: ["pin it elsewhere, or remove the pin"],
  });
}

function fitsNowhere(
  name: string,
  { width, height }: { readonly width: number; readonly height: number },
  machine: Machine,
  keepOuts: readonly Rect[],
): Diagnostic {
  const { cores, links } = machine.defects;
  const dead = `${cores.length} cores and ${links.length} links are dead, ${keepOuts.length} rectangles are kept out`;
  return makeDiagnostic(CODES["PLC-001"], {
    message: `Cannot place "${name}": no ${width}x${height} cores of ${machine.width}x${machine.height} are all free and alive`,
    at: { kind: "entity", id: name },
    notes: [{ message: dead }],
    help: ["lower the model for smaller regions, remove keep-outs, or take another machine"],
    facts: { demand: width * height, bound: usableCores(machine), unit: "cores" },
  });
}

function noRoom(dataflow: Dataflow, machine: Machine, { pins, keepOuts }: PlacementConstraints): Diagnostic {
  const terms = dataflow.groups.map(({ name, width, height }) => ({ name, amount: width * height }));
  const demand = terms.reduce((sum, { amount }) => sum + amount, 0);
  const kept = keepOuts.reduce((sum, { w, h }) => sum + w * h, 0);
  const bound = usableCores(machine) - kept;
  const why =
    demand > bound
      ? "they need more cores than there are"
      : "no arrangement without overlap was found, though there are cores enough";
  return makeDiagnostic(CODES["PLC-002"], {
    message: `Cannot place ${terms.length} groups together: ${why}`,
    at: { kind: "entity", id: "floorplan" },
    notes: dataflow.groups.map(({ name, width, height }, group) => {
      const pin = pins.get(group);
      return { message: `"${name}" needs ${width}x${height}${pin === undefined ? "" : ` at (${pin.x}, ${pin.y})`}` };
    }),
    help: ["fewer groups, smaller regions, fewer pins, or another seed"],
    facts: { demand, bound, unit: "cores", terms },
  });
}

function printRect({ x, y, w, h }: Rect): string {
  return `rect(${x}, ${y}, ${w}, ${h})`;
}
