// docs/fidelity.md: published cycle counts beside those of this model, what calibrated what, and whether the goals hold.
import {
  gemmCycles,
  gemmStepCycles,
  gemvCycles,
  localGemmExample,
  measureCycles,
  multicastExample,
  reduceCycles,
} from "./measure.ts";
import type { GemvCase } from "./measure.ts";
import { LOCAL_GEMM, MULTICAST, REDUCE, WAFER_LLM } from "./published.ts";
import { PAGE_HEAD } from "./page-head.ts";

/** Largest deviation that a row which calibrated nothing may have. */
export const GOALS = { reduce: 0.02, multicast: 0.1, localGemm: 0.05 } as const;

/** Whether a row of the multicast or the local product calibrated a number of a machine, and which one. */
export const CALIBRATED = {
  multicast: new Map([
    ["64 B to 1", "`fabricStartCycles` of cs3"],
    ["2048 B to 1", "`sendPauseEvery` of cs3"],
  ]),
  localGemm: new Map([
    ["8 x 256", "`vectorStartCycles` and `matmul` of wse2-like"],
    ["128 x 512", "`vectorStartCycles` and `matmul` of wse2-like"],
  ]),
} as const;

export interface Comparison {
  readonly name: string;
  readonly published: number;
  readonly measured: number;
  /** The number that the row calibrated; undefined for a check. */
  readonly calibrates: string | undefined;
}

export function deviation({ published, measured }: Comparison): number {
  return measured / published - 1;
}

export function compareReduce(): Comparison[] {
  return REDUCE.rows.map((row) => ({
    name: row.group === REDUCE.cores ? "one chain" : `groups of ${row.group}`,
    published: row.cycles,
    measured: reduceCycles(row),
    calibrates: undefined,
  }));
}

export function compareMulticast(): Comparison[] {
  return MULTICAST.rows.map((row) => {
    const name = `${row.bytes} B to ${row.receivers}`;
    const measured = measureCycles(multicastExample(row));
    return { name, published: row.shortest, measured, calibrates: CALIBRATED.multicast.get(name) };
  });
}

export function compareLocalGemm(): Comparison[] {
  return LOCAL_GEMM.rows.map((row) => {
    const name = `${row.vector} x ${row.rows * row.depth}`;
    const measured = measureCycles(localGemmExample(row));
    return { name, published: row.cycles, measured, calibrates: CALIBRATED.localGemm.get(name) };
  });
}

/** The largest deviation of the rows that are checks. */
export function worstCheck(rows: readonly Comparison[]): number {
  return Math.max(...rows.filter((row) => row.calibrates === undefined).map((row) => Math.abs(deviation(row))));
}

export interface FidelityReport {
  readonly page: string;
  /** Goals that do not hold. */
  readonly failures: readonly string[];
}

export const GEMM_SIDES = [8, 16, 32, 64] as const;
export const STEP_SIDES = [64, 240, 480, 720] as const;
export const GEMV_CASES: readonly GemvCase[] = [
  { side: 64, edge: 3, group: 8, type: "f32" },
  { side: 256, edge: 3, group: 16, type: "f32" },
  ...(["f32", "f16"] as const).flatMap((type) =>
    [3, 6, 12, 23].map((edge): GemvCase => ({ side: 720, edge, group: 24, type })),
  ),
];

/** Measures everything; takes a minute or two. `onProgress` hears what comes next. */
export function fidelityReport(onProgress: (text: string) => void): FidelityReport {
  onProgress("reduce, multicast, local product");
  const sections = [
    {
      title: "Reduce over 512 cores",
      source: REDUCE.source,
      goal: GOALS.reduce,
      rows: compareReduce(),
      about: REDUCE_ABOUT,
    },
    {
      title: "Multicast along a row",
      source: MULTICAST.source,
      goal: GOALS.multicast,
      rows: compareMulticast(),
      about: MULTICAST_ABOUT,
    },
    {
      title: "Local f32 product",
      source: LOCAL_GEMM.source,
      goal: GOALS.localGemm,
      rows: compareLocalGemm(),
      about: GEMM_ABOUT,
    },
  ];
  const failures = sections
    .filter(({ rows, goal }) => worstCheck(rows) > goal)
    .map(({ title, rows, goal }) => `${title}: ${percent(worstCheck(rows))} off, goal ${percent(goal)}`);
  const page = [
    ...PAGE_HEAD,
    "## Summary",
    "",
    "| case | checks | worst check | goal | rows that calibrated |",
    "|---|--:|--:|--:|--:|",
    ...sections.map(({ title, goal, rows }) => {
      const checks = rows.filter(({ calibrates }) => calibrates === undefined).length;
      return `| ${title} | ${checks} | ${percent(worstCheck(rows))} | ${percent(goal)} | ${rows.length - checks} |`;
    }),
    "",
    ...sections.flatMap(({ title, source, rows, about }) => [
      `## ${title}`,
      "",
      about,
      "",
      ...table(rows),
      "",
      `From ${source}.`,
      "",
    ]),
    ...products(onProgress),
    ...vectors(onProgress),
  ].join("\n");
  return { page, failures };
}

function table(rows: readonly Comparison[]): string[] {
  return [
    "| case | published | this model | deviation | |",
    "|---|--:|--:|--:|---|",
    ...rows.map((row) => {
      const calibrates = row.calibrates === undefined ? "" : `calibrates ${row.calibrates}`;
      return `| ${row.name} | ${row.published} | ${row.measured} | ${signed(deviation(row))} | ${calibrates} |`;
    }),
  ];
}

