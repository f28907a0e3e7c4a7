// A compiled directory as it is opened: checked against its manifest, then read part by part when somebody asks.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BlobKey, Graph, TensorSource as GraphTensorSource } from "@waferc/ir/graph";
import { decodeProgram, is16Bit, type ElementType, type Program } from "@waferc/ir/program";
import type { TensorData, TensorSource } from "@waferc/ir/program";
import { resolveMachine, type Machine } from "@waferc/machine";
import { tensorFromBytes } from "@waferc/numerics";
import type { DataStore } from "../data/data-store.ts";
import { readBytes } from "../data/files.ts";
import { blobFinder } from "./blobs.ts";
import { digestBytes } from "./digest.ts";
import { parseHostGraphs } from "./host-graphs.ts";
import { MANIFEST_FILE, notCompiled, parseManifest, type Manifest } from "./manifest.ts";
import { recomputeData } from "./recompute-data.ts";

export const PROGRAM_FILE = "program.wfp";
export const WEIGHTS_FILE = "weights.bin";
export const HOST_FILE = "host.dfir";
export const HOST_DATA_FILE = "host.bin";
export const MACHINE_FILE = "machine.json";
export const PLACEMENT_FILE = "placement.json";
export const REPORT_FILE = "report.json";
/** The model itself, only to compare with: no engine reads it. */
export const REFERENCE_FILE = "reference/model.onnx";

export interface CompiledModel {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly machine: Machine;
  readonly program: Program;
  readonly weights: TensorSource;
  /** By name, as `Manifest.schedule` names them. */
  readonly hostGraphs: ReadonlyMap<string, Graph>;
}

/**
 * Opens a directory that `compile` wrote. Every file must have the digest of the manifest.
 * @throws CompileError CLI-003
 */
export function openCompiledModel(folder: string): CompiledModel {
  const manifest = readManifest(folder);
  const contents = readFiles(folder, manifest);
  const machine = readMachine(folder, contents, manifest);
  const program = decodeProgram(contents.need(PROGRAM_FILE), join(folder, PROGRAM_FILE));
  if (program.machine.sha256 !== machine.sha256) {
    throw notCompiled(folder, `${PROGRAM_FILE} is for another machine than ${MACHINE_FILE} describes`);
  }
  const { blobs, weights } =
    manifest.flags.weights === "embed"
      ? embeddedData(folder, manifest, program, contents)
      : recomputedData(folder, manifest, program, machine);
  const hostText = new TextDecoder().decode(contents.need(HOST_FILE));
  const hostGraphs = parseHostGraphs(hostText, join(folder, HOST_FILE), { blobs });
  return { folder, manifest, machine, program, weights, hostGraphs };
}

/** @throws CompileError CLI-003 */
export function readManifest(folder: string): Manifest {
  const path = join(folder, MANIFEST_FILE);
  if (!existsSync(path)) throw notCompiled(folder, `it has no ${MANIFEST_FILE}`);
  return parseManifest(readFileSync(path, "utf8"), folder);
}

interface Contents {
  need(name: string): Uint8Array;
}

function readFiles(folder: string, manifest: Manifest): Contents {
  const contents = new Map<string, Uint8Array>();
  for (const { name, sha256, optional } of manifest.files) {
    const path = join(folder, name);
    if (!existsSync(path)) {
      if (optional) continue;
      throw notCompiled(folder, `${name} is missing`);
    }
    const bytes = readBytes(path);
    if (digestBytes(bytes) !== sha256) {
      throw notCompiled(folder, `${name} has another digest than ${MANIFEST_FILE} says, so it was changed`);
    }
    if (!optional) contents.set(name, bytes);
  }
  return {
    need(name) {
      const bytes = contents.get(name);
      if (bytes === undefined) throw notCompiled(folder, `${MANIFEST_FILE} does not list ${name}`);
      return bytes;
    },
  };
}

function readMachine(folder: string, contents: Contents, manifest: Manifest): Machine {
  const description = JSON.parse(new TextDecoder().decode(contents.need(MACHINE_FILE))) as Parameters<
    typeof resolveMachine
  >[0];
  const machine = resolveMachine(description, manifest.machine.overrides);
  if (machine.sha256 !== manifest.machine.sha256) {
    throw notCompiled(folder, `${MACHINE_FILE} resolves to another machine than the one it was compiled for`);
  }
  return machine;
}

interface Data {
  readonly blobs: (key: BlobKey) => GraphTensorSource | undefined;
  readonly weights: TensorSource;
}

function embeddedData(folder: string, manifest: Manifest, program: Program, contents: Contents): Data {
  const hostData = contents.need(HOST_DATA_FILE);
  const blobs = blobFinder(manifest.hostConstants, () => hostData);
  return { blobs, weights: readWeights(folder, manifest, program, contents.need(WEIGHTS_FILE)) };
}

/** For directories whose weights are in the model; the model is read when the first of them is asked for. */
function recomputedData(folder: string, manifest: Manifest, program: Program, machine: Machine): Data {
  let data: DataStore | undefined;
  const read = (sha256: string): Uint8Array => {
    data ??= recomputeData(folder, manifest, machine);
    if (!data.has(sha256)) throw notCompiled(folder, `its model no longer gives data sha256:${sha256}`);
    return data.read(sha256);
  };
  return {
    blobs: (key) => ({ ...key, read: () => tensorFromBytes(key.dtype, key.shape, read(key.sha256)) }),
    weights: (index) => {
      const tensor = program.tensors[index];
      if (tensor === undefined) throw new RangeError(`the program has no tensor ${index}`);
      return toElements(read(tensor.sha256), tensor.type);
    },
  };
}

/** Elements of a copy of the bytes. */
export function toElements(bytes: Uint8Array, type: ElementType): TensorData {
  const { buffer } = bytes.slice();
  if (is16Bit(type)) return new Uint16Array(buffer);
  return type === "f32" ? new Float32Array(buffer) : new Int32Array(buffer);
}

function readWeights(folder: string, manifest: Manifest, program: Program, bytes: Uint8Array): TensorSource {
  if (manifest.weights.length !== program.tensors.length) {
    throw notCompiled(folder, `it has ${manifest.weights.length} weights, the program needs ${program.tensors.length}`);
  }
  return (index) => {
    const [record, tensor] = [manifest.weights[index], program.tensors[index]];
    if (record === undefined || tensor === undefined) throw new RangeError(`the program has no tensor ${index}`);
    if (record.sha256 !== tensor.sha256) throw notCompiled(folder, `weight "${tensor.name}" is not the program's`);
    return toElements(bytes.subarray(record.offset, record.offset + record.bytes), tensor.type);
  };
}
