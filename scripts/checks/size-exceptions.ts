// Files and functions that may pass the limits of sizes.ts, each with the reason.

export interface SizeException {
  readonly path: string;
  readonly what: "file" | `function ${string}`;
  readonly reason: string;
}

export const SIZE_EXCEPTIONS: readonly SizeException[] = [];
