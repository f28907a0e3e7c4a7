// The examples of examples/programs: small instances of every generator, their files and the page about them.
import { loadMachine } from "@waferc/machine";
import { chainReduce } from "./chain-reduce.ts";
import type { Example } from "./example.ts";
import { meshGemv } from "./mesh-gemv.ts";
import { multicast } from "./multicast.ts";
import { redistribute } from "./redistribute.ts";
import { cannonGemm, meshGemm } from "./ring-gemm.ts";
import { ringAllReduce } from "./ring-all-reduce.ts";
import { starReduce } from "./star-reduce.ts";
import { summaGemm } from "./summa-gemm.ts";
import { treeAllReduce } from "./tree-all-reduce.ts";
import { twoPhaseReduce } from "./two-phase-reduce.ts";

export interface CatalogEntry {
  readonly about: string;
  readonly make: (bare: boolean) => Example;
}

const machine = loadMachine("mesh8x8");
const block = { m: 2, k: 2, n: 2 };

export const CATALOG: readonly CatalogEntry[] = [
  {
    about: "the first core of each row gives 16 elements to the seven others",
    make: (bare) => multicast({ machine, bare, cores: 8, elements: 16, rows: 2 }),
  },
  {
    about: "the first core of each row gets the sum of eight, in one chain",
    make: (bare) => chainReduce({ machine, bare, cores: 8, elements: 16, rows: 2 }),
  },
  {
    about: "the same, in chains of four and one of their heads",
    make: (bare) => twoPhaseReduce({ machine, bare, cores: 8, elements: 16, group: 4, rows: 2 }),
  },
  {
    about: "the same, by turns on one colour whose switches advance",
    make: (bare) => starReduce({ machine, bare, cores: 8, elements: 16, rows: 2 }),
  },
  {
    about: "every core of a row gets the sum, parts of it going round a ring of neighbours",
    make: (bare) => ringAllReduce({ machine, bare, cores: 8, elements: 16, rows: 2 }),
  },
  {
    about: "the same, by a tree of two levels",
    make: (bare) => treeAllReduce({ machine, bare, cores: 8, elements: 16, group: 4, rows: 2 }),
  },
  {
    about: "16 x 16 matrix product on 4 x 4 cores, by cyclic shifts between neighbours, with alignment",
    make: (bare) => meshGemm({ machine, bare, side: 4, block: { m: 4, k: 4, n: 4 } }),
  },
  {
    about: "12 x 12 matrix product on 6 x 6 cores, by cyclic shifts that wrap around, with alignment",
    make: (bare) => cannonGemm({ machine, bare, side: 6, block }),
  },
  {
    about: "12 x 12 matrix product on 6 x 6 cores, by broadcasts of rows and columns",
    make: (bare) => summaGemm({ machine, bare, side: 6, block }),
  },
  {
    about: "matrix times vector on 8 x 4 cores, summed up by a tree",
    make: (bare) => meshGemv({ machine, bare, columns: 8, rows: 4, inputs: 4, outputs: 8, group: 4 }),
  },
  {
    about: "the same, summed up by a chain and sent back",
    make: (bare) => meshGemv({ machine, bare, columns: 8, rows: 4, inputs: 4, outputs: 8 }),
  },
  {
    about: "columns split over the cores of a row become rows",
    make: (bare) => redistribute({ machine, bare, cores: 4, rows: 2, rowsPerCore: 2, columnsPerCore: 3 }),
  },
];

/** Files of examples/programs by name, its page included. `quiescentCycles` measures a bare example. */
export function exampleFiles(quiescentCycles: (example: Example) => number): Map<string, string> {
  const files = new Map<string, string>();
  const rows = CATALOG.map(({ about, make }) => {
    const full = make(false);
    files.set(`${full.name}.dfir`, full.text);
    const bare = make(true);
    const derived = bare.cycles === undefined ? "-" : String(bare.cycles);
    return `| \`${full.name}.dfir\` | ${about} | ${derived} | ${quiescentCycles(bare)} |`;
  });
  files.set("README.md", `${[...PAGE, ...rows].join("\n")}\n`);
  return files;
}

const PAGE = [
  "# Example programs",
  "",
  "Written by `node scripts/bootstrap.mjs examples` from the generators in `packages/testkit/src/examples`, which make them for any machine and",
  "size. Each fills its memory with `iota`, does its work (kernel `k0`) and sends what every core has to the west, row j as `y<j>`:",
  "",
  "    npx waferc check examples/programs/mesh-gemm.dfir",
  "    npx waferc simulate examples/programs/mesh-gemm.dfir",
  "",
  "Cycles are those of the work alone, without data and results: *derived* from docs/program.md section 7 as the generator's header says (where it",
  "can be: `mesh-gemm` and `cannon-gemm` are derived without their alignment), and *measured* by the cycle engine on mesh8x8. Tests hold",
  "both equal at several sizes, on cs2 and cs3 too, and hold the results against the sums and products themselves.",
  "",
  "| file | does | derived | measured |",
  "|---|---|--:|--:|",
];
