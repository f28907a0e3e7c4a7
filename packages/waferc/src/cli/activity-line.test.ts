import { describe, expect, it } from "vitest";
import { ActivityLine } from "./activity-line.ts";

function makeLine(isTerminal: boolean) {
  let now = 0;
  const written: string[] = [];
  const line = new ActivityLine({
    write: (text) => void written.push(text),
    isTerminal,
    columns: 40,
    seconds: () => now,
  });
  return { line, written, wait: (seconds: number) => void (now += seconds) };
}

describe("ActivityLine", () => {
  it("says nothing about what takes less than a second", () => {
    const { line, written, wait } = makeLine(true);
    line.set({ label: "route" });
    wait(0.9);
    line.tick();
    line.set(undefined);
    expect(written).toEqual([]);
  });

  it("rewrites one line on a terminal and takes it away", () => {
    const { line, written, wait } = makeLine(true);
    line.set({ label: "run", done: 1, total: 4 });
    wait(1.5);
    line.tick();
    wait(1);
    line.set({ label: "run", done: 2, total: 4 });
    line.clear();
    expect(written).toEqual(["\r\u001b[Krun 25 % (1 of 4), 1 s", "\r\u001b[Krun 50 % (2 of 4), 2 s", "\r\u001b[K"]);
  });

  it("prints a line now and then elsewhere", () => {
    const { line, written, wait } = makeLine(false);
    line.set({ label: "check" });
    for (let i = 0; i < 25; i++) {
      wait(1);
      line.tick();
    }
    expect(written).toEqual(["check, 1 s\n", "check, 11 s\n", "check, 21 s\n"]);
  });
});
