// The expected status of every case of a suite, as a file that is read in reviews: one line a case, "STATUS<tab>CASE<tab>REASON". A case that does not
// pass has a reason. A case that is compared with a looser tolerance than its suite's says so: "pass rtol=1e-2 atol=1e-5".
import type { Tolerance } from "@waferc/numerics";
import type { CaseResult } from "./onnx-cases.ts";

export type Status = CaseResult["status"];

export interface ExpectedCase {
  readonly status: Status;
  readonly reason: string;
  readonly tolerance?: Tolerance | undefined;
}

const STATUSES: readonly string[] = ["pass", "fail", "unsupported"] satisfies readonly Status[];

/** @throws RangeError with the line, if the text is not of this form or a reason is missing */
export function parseExpected(text: string): Map<string, ExpectedCase> {
  const expected = new Map<string, ExpectedCase>();
  text.split("\n").forEach((line, index) => {
    if (line === "" || line.startsWith("#")) return;
    const [head = "", name = "", reason = ""] = line.split("\t");
    const [status = "", ...bounds] = head.split(" ");
    const tolerance = parseTolerance(bounds);
    const isExcused = status === "pass" && tolerance === undefined;
    if (!STATUSES.includes(status) || name === "" || (!isExcused && reason.trim() === "")) {
      throw new RangeError(`line ${index + 1} must be "STATUS, tab, case, tab, reason", not "${line}"`);
    }
    expected.set(name, { status: status as Status, reason, tolerance });
  });
  return expected;
}

function parseTolerance(bounds: readonly string[]): Tolerance | undefined {
  if (bounds.length === 0) return undefined;
  const valueOf = (key: string): number => Number(bounds.find((bound) => bound.startsWith(`${key}=`))?.slice(5));
  const tolerance = { rtol: valueOf("rtol"), atol: valueOf("atol") };
  if (!(tolerance.rtol >= 0) || !(tolerance.atol >= 0)) throw new RangeError(`"${bounds.join(" ")}" is no tolerance`);
  return tolerance;
}

export function printExpected(suite: string, expected: ReadonlyMap<string, ExpectedCase>): string {
  const lines = [...expected]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { status, reason, tolerance }]) => {
      const head = tolerance === undefined ? status : `${status} rtol=${tolerance.rtol} atol=${tolerance.atol}`;
      return `${head}\t${name}${reason === "" ? "" : `\t${reason}`}`;
    });
  return `# Expected status of suite "${suite}". Written by: npm run conformance -- --write. Reasons are kept.\n${lines.join("\n")}\n`;
}
