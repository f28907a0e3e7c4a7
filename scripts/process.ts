// Runs the tools that the scripts are made of, as child processes of the checkout.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";

/** Exit code of `node ARGS`, with its output passed through, or collected in `capture` when that is given. */
export function runNode(
  args: readonly string[],
  options: { capture?: string[]; env?: NodeJS.ProcessEnv } = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      stdio: options.capture ? ["ignore", "pipe", "pipe"] : "inherit",
      env: { ...process.env, ...options.env },
    });
    child.stdout?.on("data", (chunk: Buffer) => options.capture?.push(chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => options.capture?.push(chunk.toString()));
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

/** Path of a file inside an installed package. */
export function installed(path: string): string {
  return join("node_modules", path);
}
