// Runs the command line in this process and keeps what it prints.
import { captureIo } from "../cli/io.ts";
import { runCli } from "../cli/run-cli.ts";

export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** The object that --json printed. */
  json(): Record<string, unknown>;
}

export async function runWaferc(...argv: string[]): Promise<CliRun> {
  const io = captureIo();
  const code = await runCli(argv, io);
  const out = io.stdout();
  return { code, out, err: io.stderr(), json: () => JSON.parse(out) as Record<string, unknown> };
}