function products(onProgress: (text: string) => void): string[] {
  const whole = GEMM_SIDES.map((side) => {
    onProgress(`whole products on ${side} x ${side}`);
    return gemmCycles(side, GEMM_SIZE);
  });
  const steps = STEP_SIDES.map((side) => {
    onProgress(`one step on ${side} x ${side}`);
    return gemmStepCycles(side, 3);
  });
  const line = ({ side, block, mesh, cannon, summa }: (typeof whole)[number]) =>
    `| ${side} x ${side} | ${block.m} x ${block.n} | ${mesh} | ${cannon} | ${summa} | ${times(cannon / mesh)} | ${times(summa / mesh)} |`;
  const head = [
    "| cores | block | MeshGEMM | Cannon | SUMMA | Cannon / MeshGEMM | SUMMA / MeshGEMM |",
    "|---|---|--:|--:|--:|--:|--:|",
  ];
  return [
    "## MeshGEMM against Cannon and SUMMA",
    "",
    `Published: ${WAFER_LLM.gemm} (${WAFER_LLM.source}; f16, charts without numbers). Here in f32 on cuts of cs2.`,
    "",
    `A product of ${GEMM_SIZE} x ${GEMM_SIZE} matrices, alignment included, every core going on as soon as it has what it needs:`,
    "",
    ...head,
    ...whole.map(line),
    "",
    STEP_ABOUT,
    "",
    ...head,
    ...steps.map(line),
    "",
    PRODUCTS_END,
    "",
  ];
}

function vectors(onProgress: (text: string) => void): string[] {
  onProgress("matrix times vector");
  const rows = GEMV_CASES.map((gemv) => gemvCycles(gemv));
  const absolute = WAFER_LLM.gemvCycles.map(({ elements, cycles }) => {
    const { tree } = gemvCycles({ side: 720, edge: Math.ceil(elements / 720), group: 24, type: "f16" });
    return `| ${elements} | ${cycles} | ${tree} | ${signed(tree / cycles - 1)} |`;
  });
  return [
    "## MeshGEMV against a pipelined all-reduce",
    "",
    `Published: ${WAFER_LLM.gemv} (${WAFER_LLM.source}; f16, mesh not stated). Here on cuts of cs2; one row of cores, since all are alike.`,
    "",
    "| cores along the sum | type | block | tree groups of | tree | chain | chain / tree |",
    "|--:|---|---|--:|--:|--:|--:|",
    ...rows.map(
      ({ side, edge, group, type, tree, chain }) =>
        `| ${side} | ${type} | ${edge} x ${edge} | ${group} | ${tree} | ${chain} | ${times(chain / tree)} |`,
    ),
    "",
    VECTORS_END,
    "",
    "| elements of the vector, f16 | published cycles | this model on 720 x 720 | deviation |",
    "|--:|--:|--:|--:|",
    ...absolute,
    "",
  ];
}

const GEMM_SIZE = 64;

const REDUCE_ABOUT =
  "Sum of 4096 f32 elements at the first of 512 cores in a row: chains within groups, then a chain of their heads (`two-phase-reduce`, `chain-reduce`), on a cut of " +
  "cs2. The bind of the sender's queue does not count, for queues are bound before the published clock starts. No row calibrated a number; that one hop takes 1 cycle " +
  "and a dependent stage 2 T_R + 1 = 5 is documented. `fabricStartCycles` of wse2-like, assumed to be 5, shows: with 10, groups of 256 would be off by 2.1 %.";

const MULTICAST_ABOUT =
  "One core sends, all others of the row receive (`multicast`), on a cut of cs3; the shortest of the published times for each case. The published slope of one cycle a hop is " +
  "in part imposed by the correction of clock skew there.";

const GEMM_ABOUT =
  "Calls of a multiply-accumulate over a vector, `length x number of calls`, on one core of cs2. The machine has whole cycles for a start and hundredths for an element, so " +
  "that two rows fix both. wse3-like keeps an older fit of all six rows, 20 and 2.14.";

const STEP_ABOUT =
  "One step with blocks of 3 x 3 (a product of 2K on 720 x 720 cores) from a barrier to the next, as if all cores waited for each other after every step. For SUMMA the root is " +
  "a quarter from the edge, about the average distance, and its multicast is set up for nothing:";

const PRODUCTS_END =
  "In whole products the sign is as published, and grows with the mesh. Its size depends on how cores wait. In this model a core waits for its own data only: the wrap-around of Cannon " +
  "then delays the first core once, a wave that goes round the ring once in a product, and costs about P cycles in all instead of P in each step. From barrier to barrier the farthest " +
  "transfer counts in every step, and the published factor comes out where that transfer is longer than the product: on 720 x 720 cores, not yet on 240 x 240, where the product hides " +
  "everything and SUMMA with its free multicast, which issues two transfers instead of four, is even 6 % cheaper. With wider blocks the product hides it longer.";

const VECTORS_END =
  "Blocks of 3 x 3 to 23 x 23 are matrices of 2K to 16K on 720 x 720 cores. The factor falls with the block, because the local product is the same on both sides. Cycles as such are " +
  "published for two sizes; they are no checks, since the mesh is not stated and the cost of an f16 product is assumed:";

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function signed(share: number): string {
  return `${share >= 0 ? "+" : "-"}${(100 * Math.abs(share)).toFixed(2)} %`;
}

function times(ratio: number): string {
  return ratio.toFixed(2);
}
