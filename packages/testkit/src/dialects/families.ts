// What is expected of a family, whoever exported it: the compound ops of its canonical graph, as counts. A case that comes to something else is an exception with
// its counts and the reason, in golden/dialects/families.json.
import { printCounts } from "./expected.ts";
import type { Counts } from "./compound-ops.ts";
import type { DialectVerdict } from "./judge-case.ts";

export interface FamilyTable {
  /** By family: of two layers each unless the name says otherwise. */
  readonly families: Readonly<Record<string, Counts>>;
  /** By case. */
  readonly exceptions: Readonly<Record<string, { readonly compounds: Counts; readonly reason: string }>>;
}

/** Every case that is neither like its family nor like its exception, and every exception that is none. */
export function compareFamilies(verdicts: readonly DialectVerdict[], { families, exceptions }: FamilyTable): string[] {
  const problems: string[] = [];
  for (const { name, family, status, compounds } of verdicts.filter((verdict) => verdict.status !== "refused")) {
    const [found, usual] = [printCounts(compounds), printCounts(families[family] ?? {})];
    const exception = exceptions[name];
    if (exception === undefined && found !== usual)
      problems.push(`${name} (${status}) has ${found}; its family ${usual}`);
    if (exception === undefined) continue;
    if (found !== printCounts(exception.compounds)) problems.push(`${name} has ${found}; its exception says otherwise`);
    if (found === usual) problems.push(`${name} is like its family: it needs no exception`);
    if (exception.reason === "") problems.push(`${name} is an exception without a reason`);
  }
  return problems;
}
