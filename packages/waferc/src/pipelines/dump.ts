// Dumps of a compile between phases: MODEL.NN.phase.dfir with a section for every noun that later phases still need, and data/ with
// what sections name by digest. Reading one gives the state that the next phase starts from, whoever edited it meanwhile.
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CompileError, DiagnosticSink, makeDiagnostic, TextReader, TextWriter, type SourceMap } from "@waferc/base";
import { readDataflow, writeDataflow } from "@waferc/ir/dataflow";
import { readGraph, writeGraph, type BlobKey, type Graph, type TensorSource } from "@waferc/ir/graph";
import { readLayout, writeLayout } from "@waferc/ir/layout";
import { readProgram, writeProgram } from "@waferc/ir/program";
import { resolveMachine } from "@waferc/machine";
import { bytesOf, tensorFromBytes } from "@waferc/numerics";
import { CODES } from "../codes.ts";
import { DataStore, dataFileName } from "../data/data-store.ts";
import { readUserText } from "../data/files.ts";
import { readBuildInfo, writeBuildInfo, type BuildInfo } from "./build-info.ts";
import { PHASE_NAMES, phaseNumber, type CompileState, type PhaseName } from "./compile-state.ts";

const DATA_FOLDER = "data";

export function dumpName(model: string, phase: PhaseName): string {
  return `${model}.${String(phaseNumber(phase)).padStart(2, "0")}.${phase}.dfir`;
}

/** The text of a state after a phase. Constants that it names by digest are put into the state's data. */
export function printDump(state: CompileState): { readonly text: string; readonly digests: readonly string[] } {
  const { build, data, graph, host, dataflow, layout, program } = state;
  const writer = new TextWriter();
  const digests = new Set([...build.files.map(({ sha256 }) => sha256), build.machine.descriptionSha256]);
  for (const pin of build.pins.values()) if (typeof pin === "object") digests.add(pin.sha256);
  const onBlob = (sha256: string, source: TensorSource): void => {
    data.putLazy(sha256, () => bytesOf(source.read()));
    digests.add(sha256);
  };
  if (program !== undefined) writeProgram(writer, program);
  if (layout !== undefined) writeLayout(writer, layout);
  else if (dataflow !== undefined) writeDataflow(writer, dataflow);
  for (const part of [graph, host?.pre, host?.post]) if (part !== undefined) writeGraph(writer, part, { onBlob });
  for (const { sha256 } of (layout?.dataflow ?? dataflow)?.weights ?? []) digests.add(sha256);
  writeBuildInfo(writer, build);
  return { text: writer.toString(), digests: [...digests] };
}

/** Writes the dump of a phase into a folder; data that is there already is not written again. Returns its path. */
export function writeDump(folder: string, phase: PhaseName, state: CompileState): string {
  const { text, digests } = printDump(state);
  const store = new DataStore(join(folder, DATA_FOLDER));
  mkdirSync(join(folder, DATA_FOLDER), { recursive: true });
  for (const sha256 of digests) {
    if (!store.has(sha256)) writeWhole(join(folder, DATA_FOLDER, dataFileName(sha256)), state.data.read(sha256));
  }
  const path = join(folder, dumpName(state.build.name, phase));
  writeWhole(path, text);
  return path;
}

function writeWhole(path: string, content: Uint8Array | string): void {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  writeFileSync(temporary, content);
  renameSync(temporary, path);
}

export interface ResumedDump {
  readonly phase: PhaseName;
  readonly state: CompileState;
  readonly path: string;
  /** Line of every part, by the name that diagnostics have for it. */
  readonly sourceMap: SourceMap;
}

/**
 * Reads a dump.
 * @throws CompileError with the first error of every statement, or CLI-009 if a part is missing
 */
