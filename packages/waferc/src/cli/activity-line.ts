// Shows what is going on when it takes longer than a second: on a terminal as a line that rewrites itself, elsewhere as a line now and
// then. Owned by the thread that has the terminal, so that it moves while the work does not yield.
import type { Activity } from "./io.ts";

const FIRST_AFTER_SECONDS = 1;
const REFRESH_SECONDS = 0.2;
const LINE_EVERY_SECONDS = 10;

export interface ActivityLineOptions {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly seconds: () => number;
}

export class ActivityLine {
  readonly #options: ActivityLineOptions;
  #current: Activity | undefined;
  #since = 0;
  #shownAt = -Infinity;
  #isLineOpen = false;

  constructor(options: ActivityLineOptions) {
    this.#options = options;
  }

  /** Replaces the activity. One with the same label goes on; its time runs from when it was first shown. */
  set(activity: Activity | undefined): void {
    if (activity?.label !== this.#current?.label) {
      this.clear();
      this.#since = this.#options.seconds();
      this.#shownAt = -Infinity;
    }
    this.#current = activity;
    this.tick();
  }

  /** Shows what is due; called regularly. */
  tick(): void {
    if (this.#current === undefined) return;
    const { isTerminal, seconds, write } = this.#options;
    const now = seconds();
    const elapsed = now - this.#since;
    const pause = isTerminal ? REFRESH_SECONDS : LINE_EVERY_SECONDS;
    if (elapsed < FIRST_AFTER_SECONDS || now - this.#shownAt < pause) return;
    this.#shownAt = now;
    const text = printActivity(this.#current, elapsed);
    if (!isTerminal) return write(`${text}\n`);
    this.#isLineOpen = true;
    write(`\r\u001b[K${text.slice(0, Math.max(20, this.#options.columns - 1))}`);
  }

  /** Takes the line away, before something else is written. */
  clear(): void {
    if (!this.#isLineOpen) return;
    this.#isLineOpen = false;
    this.#options.write("\r\u001b[K");
  }
}

/** `simulate 34 % (cycle 120000), 12 s`. */
export function printActivity({ label, done, total, detail }: Activity, elapsedSeconds: number): string {
  const share = done !== undefined && total ? ` ${Math.floor((100 * done) / total)} %` : "";
  const count = done !== undefined && total && total > 1 && total <= 10_000 ? ` (${done} of ${total})` : "";
  return `${label}${share}${count}${detail ? ` (${detail})` : ""}, ${Math.floor(elapsedSeconds)} s`;
}
