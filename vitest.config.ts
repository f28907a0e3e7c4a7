// Tests run against the packages' sources (export condition "source"), never against dist/.
import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

const conditions = ["source", ...defaultServerConditions];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "packages/*/filetests/**/*.test.ts", "scripts/**/*.test.ts"],
    setupFiles: ["scripts/vitest-setup.ts"],
    testTimeout: 20_000,
    passWithNoTests: true,
  },
});
