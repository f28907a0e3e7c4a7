import { afterEach, describe, expect, it } from "vitest";
import { enableExpensiveInvariants, expensiveInvariant, InternalError, invariant } from "./invariant.ts";

afterEach(() => enableExpensiveInvariants());

describe("invariant", () => {
  it("throws an InternalError with the message", () => {
    expect(() => invariant(false, () => "ids are dense")).toThrow(new InternalError("ids are dense"));
    invariant(true, "ids are dense");
  });
});

describe("expensiveInvariant", () => {
  it("is evaluated only while it is on", () => {
    enableExpensiveInvariants(false);
    expensiveInvariant(() => false, "text round-trips");
    enableExpensiveInvariants();
    expect(() => expensiveInvariant(() => false, "text round-trips")).toThrow("text round-trips");
  });
});
