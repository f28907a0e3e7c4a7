// Gives the model's symbolic dimensions their lengths, everywhere in the graph. Symbols are those of the inputs' shapes;
// expressions over symbols are computed, and a symbol that follows from a bound expression is solved. A nameless
// dimension of an input is bound as `INPUT.AXIS`; so may be any other, for files that call two lengths by one name.
import {
  GraphBuilder,
  UNKNOWN_DIM,
  blocksOf,
  isTensorType,
  valueOf,
  type Dim,
  type Graph,
  type Shape,
} from "@waferc/ir/graph";
import type { DiagnosticSink, Loc } from "@waferc/base";
import type { Pass } from "../pass.ts";
import { CODES } from "../codes.ts";
import { evaluateDim, namesOf, parseDim, solveDim } from "./dim-expression.ts";

export interface BindDimsOptions {
  /** Lengths by dimension name. */
  readonly dims: ReadonlyMap<string, number>;
  /** Whether a dimension that stays symbolic is an error. */
  readonly mustBindAll: boolean;
}

/** A symbolic dimension of the model. */
export interface ModelDim {
  readonly name: string;
  /** Where it occurs: `input_ids axis 1`. */
  readonly places: readonly string[];
}

/** The lengths used in commands that show how to bind. */
const EXAMPLE_LENGTH = 1;

export const bindDims: Pass<"graph", "graph", BindDimsOptions> = {
  name: "bind-dims",
  from: "graph",
  to: "graph",
  summary: "Bind symbolic dimensions to lengths",
  requires: [],
  establishes: ["dims-bound"],
  options: {
    dims: { type: "table", byDefault: new Map(), about: "Length of each symbolic dimension, by name" },
    mustBindAll: { type: "boolean", byDefault: true, about: "Whether a dimension that stays symbolic is an error" },
  },
  run(input, { dims, mustBindAll }, { diag }) {
    const graph = GraphBuilder.from(input);
    nameUnknownDims(graph);
    separateDims(graph, dims);
    const symbols = modelDims(graph);
    checkBindings(symbols, dims, diag);
    const solved = solveAll(graph, dims, diag);
    if (mustBindAll) reportUnbound(symbols, solved, diag);
    diag.throwIfErrors();
    for (const { id, shape, ...type } of allValues(graph)) {
      if (shape !== undefined) graph.setType(id, { ...type, shape: shape.map((dim) => bindDim(dim, solved)) });
    }
    return graph.freeze();
  },
};

/** Every symbol of the inputs' shapes, expressions taken apart, in order of first use. */
export function modelDims(graph: Graph | GraphBuilder): readonly ModelDim[] {
  const places = new Map<string, string[]>();
  for (const id of graph.inputs) {
    const { name, shape } = graph instanceof GraphBuilder ? graph.value(id) : valueOf(graph, id);
    shape?.forEach((dim, axis) => {
      for (const symbol of symbolsOf(dim, name, axis)) {
        places.set(symbol, [...(places.get(symbol) ?? []), `${name} axis ${axis}`]);
      }
    });
  }
  return [...places].map(([name, found]) => ({ name, places: found }));
}

function symbolsOf(dim: Dim, input: string, axis: number): readonly string[] {
  if (typeof dim === "number") return [];
  return dim === UNKNOWN_DIM ? [`${input}.${axis}`] : namesOf(parseDim(dim));
}

/**
 * The lengths of a model's symbolic dimensions that inputs of these shapes have; what they do not decide is left out. A name
 * that stands for two lengths is a mistake of the file: its places are bound one by one, as `INPUT.AXIS`, with a warning (PAS-008).
 */
export function dimsOfInputs(
  graph: Graph,
  shapes: ReadonlyMap<string, readonly number[]>,
  diag: DiagnosticSink,
): ReadonlyMap<string, number> {
  const places = new Map<string, { readonly place: string; readonly length: number }[]>();
  for (const id of graph.inputs) {
    const { name, shape = [] } = valueOf(graph, id);
    const actual = shapes.get(name);
    shape.forEach((dim, axis) => {
      const length = actual?.[axis];
      if (length === undefined || typeof dim === "number") return;
      const place = `${name}.${axis}`;
      const symbol = dim === UNKNOWN_DIM ? place : dim;
      places.set(symbol, [...(places.get(symbol) ?? []), { place, length }]);
    });
  }
  const dims = new Map<string, number>();
  for (const [symbol, found] of places) {
    const [first] = found;
    if (first === undefined) continue;
    if (found.every(({ length }) => length === first.length)) {
      dims.set(symbol, first.length);
      continue;
    }
    for (const { place, length } of found) dims.set(place, length);
    const lengths = found.map(({ place, length }) => `${length} in ${place}`).join(", ");
    const message = `Dimension "${symbol}" has more than one length (${lengths}): each place is bound alone`;
    diag.report(CODES["PAS-008"], { message, at: { kind: "argument", name: symbol } });
  }
  return dims;
}

