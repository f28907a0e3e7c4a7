// Benches run what users run: the built packages, untransformed and without the invariants of tests. `npm run bench` builds first.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    benchmark: { include: ["bench/**/*.bench.ts"] },
    server: { deps: { external: [/\/packages\/[a-z]+\/dist\//] } },
    fileParallelism: false,
  },
});
