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
import { MANIFEST_FILE, pinFile, printManifest, type BlobRecord, type FileRecord, type Manifest } from "./manifest.ts";
import type { OutputFile } from "./write-directory.ts";

/** A model file above this is not copied; comparing with it then needs the model. */
const LARGEST_REFERENCE_BYTES = 256 * 1024 * 1024;

export interface Artefacts {
  /** The manifest last. */
  readonly files: readonly OutputFile[];
  readonly manifest: Manifest;
  readonly report: CompileReport;
}

/** @param modelPath from the directory to the model; needed, and used, where the weights stay in the model */
export function buildArtefacts(state: CompileState, modelPath = ""): Artefacts {
  const { build, data, machine, program, layout, host } = state;
  invariant(program !== undefined && layout !== undefined && host !== undefined, "artefacts need all phases");
  const isEmbedded = build.weights === "embed";
  const hostBlobs = new BlobWriter();
  const hostText = printHostGraphs([host.pre, host.post], (sha256, source) => hostBlobs.addSource(sha256, source));
  const weights = packWeights(state);
  const report = compileReport(build, layout, program, machine);
  const files: (OutputFile & { readonly optional?: boolean })[] = [
    { name: PROGRAM_FILE, content: encodeProgram(program) },
    { name: HOST_FILE, content: hostText },
    ...(isEmbedded
      ? [
          { name: WEIGHTS_FILE, content: weights.bytes },
          { name: HOST_DATA_FILE, content: hostBlobs.toBytes() },
        ]
      : []),
    { name: MACHINE_FILE, content: data.read(build.machine.descriptionSha256) },
    ...tokenizerFiles(build, state),
    { name: PLACEMENT_FILE, content: printJson(placementRecord(layout, program, machine)) },
    { name: REPORT_FILE, content: printJson(report) },
    ...referenceFiles(state),
  ];
  const manifest: Manifest = {
    ...describeBuild(build, isEmbedded ? undefined : modelPath),
    machine: { name: machine.name, sha256: machine.sha256, overrides: build.machine.overrides },
    schedule: [
      { kind: "host", graph: host.pre.name },
      ...program.entries.map((entry) => ({ kind: "wafer", entry: entry.name }) as const),
      { kind: "host", graph: host.post.name },
    ],
    weights: isEmbedded ? weights.records : [],
    hostConstants: isEmbedded ? hostBlobs.records : [],
    files: files.map(recordOf),
  };
  return { files: [...files, { name: MANIFEST_FILE, content: printManifest(manifest) }], manifest, report };
}

function describeBuild(build: BuildInfo, path: string | undefined) {
  const [model] = build.files;
  return {
    schemaVersion: SCHEMA_VERSION,
    producer: { name: "waferc", version: TOOL_VERSION },
    model: {
      name: build.name,
      file: model?.name ?? "",
      sha256: model?.sha256 ?? "",
      ...(path === undefined ? {} : { path }),
    },
    inputs: [...build.files, ...build.externalFiles],
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

/** The model as it was given, so that a moved directory can still be compared with it, and the values of pinned inputs. */
function referenceFiles({ build, data }: CompileState): (OutputFile & { readonly optional: boolean })[] {
  const [model] = build.files;
  const content = model === undefined || build.weights === "reference" ? undefined : data.read(model.sha256);
  const digests = new Set([...build.pins.values()].flatMap((pin) => (typeof pin === "object" ? [pin.sha256] : [])));
  return [
    ...(content === undefined || content.length > LARGEST_REFERENCE_BYTES
      ? []
      : [{ name: REFERENCE_FILE, content, optional: true }]),
    ...[...digests].map((sha256) => ({ name: pinFile(sha256), content: data.read(sha256), optional: true })),
  ];
}

function recordOf({ name, content, optional }: OutputFile & { readonly optional?: boolean }): FileRecord {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { name, bytes: bytes.length, sha256: digestBytes(bytes), ...(optional ? { optional } : {}) };
}
