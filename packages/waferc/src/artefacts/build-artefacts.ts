// From a finished compile to the files of its directory. Equal states give equal bytes.
import { invariant } from "@waferc/base";
import { encodeProgram } from "@waferc/ir/program";
import { SCHEMA_VERSION, printJson } from "./json.ts";
import type { CompileState } from "../pipelines/compile-state.ts";
import type { BuildInfo } from "../pipelines/build-info.ts";
import { compileReport, type CompileReport } from "../report/compile-report.ts";
import { placementRecord } from "../report/placement.ts";
import { TOKENIZER_FILES } from "../session/tokenizer.ts";
import { TOOL_VERSION } from "../version.ts";
import { BlobWriter } from "./blobs.ts";
import {
  HOST_DATA_FILE,
  HOST_FILE,
  MACHINE_FILE,
  PLACEMENT_FILE,
  PROGRAM_FILE,
  REFERENCE_FILE,
  REPORT_FILE,
  WEIGHTS_FILE,
} from "./compiled-model.ts";
import { digestBytes } from "./digest.ts";
import { printHostGraphs } from "./host-graphs.ts";
import { MANIFEST_FILE, printManifest, type BlobRecord, type FileRecord, type Manifest } from "./manifest.ts";
import type { OutputFile } from "./write-directory.ts";

/** A model file above this is not copied; comparing with it then needs the model. */
const LARGEST_REFERENCE_BYTES = 256 * 1024 * 1024;

export interface Artefacts {
  /** The manifest last. */
  readonly files: readonly OutputFile[];
  readonly manifest: Manifest;
  readonly report: CompileReport;
}

export function buildArtefacts(state: CompileState): Artefacts {
  const { build, data, machine, program, layout, host } = state;
  invariant(program !== undefined && layout !== undefined && host !== undefined, "artefacts need all phases");
  const hostFiles = printHostGraphs([host.pre, host.post]);
  const weights = packWeights(state);
  const report = compileReport(build, layout, program, machine);
  const files: (OutputFile & { readonly optional?: boolean })[] = [
    { name: PROGRAM_FILE, content: encodeProgram(program) },
    { name: WEIGHTS_FILE, content: weights.bytes },
    { name: HOST_FILE, content: hostFiles.text },
    { name: HOST_DATA_FILE, content: hostFiles.blobs.toBytes() },
    { name: MACHINE_FILE, content: data.read(build.machine.descriptionSha256) },
    ...tokenizerFiles(build, state),
    { name: PLACEMENT_FILE, content: printJson(placementRecord(layout, program, machine)) },
    { name: REPORT_FILE, content: printJson(report) },
    ...referenceFiles(state),
  ];
  const manifest: Manifest = {
    ...describeBuild(build),
    machine: { name: machine.name, sha256: machine.sha256, overrides: build.machine.overrides },
    schedule: [
      { kind: "host", graph: host.pre.name },
      ...program.entries.map((entry) => ({ kind: "wafer", entry: entry.name }) as const),
      { kind: "host", graph: host.post.name },
    ],
    weights: weights.records,
    hostConstants: hostFiles.blobs.records,
    files: files.map(recordOf),
  };
  return { files: [...files, { name: MANIFEST_FILE, content: printManifest(manifest) }], manifest, report };
}

function describeBuild(build: BuildInfo) {
  const [model] = build.files;
  return {
    schemaVersion: SCHEMA_VERSION,
    producer: { name: "waferc", version: TOOL_VERSION },
    model: { name: build.name, file: model?.name ?? "", sha256: model?.sha256 ?? "" },
    inputs: build.files,
    seed: build.seed,
    flags: {
      dims: Object.fromEntries(build.dims),
      pins: Object.fromEntries(build.pins),
      weights: build.weights,
      groups: build.groups,
    },
    signature: { inputs: build.inputs, outputs: build.outputs },
  };
}

/** Tensors of the program in its order; equal ones share their place. */
function packWeights({ program, data }: CompileState): { bytes: Uint8Array; records: readonly BlobRecord[] } {
  const writer = new BlobWriter();
  const records = (program?.tensors ?? []).map(({ sha256 }) => writer.add(sha256, data.read(sha256)));
  return { bytes: writer.toBytes(), records };
}

function tokenizerFiles(build: BuildInfo, { data }: CompileState): OutputFile[] {
  const names: readonly string[] = TOKENIZER_FILES;
  return build.files
    .filter(({ name }) => names.includes(name))
    .map(({ name, sha256 }) => ({ name, content: data.read(sha256) }));
}

/** The model as it was given, so that a moved directory can still be compared with it. */
function referenceFiles({ build, data }: CompileState): (OutputFile & { readonly optional: boolean })[] {
  const [model] = build.files;
  if (model === undefined || build.weights === "reference") return [];
  const content = data.read(model.sha256);
  if (content.length > LARGEST_REFERENCE_BYTES) return [];
  const pins = [...build.pins.values()].flatMap((pin) => (typeof pin === "object" ? [pin.sha256] : []));
  return [
    { name: REFERENCE_FILE, content, optional: true },
    ...[...new Set(pins)].map((sha256) => ({ name: pinFile(sha256), content: data.read(sha256), optional: true })),
  ];
}

/** Value of a pinned input, by the digest that the manifest has. */
export function pinFile(sha256: string): string {
  return `reference/${sha256}.npy`;
}

function recordOf({ name, content, optional }: OutputFile & { readonly optional?: boolean }): FileRecord {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { name, bytes: bytes.length, sha256: digestBytes(bytes), ...(optional ? { optional } : {}) };
}
