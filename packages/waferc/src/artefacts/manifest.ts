// manifest.json of a compiled directory: what went in, what came out, with digests. It holds no time and no path, so that the same input
// gives the same bytes wherever it is compiled.
import { CompileError, makeDiagnostic } from "@waferc/base";
import { SCHEMA_VERSION, printJson } from "./json.ts";
import { CODES } from "../codes.ts";
import type { TensorSpec } from "../data/tensor-spec.ts";
import type { WeightsMode } from "../pipelines/build-info.ts";
import type { PinRecord } from "../pipelines/pins.ts";

export const MANIFEST_FILE = "manifest.json";

export interface FileRecord {
  /** Relative to the directory, with forward slashes. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  /** May be deleted; running does not need it. */
  readonly optional?: boolean;
}

/** An input of the model; pinned ones are constants of the program. */
export interface InputRecord extends TensorSpec {
  readonly pinned?: boolean;
}

/** One part of an inference, in order: a host graph of host.dfir, or an entry of the program. */
export type ScheduleStep =
  { readonly kind: "host"; readonly graph: string } | { readonly kind: "wafer"; readonly entry: string };

/** Where the data of a digest lies in a file. */
export interface BlobRecord {
  readonly sha256: string;
  readonly offset: number;
  readonly bytes: number;
}

export interface Manifest {
  readonly schemaVersion: string;
  readonly producer: { readonly name: string; readonly version: string };
  readonly model: {
    readonly name: string;
    readonly file: string;
    readonly sha256: string;
    /** From the directory to the model; only where the weights are in it. */
    readonly path?: string;
  };
  /** Every file that was read, the model first. */
  readonly inputs: readonly { readonly name: string; readonly sha256: string }[];
  readonly machine: { readonly name: string; readonly sha256: string; readonly overrides: readonly string[] };
  readonly seed: number;
  /** What the command line asked for beside model, machine and seed. */
  readonly flags: {
    readonly dims: Readonly<Record<string, number>>;
    readonly pins: Readonly<Record<string, PinRecord>>;
    readonly weights: WeightsMode;
    readonly groups: number;
  };
  readonly signature: { readonly inputs: readonly InputRecord[]; readonly outputs: readonly TensorSpec[] };
  readonly schedule: readonly ScheduleStep[];
  /** Tensors of the program, in its order, in weights.bin; without places if the weights are in the model. */
  readonly weights: readonly BlobRecord[];
  /** Constants of host.dfir in host.bin. */
  readonly hostConstants: readonly BlobRecord[];
  readonly files: readonly FileRecord[];
}

/** Value of a pinned input, by the digest that the flags have. */
export function pinFile(sha256: string): string {
  return `reference/${sha256}.npy`;
}

export function printManifest(manifest: Manifest): string {
  return printJson(manifest);
}

/**
 * Reads a manifest; a later major version is refused.
 * @throws CompileError CLI-003
 */
export function parseManifest(text: string, folder: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notCompiled(folder, `${MANIFEST_FILE} is not JSON`);
  }
  const manifest = (value ?? {}) as Partial<Manifest>;
  const [major] = String(manifest.schemaVersion ?? "").split(".");
  const [ours] = SCHEMA_VERSION.split(".");
  if (major !== ours) {
    const found = manifest.schemaVersion === undefined ? "none" : String(manifest.schemaVersion);
    throw notCompiled(folder, `its schema version is ${found}, this waferc reads ${ours}.x`);
  }
  const lists = [manifest.files, manifest.schedule, manifest.weights, manifest.hostConstants, manifest.inputs];
  const isWhole = lists.every(Array.isArray) && manifest.signature !== undefined && manifest.machine !== undefined;
  if (!isWhole) throw notCompiled(folder, `${MANIFEST_FILE} lacks a part`);
  return manifest as Manifest;
}

export function notCompiled(folder: string, why: string): CompileError {
  return new CompileError([
    makeDiagnostic(CODES["CLI-003"], {
      message: `Cannot use directory "${folder}": ${why}`,
      at: { kind: "argument", name: "DIR" },
      help: ["compile again: waferc compile MODEL --machine M -o DIR"],
    }),
  ]);
}
