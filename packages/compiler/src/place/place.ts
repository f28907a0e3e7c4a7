/** Placement: a rectangle of cores for every group of a dataflow. Few groups are placed exactly, more by annealing. */
import { CompileError, makeDiagnostic, type Diagnostic, type Rng } from "@waferc/base";
import type { Dataflow } from "@waferc/ir/dataflow";
import type { Layout } from "@waferc/ir/layout";
import type { Machine } from "@waferc/machine";
import { CODES } from "../codes.ts";
import { anneal } from "./algorithms/anneal.ts";
import { combinations, exhaustive, EXHAUSTIVE_LIMIT } from "./algorithms/exhaustive.ts";
import type { PlacementAlgorithm } from "./placement-algorithm.ts";
import { placementProblem, type PlacementOptions, type PlacementProblem } from "./placement-problem.ts";

export const placementAlgorithms: readonly PlacementAlgorithm[] = [exhaustive, anneal];

export interface PlaceOptions extends PlacementOptions {
  readonly seed: number;
  /** Name of an algorithm; by default `exhaustive` where it is quick, else `anneal`. */
  readonly algorithm?: string;
}

/**
 * The floorplan of a dataflow: a layout without channels and routes.
 * @throws CompileError PLC-001 (a group fits nowhere), PLC-002 (together they do not fit), PLC-003 (no such algorithm)
 */
export function placeDataflow(dataflow: Dataflow, machine: Machine, options: PlaceOptions, rng: Rng): Layout {
  const problem = placementProblem(dataflow, machine, options);
  const homeless = problem.candidates.flatMap((corners, group) =>
    corners.length === 0 ? [homelessGroup(dataflow, machine, group)] : [],
  );
  if (homeless.length > 0) throw new CompileError(homeless);
  const algorithm = chooseAlgorithm(problem, options.algorithm);
  const corners = algorithm.plan(problem, rng);
  if (corners === undefined) throw new CompileError([crowded(dataflow, machine)]);
  const regions = corners.map(({ x, y }, group) => {
    const { width, height } = problem.sizes[group] ?? { width: 0, height: 0 };
    return { group, x, y, width, height };
  });
  return { dataflow, seed: options.seed, regions, channels: [], ports: [], routes: [] };
}

function chooseAlgorithm(problem: PlacementProblem, name: string | undefined): PlacementAlgorithm {
  if (name === undefined) {
    return problem.sizes.length <= 2 && combinations(problem) <= EXHAUSTIVE_LIMIT ? exhaustive : anneal;
  }
  const found = placementAlgorithms.find((algorithm) => algorithm.name === name);
  if (found !== undefined) return found;
  const known = placementAlgorithms.map((algorithm) => algorithm.name).join(", ");
  throw new CompileError([
    makeDiagnostic(CODES["PLC-003"], {
      message: `Cannot find placement algorithm "${name}"`,
      at: { kind: "argument", name: "--placement-algorithm" },
      help: [`one of ${known}`],
    }),
  ]);
}

function homelessGroup(dataflow: Dataflow, machine: Machine, group: number): Diagnostic {
  const { name, width, height } = dataflow.groups[group] ?? { name: `g${group}`, width: 0, height: 0 };
  const dead = machine.defects.cores.length;
  return makeDiagnostic(CODES["PLC-001"], {
    message: `Cannot place group "${name}": no free rectangle of ${width} x ${height} cores on ${machine.width} x ${machine.height}`,
    at: { kind: "entity", id: `g${group}` },
    notes: [
      {
        message: `${dead} dead cores and ${machine.defects.links.length} dead links are avoided, as are pins and keep-outs`,
      },
    ],
    help: ["a smaller region for the group, another pin, fewer keep-outs, or a larger machine"],
    facts: { demand: width * height, bound: machine.width * machine.height, unit: "cores" },
  });
}

function crowded(dataflow: Dataflow, machine: Machine): Diagnostic {
  const terms = dataflow.groups.map(({ name, width, height }) => ({ name, amount: width * height }));
  const demand = terms.reduce((sum, term) => sum + term.amount, 0);
  return makeDiagnostic(CODES["PLC-002"], {
    message: `Cannot place ${terms.length} groups without overlap: they need ${demand} cores, the machine has ${machine.width * machine.height}`,
    at: { kind: "entity", id: "dataflow" },
    notes: dataflow.groups.map(({ name, width, height }) => ({ message: `group "${name}" is ${width} x ${height}` })),
    help: ["fewer groups, smaller regions, or a larger machine"],
    facts: { demand, bound: machine.width * machine.height, unit: "cores", terms },
  });
}
