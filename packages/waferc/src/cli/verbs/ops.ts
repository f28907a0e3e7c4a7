// `waferc ops`: which ONNX operators waferc knows, in which opsets, and where they run.
import { loweredKinds } from "@waferc/compiler";
import { qualifiedKind } from "@waferc/ir/graph";
import { opTable, type AnyOpDefinition } from "@waferc/ops";
import { EXIT } from "../exit.ts";
import { renderTable } from "../render.ts";
import { addVerb, type CommonOptions, type Verb, type VerbResult } from "../verb.ts";

interface OpsOptions extends CommonOptions {
  readonly markdown?: boolean;
}

export const opsVerb: Verb = {
  name: "ops",
  declare(program, run) {
    addVerb(program, "ops", {
      summary: "list the supported ONNX operators and where they run",
      usage: "[filter]",
      examples: ["ops", "ops norm", "ops --json", "ops --markdown"],
    })
      .option("--markdown", "a table for a page")
      .action((filter: string | undefined, options: OpsOptions) => run("ops", options, () => listOps(filter, options)));
  },
};

interface OpFact {
  readonly op: string;
  readonly domain: string;
  /** Since-versions that are implemented. */
  readonly versions: readonly number[];
  /** `mesh`: a kernel template exists. `host`: the reference evaluator, unless a pass turns it into something with a template. */
  readonly runs: "mesh" | "host";
  readonly traits: readonly string[];
  readonly source: string;
}

function listOps(filter = "", { markdown = false }: OpsOptions): VerbResult {
  const ops = [...opTable.values()]
    .map(factOf)
    .filter(({ op, domain }) => `${domain}::${op}`.toLowerCase().includes(filter.toLowerCase()));
  const head = ["operator", "since versions", "runs on", "traits"];
  const rows = ops.map(({ op, domain, versions, runs, traits }) => [
    domain === "" ? op : `${domain}::${op}`,
    versions.join(" "),
    runs,
    traits.join(" "),
  ]);
  const note = `${ops.length} operators. On the host only if no pass turns them into something that has a kernel, such as parts of a norm.`;
  const table = markdown ? markdownTable([head, head.map(() => "---"), ...rows]) : renderTable([head, ...rows]);
  return {
    exitCode: EXIT.good,
    text: markdown ? `${note}\n\n${table}` : `${table}${note}\n`,
    json: { ops },
  };
}

function markdownTable(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `| ${row.join(" | ")} |\n`).join("");
}

function factOf({ domain, kind, versions, traits, source }: AnyOpDefinition): OpFact {
  const isLowered = loweredKinds.includes(qualifiedKind({ domain, kind })) || traits.includes("movement");
  return { op: kind, domain, versions, runs: isLowered ? "mesh" : "host", traits, source };
}
