// Cases: folders of inputs and expected outputs. Two forms: the ONNX test-data convention (input_0.pb, output_0.pb, matched to the model by
// position) and .npy / .npz files named after inputs and outputs. An optional case.json carries dims, tolerance and provenance.
import { existsSync, readdirSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { CompileError, makeDiagnostic } from "@waferc/base";
import { readNpy, readNpz, type Tensor } from "@waferc/numerics";
import { decodeTensorProto } from "@waferc/onnx";
import { CODES } from "../codes.ts";
import { isDirectory, readUserFile, readUserText } from "./files.ts";

export interface CaseMeta {
  readonly model?: string;
  readonly modelSha256?: string;
  readonly dims?: Readonly<Record<string, number>>;
  readonly rtol?: number;
  readonly atol?: number;
  readonly peakTol?: number;
}

/** Tensors by position (ONNX convention) or by name. */
export interface CaseTensors {
  readonly byIndex: ReadonlyMap<number, Tensor>;
  readonly byName: ReadonlyMap<string, Tensor>;
}

export interface Case {
  readonly path: string;
  readonly inputs: CaseTensors;
  readonly outputs: CaseTensors;
  readonly meta: CaseMeta;
}

/** Reads a case folder; a folder of one `test_data_set_0` stands for that. @throws CompileError CLI-005 */
export function readCase(path: string): Case {
  if (!isDirectory(path)) throw broken(path, "it is not a directory");
  const names = readdirSync(path).sort();
  const sets = names.filter((name) => name.startsWith("test_data_set_"));
  const hasData = names.some((name) => /^(in|out)puts?[_.]/.test(name));
  if (!hasData && sets.length === 1) return readCase(join(path, sets[0] ?? ""));
  if (!hasData && sets.length > 1)
    throw broken(path, `it holds ${sets.length} data sets`, `name one, such as ${join(path, sets[0] ?? "")}`);
  const inputs = readSide(path, names, "input");
  const outputs = readSide(path, names, "output");
  if (inputs.byIndex.size + inputs.byName.size === 0)
    throw broken(path, "it has no input_0.pb, input_NAME.npy or inputs.npz");
  return { path, inputs, outputs, meta: readMeta(path) };
}

function readSide(path: string, names: readonly string[], side: "input" | "output"): CaseTensors {
  const byIndex = new Map<number, Tensor>();
  const byName = new Map<string, Tensor>();
  for (const name of names) {
    const file = join(path, name);
    if (name === `${side}s.npz`) for (const [key, tensor] of readTensors(file)) byName.set(key, tensor);
    const match = new RegExp(`^${side}_(.+)\\.(pb|npy)$`).exec(name);
    if (match === null) continue;
    const key = match[1] ?? "";
    const tensor = readTensor(file);
    if (/^\d+$/.test(key)) byIndex.set(Number(key), tensor);
    else byName.set(key, tensor);
  }
  return { byIndex, byName };
}

function readMeta(path: string): CaseMeta {
  const file = join(path, "case.json");
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readUserText(file, "--case")) as CaseMeta;
  } catch (error) {
    if (error instanceof CompileError) throw error;
    throw broken(path, "case.json is not JSON");
  }
}

/** The tensor with this position or name. */
export function tensorOfCase(tensors: CaseTensors, index: number, name: string): Tensor | undefined {
  return tensors.byName.get(name) ?? tensors.byIndex.get(index);
}

/** One tensor of a .npy or .pb file, or of an .npz with one array. */
export function readTensor(file: string): Tensor {
  const [first, ...others] = readTensors(file);
  if (first === undefined || others.length > 0)
    throw broken(file, `it has ${others.length + (first ? 1 : 0)} arrays, not one`);
  return first[1];
}

/** All tensors of a .npy, .npz or .pb file, by name. */
export function readTensors(file: string): Map<string, Tensor> {
  const bytes = readUserFile(file, "--input");
  const stem = basename(file, extname(file));
  switch (extname(file)) {
    case ".npy":
      return new Map([[stem, readNpy(bytes, file)]]);
    case ".npz":
      return readNpz(bytes, file, inflateRawSync);
    case ".pb": {
      const { name, tensor } = decodeTensorProto(bytes, file);
      return new Map([[name === "" ? stem : name, tensor]]);
    }
    default:
      throw broken(file, "its name ends in none of .npy, .npz and .pb");
  }
}

function broken(path: string, why: string, help?: string): CompileError {
  return new CompileError([
    makeDiagnostic(CODES["CLI-005"], {
      message: `Cannot read case "${path}": ${why}`,
      at: { kind: "argument", name: "--case" },
      help: help === undefined ? [] : [help],
    }),
  ]);
}
