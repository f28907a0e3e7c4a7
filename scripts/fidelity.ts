// `npm run bench:fidelity`: builds, measures the published cases and writes docs/fidelity.md. Fails if a goal does not hold.
import { writeFileSync } from "node:fs";
import { main as build } from "./build.ts";

const PAGE = "docs/fidelity.md";

export async function main(): Promise<number> {
  const built = await build();
  if (built !== 0) return built;
  const { fidelityReport } = await import("@waferc/testkit/examples");
  const started = performance.now();
  const { page, failures } = fidelityReport((text) => {
    console.error(`fidelity: ${((performance.now() - started) / 1000).toFixed(0)} s, ${text}`);
  });
  writeFileSync(PAGE, page);
  console.log(page);
  for (const failure of failures) console.error(`fidelity: ${failure}`);
  return failures.length > 0 ? 1 : 0;
}
