// `npm run results`: compiles the models for the meshes at several lengths, checks and verifies each program on all engines, and writes
// docs/results.md. Times are those of the machine that runs it; everything else is reproducible.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { main as build } from "./build.ts";
import { runNode } from "./process.ts";

const CLI = "packages/waferc/bin/waferc.mjs";
const PAGE = "docs/results.md";
const ENGINES = ["fast", "cycle", "untimed"] as const;

interface Subject {
  readonly model: string;
  readonly shape: string;
  /** Golden outputs; without a case, random inputs against the reference evaluator. */
  readonly case?: string;
  readonly dims: Readonly<Record<string, number>>;
}

const TINYWORLD = "models/tinyworld/prefill.onnx";
const BERT = "models/bert/bert_opset17.onnx";
const golden = (set: string): string => `golden/tensors/${set}`;

const SUBJECTS: readonly Subject[] = [
  {
    model: TINYWORLD,
    shape: "1 x 128",
    case: golden("tinyworld/prefill/test_data_set_1"),
    dims: { batch: 1, sequence: 128 },
  },
  {
    model: TINYWORLD,
    shape: "1 x 40",
    case: golden("tinyworld/prefill/test_data_set_0"),
    dims: { batch: 1, sequence: 40 },
  },
  {
    model: TINYWORLD,
    shape: "2 x 24",
    case: golden("tinyworld/prefill/test_data_set_2"),
    dims: { batch: 2, sequence: 24 },
  },
  { model: TINYWORLD, shape: "1 x 37", dims: { batch: 1, sequence: 37 } },
  { model: BERT, shape: "2 x 7", case: golden("bert/bert_opset17/test_data_set_0"), dims: { batch: 2, seq: 7 } },
  { model: BERT, shape: "1 x 12", case: golden("bert/bert_opset17/test_data_set_1"), dims: { batch: 1, seq: 12 } },
  { model: BERT, shape: "3 x 1", case: golden("bert/bert_opset17/test_data_set_2"), dims: { batch: 3, seq: 1 } },
];
const MACHINES = ["mesh16x16", "mesh32x32"] as const;

interface Compiled {
  readonly cores: { readonly used: number; readonly available: number };
  readonly sramBytes: { readonly peak: number; readonly capacity: number };
  readonly meshMacShare: number;
  readonly estimatedCycles: number;
  readonly phases: readonly { readonly seconds: number }[];
}

interface Verified {
  readonly pass: boolean;
  readonly cycles: number | null;
  readonly waveletHops: number;
  readonly contentionEvents: number | null;
  readonly wallSeconds: number;
  readonly outputs: readonly { readonly sha256: string; readonly maxAbs: number; readonly worstUse: number }[];
}

interface Row {
  readonly subject: Subject;
  readonly machine: string;
  readonly compiled: Compiled;
  readonly verdict: string;
  readonly runs: readonly Verified[];
}

async function waferc<T>(...args: string[]): Promise<T> {
  const output: string[] = [];
  const code = await runNode([CLI, ...args, "--json", "-q"], { capture: output });
  const text = output.join("");
  if (code !== 0) throw new Error(`waferc ${args.join(" ")} exits with ${code}\n${text}`);
  return JSON.parse(text) as T;
}

async function measure(subject: Subject, machine: string, folder: string): Promise<Row> {
  const dims = Object.entries(subject.dims).flatMap(([name, length]) => ["--dim", `${name}=${length}`]);
  const out = join(folder, `${machine}-${subject.shape.replaceAll(" ", "")}-${subject.model.split("/")[1]}`);
  const compiled = await waferc<Compiled>("compile", subject.model, "--machine", machine, ...dims, "-o", out);
  const { verdict } = await waferc<{ verdict: string }>("check", out);
  const data = subject.case === undefined ? ["--against", "reference", "--random-inputs"] : ["--case", subject.case];
  const runs: Verified[] = [];
  for (const engine of ENGINES) runs.push(await waferc<Verified>("verify", out, "--engine", engine, ...data));
  rmSync(out, { recursive: true });
  return { subject, machine, compiled, verdict, runs };
}