/** Axes of inputs that are bound by their place leave their symbol, which then says nothing about values inside the graph. */
function separateDims(graph: GraphBuilder, dims: ReadonlyMap<string, number>): void {
  const ambiguous = new Set<string>();
  for (const id of graph.inputs) {
    const { name, shape, ...type } = graph.value(id);
    if (shape === undefined || !isTensorType(type)) continue;
    const separated = shape.map((dim, axis) => {
      const place = `${name}.${axis}`;
      if (typeof dim === "number" || dim === place || !dims.has(place)) return dim;
      namesOf(parseDim(dim)).forEach((symbol) => ambiguous.add(symbol));
      return place;
    });
    graph.setType(id, { ...type, shape: separated });
  }
  if (ambiguous.size === 0) return;
  const inputs = new Set(graph.inputs);
  for (const { id, shape, ...type } of allValues(graph)) {
    if (shape === undefined || inputs.has(id)) continue;
    const isSure = (dim: Dim): boolean =>
      typeof dim === "number" || dim === UNKNOWN_DIM || !namesOf(parseDim(dim)).some((symbol) => ambiguous.has(symbol));
    graph.setType(id, { ...type, shape: shape.map((dim) => (isSure(dim) ? dim : UNKNOWN_DIM)) });
  }
}

/** Elements of a sequence may differ in what is unknown, so nothing there gets a name. */
function nameUnknownDims(graph: GraphBuilder): void {
  for (const id of graph.inputs) {
    const { name, shape, ...type } = graph.value(id);
    if (shape === undefined || !isTensorType(type)) continue;
    graph.setType(id, { ...type, shape: shape.map((dim, axis) => (dim === UNKNOWN_DIM ? `${name}.${axis}` : dim)) });
  }
}

function allValues(graph: GraphBuilder): ReturnType<GraphBuilder["value"]>[] {
  const results = graph.everyOp.flatMap((op) => op.results.filter((id) => id !== undefined));
  const params = graph.everyOp.flatMap((op) => blocksOf(op).flatMap((block) => block.params));
  return [...graph.inputs, ...results, ...params].map((id) => graph.value(id));
}

function checkBindings(symbols: readonly ModelDim[], dims: ReadonlyMap<string, number>, diag: DiagnosticSink): void {
  const known = new Set(symbols.map(({ name }) => name));
  for (const [name, length] of dims) {
    const at: Loc = { kind: "argument", name: "--dim" };
    if (!Number.isSafeInteger(length) || length < 0) {
      diag.report(CODES["PAS-003"], {
        message: `Cannot bind dimension "${name}" to ${length}: a length is a whole number from 0`,
        at,
      });
    }
    if (known.has(name) || namesOf(parseDim(name)).every((part) => known.has(part))) continue;
    const message = `Cannot bind dimension "${name}": the model has none of that name`;
    diag.report(CODES["PAS-002"], { message, at, notes: describeDims(symbols), help: [exampleCommand(symbols, dims)] });
  }
}

function describeDims(symbols: readonly ModelDim[]): { message: string }[] {
  if (symbols.length === 0) return [{ message: "all dimensions of the model are fixed" }];
  return symbols.map(({ name, places }) => ({ message: `dimension "${name}" of ${places.join(", ")}` }));
}

function exampleCommand(symbols: readonly ModelDim[], dims: ReadonlyMap<string, number>): string {
  if (symbols.length === 0) return "Leave out --dim";
  const flags = symbols.map(({ name }) => `--dim ${quoteForShell(name)}=${dims.get(name) ?? EXAMPLE_LENGTH}`);
  return `Bind all of them, such as: ${flags.join(" ")}`;
}

const quoteForShell = (name: string): string => (/^[\w.]+$/.test(name) ? name : `'${name}'`);

/** Bindings with what follows from them; contradictions are reported. */
function solveAll(
  graph: GraphBuilder,
  dims: ReadonlyMap<string, number>,
  diag: DiagnosticSink,
): ReadonlyMap<string, number> {
  const solved = new Map(dims);
  const texts = new Set(
    graph.inputs.flatMap((id) => (graph.value(id).shape ?? []).filter((dim) => typeof dim === "string")),
  );
  for (let hasChanged = true; hasChanged;) {
    hasChanged = false;
    for (const text of texts) {
      const expression = parseDim(text);
      const total = solved.get(text);
      const found = total === undefined ? undefined : solveDim(expression, total, solved);
      if (found === undefined || expression.kind === "name") continue;
      solved.set(found.name, found.value);
      hasChanged = true;
    }
  }
  for (const text of texts) {
    const computed = evaluateDim(parseDim(text), solved);
    const bound = dims.get(text);
    if (computed === undefined) continue;
    if (computed < 0 || (bound !== undefined && bound !== computed)) {
      const message = `Cannot bind dimension "${text}" to ${bound ?? computed}: with the other dimensions it is ${computed}`;
      diag.report(CODES["PAS-003"], { message, at: { kind: "argument", name: "--dim" } });
    }
  }
  return solved;
}

function reportUnbound(symbols: readonly ModelDim[], solved: ReadonlyMap<string, number>, diag: DiagnosticSink): void {
  const open = symbols.filter(({ name }) => !solved.has(name));
  const [first] = open;
  if (first === undefined) return;
  const message = `Cannot compile with symbolic dimensions: ${open.map(({ name }) => `"${name}"`).join(", ")} must be bound`;
  const help = [exampleCommand(symbols, solved)];
  diag.report(CODES["PAS-001"], {
    message,
    at: { kind: "argument", name: "--dim" },
    notes: describeDims(symbols),
    help,
  });
}

function bindDim(dim: Dim, bindings: ReadonlyMap<string, number>): Shape[number] {
  if (typeof dim === "number" || dim === UNKNOWN_DIM) return dim;
  return bindings.get(dim) ?? evaluateDim(parseDim(dim), bindings) ?? dim;
}
