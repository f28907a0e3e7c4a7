// What the thread that owns the terminal and the one that works tell each other.
import type { PendingDirectory } from "../artefacts/write-directory.ts";
import type { Activity } from "./io.ts";

export interface WorkerSetup {
  readonly argv: readonly string[];
  readonly columns: number;
  readonly hasColorOut: boolean;
  readonly hasColorErr: boolean;
}

export type WorkerMessage =
  | { readonly kind: "out" | "err"; readonly text: string }
  | { readonly kind: "activity"; readonly activity: Activity | undefined }
  | { readonly kind: "pending"; readonly directory: PendingDirectory; readonly isPending: boolean }
  | { readonly kind: "exit"; readonly code: number };

/** Exit code when the worker dies without one. */
export const EXIT_INTERNAL = 70;

/** Signals that end a run, with the exit code that shells give them. */
export const EXIT_SIGNALS = [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const;