const group = (value: number): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, " ");
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function printRow({ subject, machine, compiled, verdict, runs }: Row): string {
  const [fast, cycle] = runs;
  if (fast === undefined || cycle === undefined) throw new Error("a row needs the runs of all engines");
  const digests = new Set(runs.map(({ outputs }) => outputs.map(({ sha256 }) => sha256).join()));
  const compileSeconds = compiled.phases.reduce((sum, { seconds }) => sum + seconds, 0);
  const worst = Math.max(...fast.outputs.map(({ maxAbs }) => maxAbs));
  const use = Math.max(...fast.outputs.map(({ worstUse }) => worstUse));
  const cells = [
    `${subject.model.split("/")[1]} ${subject.shape}`,
    machine,
    group(compiled.cores.used),
    `${group(compiled.sramBytes.peak)} (${percent(compiled.sramBytes.peak / compiled.sramBytes.capacity)})`,
    group(cycle.cycles ?? 0),
    group((fast.cycles ?? 0) - (cycle.cycles ?? 0)),
    percent(compiled.estimatedCycles / (cycle.cycles ?? 1) - 1),
    group(cycle.waveletHops),
    group(cycle.contentionEvents ?? 0),
    `${worst.toExponential(1)} (${percent(use)})`,
    subject.case === undefined ? "reference" : "golden",
    `${verdict}, ${digests.size === 1 ? "bit-equal" : "DIFFERENT"}, ${runs.every(({ pass }) => pass) ? "pass" : "FAIL"}`,
    compileSeconds.toFixed(1),
    ...runs.map(({ wallSeconds }) => wallSeconds.toFixed(1)),
  ];
  return `| ${cells.join(" | ")} |`;
}

function printPage(rows: readonly Row[]): string {
  const cyclesOf = (machine: string): number =>
    rows.find((row) => row.machine === machine && row.subject === SUBJECTS[0])?.runs[1]?.cycles ?? 0;
  const [small, large] = [cyclesOf("mesh16x16"), cyclesOf("mesh32x32")];
  const share = Math.min(...rows.map(({ compiled }) => compiled.meshMacShare));
  const head = [
    "model",
    "machine",
    "cores",
    "SRAM peak, B",
    "cycles",
    "fast - cycle",
    "estimate",
    "wavelet-hops",
    "contention",
  ];
  const tail = ["worst error", "against", "verdict", "compile, s", ...ENGINES.map((engine) => `${engine}, s`)];
  const columns = [...head, ...tail];
  return [
    "# Results",
    "",
    `Generated by \`npm run results\`. Seconds are wall times on ${availableParallelism()} processors with Node ${process.version}; the rest is reproducible.`,
    "",
    "Each program is checked, run on the `fast`, `cycle` and `untimed` engines, and compared with golden outputs (onnxruntime for tinyworld, PyTorch for BERT), or",
    "with the reference evaluator on random inputs where there is no golden set. *Cycles* are those of the `cycle` engine; *fast - cycle* is the difference of the",
    "fast engine, which must be 0 where *contention* is 0; *estimate* is how far the compiler's own estimate is off. *Worst error* is the largest absolute one, and in",
    "parentheses the part that the worst element uses of its tolerance (1e-5 + 1e-4 of the expected value).",
    "",
    `| ${columns.join(" | ")} |`,
    `|${columns.map((name) => (["model", "machine", "against", "verdict"].includes(name) ? "---" : "---:")).join("|")}|`,
    ...rows.map(printRow),
    "",
    `tinyworld with 128 tokens takes ${group(large)} cycles on mesh32x32, ${(large / small).toFixed(2)} of the ${group(small)} on mesh16x16. At least ` +
      `${percent(share)} of the multiply-accumulates run on the mesh.`,
    "",
  ].join("\n");
}

export async function main(): Promise<number> {
  const built = await build();
  if (built !== 0) return built;
  const folder = mkdtempSync(join(tmpdir(), "waferc-results-"));
  const rows: Row[] = [];
  try {
    for (const subject of SUBJECTS) {
      for (const machine of MACHINES) {
        console.error(`results: ${subject.model} ${subject.shape} on ${machine}`);
        rows.push(await measure(subject, machine, folder));
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  writeFileSync(PAGE, printPage(rows));
  return 0;
}
