// Assertions about our own code. The message states the condition that should hold.

/** A bug of ours, never the user's mistake. The driver turns it into a reproducer. */
export class InternalError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "InternalError";
  }
}

/**
 * Cheap check, always on. Give the message as a function where building it costs something.
 * @throws InternalError if `condition` is false
 */
export function invariant(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new InternalError(typeof message === "string" ? message : message());
}

let areExpensiveInvariantsOn = false;

/** Tests switch the expensive invariants on before they run; nothing else does. */
export function enableExpensiveInvariants(isOn = true): void {
  areExpensiveInvariantsOn = isOn;
}

/**
 * A check too costly for every run, such as "the printed form parses back to an equal noun". On in tests.
 * @throws InternalError if it is on and `holds` returns false
 */
export function expensiveInvariant(holds: () => boolean, message: string | (() => string)): void {
  if (areExpensiveInvariantsOn) invariant(holds(), message);
}
