// How a compile begins: reads the model and what lies beside it, resolves the machine, and writes down what was asked for.
import { existsSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { CompileError, DiagnosticSink } from "@waferc/base";
import { controlInputs, dimsOfInputs } from "@waferc/compiler";
import { valueOf, type Graph } from "@waferc/ir/graph";
import { machineDescription, resolveMachine } from "@waferc/machine";
import type { Tensor } from "@waferc/numerics";
import { importModel } from "@waferc/onnx";
import { tensorOfCase, type Case } from "../data/cases.ts";
import { DataStore } from "../data/data-store.ts";
import { externalDataBeside, type ExternalFiles } from "../data/external.ts";
import { readUserFile, readUserText } from "../data/files.ts";
import { failOption } from "../refusal.ts";
import { TOKENIZER_FILES } from "../session/tokenizer.ts";
import type { WeightsMode } from "./build-info.ts";
import type { CompileState } from "./compile-state.ts";
import { recordPin, type PinValue } from "./pins.ts";

export interface CompileRequest {
  /** Path of an .onnx file. */
  readonly model: string;
  /** A name, or the path of a .json file. */
  readonly machine: string;
  /** `PATH=VALUE` */
  readonly overrides?: readonly string[];
  readonly dims?: ReadonlyMap<string, number>;
  readonly pins?: ReadonlyMap<string, PinValue>;
  /** Binds what `dims` and `pins` leave open. */
  readonly shapesFrom?: Case | undefined;
  readonly seed?: number;
  readonly weights?: WeightsMode;
  /** Groups to split the mesh part into: a spatial pipeline. 1 unless given. */
  readonly groups?: number;
}

export interface Beginning {
  readonly state: CompileState;
  readonly external: ExternalFiles;
  /** What was bound from the case, in words. */
  readonly notes: readonly string[];
}

/** @throws CompileError CLI-001, CLI-010, MCH-*, ONX-*, PAS-003 */
export function beginCompile(request: CompileRequest): Beginning {
  const { model, overrides = [], seed = 1, weights = "embed", groups = 1 } = request;
  const bytes = readUserFile(model, "MODEL");
  const external = externalDataBeside(model);
  const data = new DataStore();
  const files = [{ name: basename(model), sha256: data.put(bytes) }];
  for (const name of TOKENIZER_FILES) {
    const path = join(dirname(model), name);
    if (existsSync(path)) files.push({ name, sha256: data.put(readUserFile(path, "MODEL")) });
  }
  const description = readMachine(request.machine);
  const machine = resolveMachine(description, overrides);
  const descriptionSha256 = data.put(new TextEncoder().encode(`${JSON.stringify(description, undefined, 2)}\n`));
  const name = basename(model, extname(model));
  const bound = bindRequest(request, () => importModel(bytes, new DiagnosticSink(), { external, name }));
  return {
    state: {
      data,
      machine,
      build: {
        name,
        files,
        externalFiles: [],
        machine: { name: machine.name, descriptionSha256, overrides },
        seed,
        weights,
        groups,
        dims: bound.dims,
        pins: new Map([...bound.pins].map(([input, pin]) => [input, recordPin(pin, data)])),
        inputs: [],
        outputs: [],
        meshMacs: 0,
        totalMacs: 0,
        hostOps: [],
      },
    },
    external,
    notes: bound.notes,
  };
}

type Description = Parameters<typeof resolveMachine>[0];

function readMachine(nameOrFile: string): Description {
  if (!nameOrFile.endsWith(".json")) return machineDescription(nameOrFile);
  try {
    return JSON.parse(readUserText(nameOrFile, "--machine")) as Description;
  } catch (error) {
    if (error instanceof CompileError) throw error;
    return failOption("--machine", `Cannot read machine "${nameOrFile}": it is not JSON`);
  }
}

export interface Bound {
  readonly dims: ReadonlyMap<string, number>;
  readonly pins: ReadonlyMap<string, PinValue>;
  readonly notes: readonly string[];
}

export type Bindings = Pick<CompileRequest, "dims" | "pins" | "shapesFrom">;

/** What was given explicitly, over what the case says. */
export function bindRequest(request: Bindings, importGraph: () => Graph): Bound {
  const dims = new Map(request.dims);
  const pins = new Map(request.pins);
  if (request.shapesFrom === undefined) return { dims, pins, notes: [] };
  const graph = importGraph();
  const tensors = new Map<string, Tensor>();
  graph.inputs.forEach((id, index) => {
    const { name } = valueOf(graph, id);
    const tensor = tensorOfCase(request.shapesFrom?.inputs ?? { byIndex: new Map(), byName: new Map() }, index, name);
    if (tensor !== undefined) tensors.set(name, tensor);
  });
  const diag = new DiagnosticSink();
  const shapes = new Map([...tensors].map(([name, tensor]) => [name, tensor.shape]));
  const found = dimsOfInputs(graph, shapes, diag);
  const notes: string[] = diag.diagnostics.map(({ message }) => message);
  for (const [dim, length] of found) if (!dims.has(dim)) dims.set(dim, length);
  if (found.size > 0)
    notes.push(`bound by the case: ${[...found].map(([dim, length]) => `${dim}=${length}`).join(", ")}`);
  for (const name of controlInputs(graph)) {
    const tensor = tensors.get(name);
    if (tensor === undefined || pins.has(name)) continue;
    pins.set(name, tensor);
    notes.push(`pinned to the case's value, as it only decides control flow: ${name}`);
  }
  return { dims, pins, notes };
}
