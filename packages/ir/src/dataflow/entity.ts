/** Names of a dataflow's parts as diagnostics and source maps give them: `g0`, `w1`, `t2`, `f3`, `k4`, `loop 0`. */
export const DATAFLOW_ENTITY = "dataflow";

export function entityOf(letter: "g" | "w" | "t" | "f" | "k", id: number): string {
  return `${letter}${id}`;
}

/** Loops are numbered in the order of the schedule. */
export function loopEntity(index: number): string {
  return `loop ${index}`;
}