export function readDump(path: string): ResumedDump {
  const phase = phaseOfDump(path);
  const data = new DataStore(join(dirname(path), DATA_FOLDER));
  const diag = new DiagnosticSink();
  const reader = new TextReader(readUserText(path, "--compile-from"), { file: path, diag });
  const sections = readSections(reader, (key) => sourceIn(data, key));
  diag.throwIfErrors();
  const { build, graphs, ...nouns } = sections;
  if (build === undefined) throw cannotResume(path, "it has no build section");
  for (const { name, sha256 } of build.files) {
    if (!data.has(sha256)) throw cannotResume(path, `${join(DATA_FOLDER, dataFileName(sha256))} (${name}) is missing`);
  }
  const description = new TextDecoder().decode(data.read(build.machine.descriptionSha256));
  const machine = resolveMachine(
    JSON.parse(description) as Parameters<typeof resolveMachine>[0],
    build.machine.overrides,
  );
  const state = { build, data, machine, ...nouns, ...sortGraphs(graphs, path) };
  checkParts(phase, state, path);
  return { phase, state, path, sourceMap: reader.sourceMap };
}

type Sections = Pick<CompileState, "dataflow" | "layout" | "program"> & { build?: BuildInfo; graphs: Graph[] };

function readSections(reader: TextReader, blobs: (key: BlobKey) => TensorSource | undefined): Sections {
  const found: { -readonly [K in keyof Sections]: Sections[K] } = { graphs: [] };
  const readers = {
    graph: () => {
      const parsed = readGraph(reader, { blobs });
      if (parsed !== undefined) found.graphs.push(parsed.graph);
    },
    dataflow: () => assign("dataflow", readDataflow(reader)?.dataflow),
    layout: () => assign("layout", readLayout(reader)?.layout),
    program: () => assign("program", readProgram(reader)?.program),
    build: () => assign("build", readBuildInfo(reader)),
  };
  const assign = <K extends keyof Sections>(key: K, value: Sections[K] | undefined): void => {
    if (value !== undefined) found[key] = value;
  };
  while (reader.isAtKind("newline")) reader.next();
  while (!reader.isAtKind("end")) {
    const before = reader.peek();
    reader.section(() => readers[reader.header(Object.keys(readers) as (keyof typeof readers)[])]());
    // A header that cannot be read leaves the reader where it is.
    if (reader.peek() === before) break;
  }
  return found;
}

function sourceIn(data: DataStore, key: BlobKey): TensorSource | undefined {
  if (!data.has(key.sha256)) return undefined;
  return { ...key, read: () => tensorFromBytes(key.dtype, key.shape, data.read(key.sha256)) };
}

/** In the order of `printDump`: the model or what the mesh runs, then the host's two. Only the first or only the last two may be there. */
function sortGraphs(graphs: readonly Graph[], path: string): Pick<CompileState, "graph" | "host"> {
  const [first, second, third] = graphs;
  switch (graphs.length) {
    case 0:
      return {};
    case 1:
      return { graph: first! };
    case 2:
      return { host: { pre: first!, post: second! } };
    case 3:
      return { graph: first!, host: { pre: second!, post: third! } };
    default:
      throw cannotResume(path, `it has ${graphs.length} graphs`);
  }
}

/** What must be there after each phase. */
const PARTS: Readonly<Record<PhaseName, readonly (keyof CompileState)[]>> = {
  import: ["graph"],
  specialize: ["graph"],
  canonicalize: ["graph"],
  partition: ["graph", "host"],
  lower: ["dataflow", "host"],
  place: ["layout", "host"],
  route: ["layout", "host"],
  assemble: ["program", "layout", "host"],
  check: ["program", "layout", "host"],
};

function checkParts(phase: PhaseName, state: CompileState, path: string): void {
  const missing = PARTS[phase].filter((part) => state[part] === undefined);
  if (missing.length > 0) throw cannotResume(path, `it has no ${missing.join(" and no ")} section`);
}

function phaseOfDump(path: string): PhaseName {
  const found = /\.(\d\d)\.([a-z]+)\.dfir$/.exec(basename(path))?.[2];
  const phase = PHASE_NAMES.find((name) => name === found);
  if (phase === undefined) throw cannotResume(path, "its name is not MODEL.NN.PHASE.dfir");
  return phase;
}

export function cannotResume(path: string, why: string): CompileError {
  return new CompileError([
    makeDiagnostic(CODES["CLI-009"], {
      message: `Cannot resume from "${path}": ${why}`,
      at: { kind: "argument", name: "--compile-from" },
      help: ["`waferc compile .. --dump-phases-to DIR` writes dumps that resume"],
    }),
  ]);
}
