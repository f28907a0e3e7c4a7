// What a compile was asked for and what it decided that no noun holds: files, machine, seed, bindings, the model's inputs and outputs, and
// what stays on the host. Travels with every dump as the section `dfir 1 build`, so that a resumed compile ends in the same bytes.
import { DFIR_VERSION, formatFloat, printSymbolName, quote } from "@waferc/base";
import type { TextReader, TextWriter } from "@waferc/base";
import type { Dim } from "@waferc/ir/graph";
import { isDType } from "@waferc/numerics";
import type { InputRecord } from "../artefacts/manifest.ts";
import type { TensorSpec } from "../data/tensor-spec.ts";
import type { PinRecord } from "./pins.ts";

export type WeightsMode = "embed" | "reference";

export interface HostOpRecord {
  /** ONNX node. */
  readonly node: string;
  readonly op: string;
  readonly when: "before" | "after";
  readonly reason: string;
}

export interface BuildInfo {
  /** Of the model: its file's name without extension. */
  readonly name: string;
  /** Files that were read, the model first. */
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
  /** Files of tensor data beside the model. Known from `import` on; their data is in the graph's constants. */
  readonly externalFiles: readonly { readonly name: string; readonly sha256: string }[];
  readonly machine: {
    readonly name: string;
    /** Of the description, a JSON file, before overrides. */
    readonly descriptionSha256: string;
    readonly overrides: readonly string[];
  };
  readonly seed: number;
  readonly weights: WeightsMode;
  /** Groups that the mesh part is split into. */
  readonly groups: number;
  readonly dims: ReadonlyMap<string, number>;
  readonly pins: ReadonlyMap<string, PinRecord>;
  /** Known from `specialize` on. */
  readonly inputs: readonly InputRecord[];
  readonly outputs: readonly TensorSpec[];
  /** Known from `partition` on. */
  readonly meshMacs: number;
  readonly totalMacs: number;
  readonly hostOps: readonly HostOpRecord[];
}

export function writeBuildInfo(writer: TextWriter, build: BuildInfo): void {
  writer.line(`dfir ${DFIR_VERSION} build ${printSymbolName(build.name)}`);
  writer.indented(() => {
    for (const { name, sha256 } of build.files) writer.line(`file ${quote(name)} sha256:${sha256}`);
    for (const { name, sha256 } of build.externalFiles) writer.line(`external ${quote(name)} sha256:${sha256}`);
    const { name, descriptionSha256, overrides } = build.machine;
    const sets = overrides.length === 0 ? "" : ` set(${overrides.map(quote).join(", ")})`;
    writer.line(`machine ${quote(name)} sha256:${descriptionSha256}${sets}`);
    writer.line(`seed ${build.seed}`);
    writer.line(`weights ${build.weights}`);
    writer.line(`groups ${build.groups}`);
    for (const [dim, length] of build.dims) writer.line(`dim ${quote(dim)} ${length}`);
    for (const [input, pin] of build.pins) writer.line(`pin ${quote(input)} ${printPin(pin)}`);
    for (const input of build.inputs) writer.line(`input ${printRecord(input)}${input.pinned ? " pinned" : ""}`);
    for (const output of build.outputs) writer.line(`output ${printRecord(output)}`);
    writer.line(`macs mesh ${build.meshMacs} total ${build.totalMacs}`);
    for (const { node, op, when, reason } of build.hostOps) {
      writer.line(`host ${when} ${quote(op)} ${quote(node)} ${quote(reason)}`);
    }
  });
}

function printPin(pin: PinRecord): string {
  if (typeof pin === "object") return `sha256:${pin.sha256}`;
  return typeof pin === "number" ? formatFloat(pin) : String(pin);
}

function readPin(reader: TextReader): PinRecord {
  if (reader.isAtKind("digest")) return { sha256: reader.digest() };
  return reader.isAt("true") || reader.isAt("false") ? reader.word(["true", "false"]) === "true" : reader.float();
}

function printRecord({ name, dtype, shape }: TensorSpec): string {
  const dims = (shape ?? []).map((dim) => (typeof dim === "number" ? String(dim) : quote(dim)));
  return `${quote(name)} ${dtype ?? "f32"}[${dims.join(",")}]`;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Reads a section behind `dfir 1 build`. */
export function readBuildInfo(reader: TextReader): BuildInfo {
  const name = reader.symbolName();
  reader.endStatement();
  const files: { name: string; sha256: string }[] = [];
  const externalFiles: { name: string; sha256: string }[] = [];
  const dims = new Map<string, number>();
  const pins = new Map<string, PinRecord>();
  const inputs: InputRecord[] = [];
  const outputs: TensorSpec[] = [];
  const hostOps: HostOpRecord[] = [];
  const scalars: Mutable<Pick<BuildInfo, "machine" | "seed" | "weights" | "groups" | "meshMacs" | "totalMacs">> = {
    machine: { name: "", descriptionSha256: "", overrides: [] },
    seed: 1,
    weights: "embed",
    groups: 1,
    meshMacs: 0,
    totalMacs: 0,
  };
  const statements = {
    file: () => files.push({ name: reader.string(), sha256: reader.digest() }),
    external: () => externalFiles.push({ name: reader.string(), sha256: reader.digest() }),
    machine: () => (scalars.machine = readMachine(reader)),
    seed: () => (scalars.seed = reader.integer({ min: 0 })),
    weights: () => (scalars.weights = reader.word(["embed", "reference"])),
    groups: () => (scalars.groups = reader.integer({ min: 1 })),
    dim: () => dims.set(reader.string(), reader.integer({ min: 0 })),
    pin: () => pins.set(reader.string(), readPin(reader)),
    input: () => inputs.push({ ...readRecord(reader), ...(reader.accept("pinned") ? { pinned: true } : {}) }),
    output: () => outputs.push(readRecord(reader)),
    macs: () => {
      reader.expect("mesh");
      scalars.meshMacs = reader.integer({ min: 0 });
      reader.expect("total");
      scalars.totalMacs = reader.integer({ min: 0 });
    },
    host: () => {
      const [when, op, node, reason] = [
        reader.word(["before", "after"]),
        reader.string(),
        reader.string(),
        reader.string(),
      ];
      hostOps.push({ node, op, when, reason });
    },
  };
  reader.statements(() => {
    statements[reader.word(Object.keys(statements) as (keyof typeof statements)[])]();
  });
  return { name, files, externalFiles, dims, pins, inputs, outputs, hostOps, ...scalars };
}

function readMachine(reader: TextReader): BuildInfo["machine"] {
  const [name, descriptionSha256] = [reader.string(), reader.digest()];
  const overrides = reader.accept("set") ? reader.list("(", ")", () => reader.string()) : [];
  return { name, descriptionSha256, overrides };
}

function readRecord(reader: TextReader): TensorSpec {
  const name = reader.string();
  const dtype = reader.name("an element type");
  if (!isDType(dtype)) return reader.failExpecting("an element type");
  const shape = reader.list("[", "]", (): Dim =>
    reader.isAtKind("string") ? reader.string() : reader.integer({ min: 0 }),
  );
  return { name, dtype, shape };
}
