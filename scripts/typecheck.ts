// `npm run typecheck`: types of all packages and scripts, by the native TypeScript compiler (several times faster).
import { installed, runNode } from "./process.ts";

export async function main(args: readonly string[]): Promise<number> {
  return runNode([installed("typescript-native/bin/tsc"), "--noEmit", "-p", "tsconfig.json", ...args]);
}
