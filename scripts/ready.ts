// `npm run ready`: everything that is checked before a commit, each step with its time; the first failure does not stop the
// others. `--only NAME,NAME` runs some steps; `--with-results FILE` counts tests from vitest's JSON report instead of running
// them, and is how .ci/run ends in one line of totals; `--acceptance` adds the long steps of acceptance.ts.
import { existsSync, readFileSync } from "node:fs";
import { ACCEPTANCE } from "./acceptance.ts";
import { TREE_CHECKS } from "./checks/checks.ts";
import { SourceTree } from "./checks/source-tree.ts";
import { installed, runNode } from "./process.ts";

/** What prettier and eslint look at. Markdown is left to its authors, because tables are edited by hand. */
export const FORMATTED = ["packages/**/*.{ts,mjs,json}", "scripts/**/*.{ts,mjs}", "bench/**/*.ts", "*.{ts,mjs,json}"];

interface Step {
  readonly name: string;
  /** Text of the failure; undefined if the step passed. */
  run(): Promise<string | undefined>;
}

export async function main(args: readonly string[]): Promise<number> {
  const only = optionOf(args, "--only")?.split(",");
  const results = optionOf(args, "--with-results");
  const steps = [...toolSteps(), ...treeSteps(), ...(results === undefined ? [testStep()] : [])];
  if (args.includes("--acceptance")) steps.push(...ACCEPTANCE);
  let [passed, failed] = results === undefined ? [0, 0] : countTests(results);
  for (const step of steps) {
    if (only && !only.includes(step.name)) continue;
    const started = performance.now();
    const failure = await step.run();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${failure === undefined ? "ok  " : "FAIL"} ${step.name} (${seconds} s)`);
    if (failure !== undefined) console.log(failure.trimEnd());
    if (failure === undefined) passed++;
    else failed++;
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function optionOf(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args[at + 1];
}

function toolSteps(): Step[] {
  const cache = (name: string) => ["--cache", "--cache-location", `node_modules/.cache/ready-${name}`];
  return [
    tool("format", ["prettier/bin/prettier.cjs", "--check", "--log-level", "warn", ...cache("prettier"), ...FORMATTED]),
    tool("lint", ["eslint/bin/eslint.js", "--max-warnings", "0", ...cache("eslint"), "packages", "scripts", "bench"]),
    tool("typecheck", ["typescript-native/bin/tsc", "--noEmit", "-p", "tsconfig.json"]),
  ];
}

/** Suites that compile models, simulate programs or sample at length: `npm test` runs them, `ready` stays under a minute without. */
const LONG_SUITES = [
  "packages/testkit/src/**",
  "packages/testkit/filetests/**",
  "packages/waferc/src/cli/**",
  "packages/waferc/src/session/**",
  "packages/**/random-programs.test.ts",
  "packages/ir/src/program/{round-trip,wfp}.test.ts",
  "packages/compiler/src/passes/{expand-ops,recognize-*}.test.ts",
  "packages/sim/src/{types-16bit,cycle/wasm/wasm-motion}.test.ts",
];

function testStep(): Step {
  const excluded = LONG_SUITES.map((pattern) => `--exclude=${pattern}`);
  // Files share their modules: loading those anew for each file takes as long as the tests. `npm test` isolates them.
  return tool("test", ["vitest/vitest.mjs", "run", "--reporter=dot", "--no-isolate", ...excluded]);
}

function tool(name: string, [script = "", ...args]: readonly string[]): Step {
  return {
    name,
    async run() {
      const output: string[] = [];
      const code = await runNode([installed(script), ...args], { capture: output });
      return code === 0 ? undefined : output.join("");
    },
  };
}

function treeSteps(): Step[] {
  const tree = SourceTree.readFrom(".");
  return [...TREE_CHECKS].map(([name, check]) => ({
    name,
    async run() {
      const findings = check(tree);
      if (findings.length === 0) return undefined;
      return findings.map(({ path, line, message }) => `${path}:${line} ${message}`).join("\n");
    },
  }));
}

/** Tests that passed and failed; a file that did not even load counts as a failed test, and so does a missing report. */
function countTests(path: string): [number, number] {
  if (!existsSync(path)) {
    console.log(`FAIL test: there is no report in ${path}`);
    return [0, 1];
  }
  const report = JSON.parse(readFileSync(path, "utf8")) as {
    numPassedTests: number;
    numFailedTests: number;
    testResults: readonly { status: string; assertionResults: readonly unknown[] }[];
  };
  const unloaded = report.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0);
  return [report.numPassedTests, report.numFailedTests + unloaded.length];
}
