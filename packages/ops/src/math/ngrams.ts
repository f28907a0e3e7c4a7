// Counting n-grams of a pool in sequences, with skips: an n-gram with s skips takes every (s + 1)-th token.
import { OpError } from "../op-error.ts";

export type Token = string | bigint;

/** N-grams by their tokens; values are positions in the pool. */
interface Branch {
  position?: number;
  readonly next: Map<Token, Branch>;
}

export interface NgramRules {
  readonly min: number;
  readonly max: number;
  readonly maxSkips: number;
}

/** The pool as a tree. `starts[n - 1]` is where the n-grams begin among the tokens. Of equal n-grams the first counts. */
export function ngramTree(tokens: readonly Token[], starts: readonly number[]): Branch {
  const root: Branch = { next: new Map() };
  let position = 0;
  starts.forEach((start, i) => {
    const [length, end] = [i + 1, starts[i + 1] ?? tokens.length];
    if (start > end || (end - start) % length !== 0)
      throw new OpError(`needs whole ${length}-grams in the pool, but found tokens ${start} to ${end}`);
    for (let at = start; at < end; at += length) {
      let branch = root;
      for (const token of tokens.slice(at, at + length)) {
        let next = branch.next.get(token);
        if (next === undefined) branch.next.set(token, (next = { next: new Map() }));
        branch = next;
      }
      branch.position ??= position;
      position++;
    }
  });
  return root;
}

/** Calls `visit` with the pool position of every n-gram of the row, once for each time it occurs. Skips change nothing for single tokens. */
export function forEachNgram(
  row: readonly Token[],
  tree: Branch,
  { min, max, maxSkips }: NgramRules,
  visit: (position: number) => void,
): void {
  for (let step = 1; step <= maxSkips + 1; step++) {
    const shortest = step === 1 ? min : Math.max(min, 2);
    for (let start = 0; start < row.length; start++) {
      let branch: Branch | undefined = tree;
      for (let length = 1; length <= max && start + (length - 1) * step < row.length; length++) {
        branch = branch.next.get(row[start + (length - 1) * step]!);
        if (branch === undefined) break;
        if (length >= shortest && branch.position !== undefined) visit(branch.position);
      }
    }
  }
}
