import { describe, expect, it } from "vitest";
import { fullMatcher } from "./regex-match.ts";

describe("fullMatcher", () => {
  it.each([
    ["", "", true],
    ["", "a", false],
    ["a|bc", "bc", true],
    ["a|bc", "abc", false],
    ["(ab)*", "ababab", true],
    ["a{2,3}", "aaaa", false],
    ["a{2,}", "aaaaa", true],
    ["a{0}", "", true],
    ["a{,3}", "a{,3}", true],
    ["x*?y+?", "xxy", true],
    [".", "\n", false],
    ["(?s).", "\n", true],
    ["(?i)Straße", "STRAßE", true],
    ["(?i:a)b", "AB", false],
    ["[^a-c\\d]+", "xyz-", true],
    ["[^a-c\\d]+", "xy3", false],
    ["[]a]+", "a]", true],
    ["[a-]+", "a-", true],
    ["[[:alpha:]]+[[:^alpha:]]", "abc1", true],
    ["\\p{Greek}+\\pL\\PL", "αβx1", true],
    ["\\p{^Greek}", "α", false],
    ["\\Qa.b\\E+", "a.b", true],
    ["\\x41\\x{1F600}\\101", "A😀A", true],
    ["^a$", "a", true],
    ["(?m)a$\\n^b", "a\nb", true],
    ["a\\b.\\bb", "a b", true],
    ["a\\bb", "ab", false],
    ["(?P<name>\\w+)@\\w+\\.com", "me@here.com", true],
    ["..", "😀😀", true],
  ])("/%s/ on %j is %s", (pattern, text, expected) => {
    expect(fullMatcher(pattern)(text)).toBe(expected);
  });

  it("takes time in proportion to the text where backtracking would not end", () => {
    expect(fullMatcher("(a*)*(a|aa)*(a+)+$")(`${"a".repeat(5000)}b`)).toBe(false);
  });

  it.each(["(a", "a)", "*a", "a**", "[a", "[b-a]", "\\", "\\y", "(?=a)", "a{1001}", "\\p{Nothing}", "[[:none:]]"])(
    "refuses %s",
    (pattern) => {
      expect(() => fullMatcher(pattern)).toThrow("cannot read pattern");
    },
  );
});
