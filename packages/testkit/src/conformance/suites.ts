// The suites that the reference evaluator is held against, all made by others or by other runtimes: where each lies below the data
// folder, which tolerance it is compared with, and what its manifest says of a case. Nothing of them is in the repository.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { defaultTolerance } from "@waferc/numerics";
import type { Tolerance } from "@waferc/numerics";
import { OFFICIAL_TOLERANCE, readCases, type OnnxCase } from "./onnx-cases.ts";
import { readTar } from "./tar.ts";

/** A: transformer core; B: secondary; C: the rest. Only the newest node suite is divided. */
export type Tier = "A" | "B" | "C";

/** What a manifest says of a case. */
export interface CaseFacts {
  readonly ops: readonly string[];
  readonly tier?: Tier | undefined;
  /** Measured status under other runtimes, by their name. */
  readonly peers: ReadonlyMap<string, string>;
  /** The tolerance that the makers of the suite state for the case. */
  readonly tolerance?: Tolerance | undefined;
}

export interface Suite {
  readonly name: string;
  /** One line for the generated page. */
  readonly about: string;
  readonly tolerance: Tolerance;
  cases(data: string): readonly OnnxCase[];
  facts(data: string): ReadonlyMap<string, CaseFacts>;
}

const NO_PEERS: ReadonlyMap<string, string> = new Map();

/** In the order of the generated page. */
export const SUITES: readonly Suite[] = [
  {
    name: "node",
    about: "ONNX backend node suite, newest data (commit 6be0677 of onnx/onnx)",
    tolerance: OFFICIAL_TOLERANCE,
    cases: (data) => readCases(pack(data, "onnx-node-tests.tgz")).map((one) => renamed(one, /^node\//)),
    facts: nodeFacts,
  },
  {
    name: "legacy",
    about: "ONNX backend node suite, old versions of ops (tags v1.1.2 to v1.22.0)",
    tolerance: OFFICIAL_TOLERANCE,
    cases: (data) => readCases(pack(data, "onnx-node-tests-legacy.tgz")),
    facts: legacyFacts,
  },
  {
    name: "models",
    about: "ONNX backend model tests: simple, pytorch-operator, pytorch-converted",
    tolerance: OFFICIAL_TOLERANCE,
    cases: (data) => readCases(pack(data, "onnx-model-tests.tgz")),
    facts: () => new Map(),
  },
  {
    name: "contrib",
    about: "com.microsoft ops, one node each, outputs of onnxruntime 1.30",
    tolerance: OFFICIAL_TOLERANCE,
    cases: (data) => readCases(pack(data, "ort-contrib-goldens.tgz")),
    facts: contribFacts,
  },
  {
    name: "fixtures",
    about: "tiny transformers by the TorchScript exporter and onnxruntime's optimiser, outputs of PyTorch",
    tolerance: defaultTolerance("f32"),
    cases: (data) => readCases(pack(data, "onnx-exporter-fixtures.tgz")),
    facts: () => new Map(),
  },
];

function pack(data: string, file: string): string {
  return join(data, "onnx", file);
}

function renamed(one: OnnxCase, prefix: RegExp): OnnxCase {
  return { ...one, name: one.name.replace(prefix, "") };
}

const PEERS = ["onnxruntime_node_1_30_cpu", "onnxruntime_web_1_30_wasm", "jax_js_onnx_0_1_2"] as const;

interface NodeManifest {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

function nodeFacts(data: string): Map<string, CaseFacts> {
  const { columns, rows } = readJson<NodeManifest>(join(data, "onnx", "onnx-node-manifest.json"));
  const cell = (row: readonly (string | number)[], column: string): string => String(row[columns.indexOf(column)]);
  return new Map(
    rows.map((row) => [
      cell(row, "case"),
      {
        ops: splitOps(cell(row, "ops")),
        tier: cell(row, "tier") as Tier,
        peers: new Map(PEERS.map((peer) => [peer, cell(row, peer)])),
      },
    ]),
  );
}

function splitOps(text: string): string[] {
  return text.split("+").filter((op) => op !== "");
}

interface LegacyRow {
  readonly tag: string;
  readonly case: string;
  readonly ops: readonly string[];
}

function legacyFacts(data: string): Map<string, CaseFacts> {
  const rows = packedJson<readonly LegacyRow[]>(pack(data, "onnx-node-tests-legacy.tgz"), "manifest.json");
  return new Map(rows.map(({ tag, case: name, ops }) => [`${name}/${tag}`, { ops, peers: NO_PEERS }]));
}

interface ContribManifest {
  readonly cases: readonly { readonly case: string; readonly op: string; readonly tol: Tolerance }[];
}

function contribFacts(data: string): Map<string, CaseFacts> {
  const { cases } = packedJson<ContribManifest>(pack(data, "ort-contrib-goldens.tgz"), "manifest.json");
  return new Map(cases.map(({ case: name, op, tol }) => [name, { ops: [op], peers: NO_PEERS, tolerance: tol }]));
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}

/** A JSON file in the top folder of an archive. */
function packedJson<T>(path: string, file: string): T {
  for (const [name, bytes] of readTar(gunzipSync(readFileSync(path)))) {
    if (name.split("/").slice(1).join("/") === file) return JSON.parse(new TextDecoder().decode(bytes)) as T;
  }
  throw new Error(`${path} must hold ${file}`);
}
