// Cycle counts that others have published, as numbers, each with where it comes from.

export interface ReduceRow {
  readonly group: number;
  readonly cycles: number;
}

/**
 * Sum of 4096 f32 elements over 512 x 1 cores in groups, then over the heads of groups, on the simulator of the Cerebras SDK; the cycles of taking
 * time stamps, 48, are already subtracted. 512 is a single chain.
 */
export const REDUCE = {
  source: "pr0f3ss/SpMM_Cerebras, src/mpi_collectives/reduce_0_pe/reduce_2colors_2phase/results.txt",
  cores: 512,
  elements: 4096,
  rows: [
    { group: 2, cycles: 10055 },
    { group: 4, cycles: 9421 },
    { group: 8, cycles: 9117 },
    { group: 16, cycles: 8989 },
    { group: 32, cycles: 8973 },
    { group: 64, cycles: 9061 },
    { group: 128, cycles: 9297 },
    { group: 256, cycles: 9800 },
    { group: 512, cycles: 7218 },
  ] satisfies readonly ReduceRow[],
};

export interface MulticastRow {
  readonly bytes: number;
  readonly receivers: number;
  /** Shortest and median of all columns. */
  readonly shortest: number;
  readonly median: number;
}

const RECEIVERS = [1, 16, 64, 256, 512] as const;

/** Rows of bytes: shortest and median for each number of receivers. */
const MULTICAST_TABLE: readonly (readonly [bytes: number, ...cycles: (readonly [number, number])[]])[] = [
  [64, [39, 62], [53, 77], [101, 125], [293, 318], [549, 574]],
  [256, [93, 150], [107, 168], [155, 214], [347, 406], [603, 662]],
  [1024, [309, 358], [323, 372], [371, 420], [563, 612], [819, 868]],
  [2048, [597, 646], [655, 660], [659, 708], [851, 900], [1107, 1156]],
];

/** Multicast along a row of a physical CS-3. */
export const MULTICAST = {
  source: "Edinburgh WaferEngine laboratory notes, counters on a CS-3",
  rows: MULTICAST_TABLE.flatMap(([bytes, ...cycles]) =>
    cycles.map(([shortest, median], r): MulticastRow => ({ bytes, receivers: RECEIVERS[r]!, shortest, median })),
  ),
};

export interface LocalGemmRow {
  readonly grid: string;
  /** Elements of a vector call; rows of the dense operand on a core; calls for each of these. */
  readonly vector: number;
  readonly rows: number;
  readonly depth: number;
  readonly cycles: number;
}

/** The local part of a dense f32 product on the simulator of the Cerebras SDK: rows * depth multiply-accumulates of a vector. */
export const LOCAL_GEMM = {
  source:
    "pr0f3ss/SpMM_Cerebras, benchmarks/GEMM_benchmark.csv and benchmarks/memory_access_latency/GEMM_benchmark.csv",
  rows: [
    { grid: "2x2", vector: 8, rows: 32, depth: 8, cycles: 9756 },
    { grid: "2x2", vector: 8, rows: 128, depth: 8, cycles: 38844 },
    { grid: "2x2", vector: 32, rows: 32, depth: 32, cycles: 88795 },
    { grid: "2x2", vector: 32, rows: 128, depth: 32, cycles: 357853 },
    { grid: "16x12", vector: 64, rows: 64, depth: 48, cycles: 476866 },
    { grid: "128x8", vector: 128, rows: 64, depth: 8, cycles: 150760 },
  ] satisfies readonly LocalGemmRow[],
};

/** WaferLLM (OSDI 2025): charts and text of the sections on MeshGEMM and MeshGEMV, on a WSE-2. */
export const WAFER_LLM = {
  source: "WaferLLM (OSDI 2025), sections 5 to 7",
  gemm: "2 to 3 times faster than SUMMA and Cannon, for 2K to 8K on meshes up to 720 x 720",
  gemv: "about 4.6 times faster than with a pipelined all-reduce, for 2K to 16K",
  /** A vector of f16 times a square matrix: elements, and cycles at the clock that the paper takes, 1.1 GHz. The mesh is not stated. */
  gemvCycles: [
    { elements: 16384, cycles: 1320 },
    { elements: 32768, cycles: 2233 },
  ],
};
