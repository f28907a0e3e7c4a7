// What the command line needs of the outside world, so that tests run it in process. Results go to `out`, messages to `err`.
// Long work announces itself as an activity; whoever owns the terminal decides when to show it.

/** Something that takes a while. `done` of `total` where that is known. */
export interface Activity {
  readonly label: string;
  readonly done?: number;
  readonly total?: number;
  /** More about where it is: `cycle 120000`. */
  readonly detail?: string;
}

export interface CliIo {
  out(text: string): void;
  err(text: string): void;
  /** What is going on now; undefined when nothing is. */
  activity(activity: Activity | undefined): void;
  /** Width of the terminal behind `out`. */
  readonly columns: number;
  readonly hasColorOut: boolean;
  readonly hasColorErr: boolean;
  /** A clock in seconds that never goes back; its zero means nothing. */
  seconds(): number;
  /** The built file of the thread that answers questions; without it all work is done in this thread. */
  readonly evalWorker?: URL;
}

/** An `io` that keeps what is written, for tests and the library. */
export interface CapturedIo extends CliIo {
  readonly stdout: () => string;
  readonly stderr: () => string;
}

export function captureIo(columns = 100): CapturedIo {
  const [out, err]: [string[], string[]] = [[], []];
  return {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    activity: () => undefined,
    columns,
    hasColorOut: false,
    hasColorErr: false,
    seconds: () => performance.now() / 1000,
    stdout: () => out.join(""),
    stderr: () => err.join(""),
  };
}
