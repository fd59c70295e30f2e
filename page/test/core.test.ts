// What the vectors do not reach: another library's shares, words while they are typed, what is still missing.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
// @ts-expect-error: the package has no types
import slip39 from "slip39";
import {
  checkWord,
  EscrowError,
  GROUPS,
  gather,
  type Materials,
  NOTHING,
  readMaterials,
  readPasted,
  readTyped,
  whatIsMissing,
} from "../src/core/index.ts";
import { minimalCombinations } from "../src/core/groups.ts";
import { readShare, recover, type Share } from "../src/core/slip39.ts";
import type { Card } from "../src/core/types.ts";
import { readWords, toIndices } from "../src/core/words.ts";
import { WORDLIST } from "../src/core/wordlist.ts";
import { files, VECTORS } from "./vectors.ts";

const MATERIAL = join(VECTORS, "recovery/material");
const words = (name: string): string => readFileSync(join(MATERIAL, "cards", `${name}.txt`), "utf8").trim();
const given = (...names: string[]): Materials =>
  gather(names.map((name) => readMaterials([{ name: `${name}.txt`, data: Buffer.from(words(name)) }]).materials));
const kit = (): Materials => readMaterials(files(join(MATERIAL, "kit"))).materials;
const code = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof EscrowError) return error.code;
    throw error;
  }
  return "ok";
};

suite("slip39 beside another library", () => {
  for (const size of [16, 32]) {
    for (const extendable of [0, 1]) {
      test(`secrets of ${size} bytes, extendable ${extendable}, any choice of groups and members`, () => {
        const secret = Array.from({ length: size }, (_, at) => (at * 37 + size) % 256);
        const groups = [[1, 1], [2, 3], [3, 5], [1, 1]];
        const options = { passphrase: "TREZOR", threshold: 2, groups, iterationExponent: 0, extendableBackupFlag: extendable };
        const all = slip39.fromArray(secret, options).root.mnemonics as string[];
        const shares = all.map((mnemonic) => readShare(toIndices(readWords(mnemonic))) as Share);
        const choices = [...minimalCombinations(shares.map(asCard))];
        assert.equal(choices.length, 3 + 10 + 1 + 3 * 10 + 3 + 10);
        for (const choice of choices.filter((_, at) => at % 4 === 0)) {
          const chosen = choice.map((card) => shares[Number(card.words[0])] as Share);
          assert.deepEqual(Array.from(recover(chosen, "TREZOR") as Uint8Array), secret);
          assert.notDeepEqual(Array.from(recover(chosen, "") as Uint8Array), secret);
          assert.equal(recover(chosen.slice(1), "TREZOR"), null);
        }
      });
    }
  }

  test("a share with one bit changed is found out by the digest", () => {
    const all = slip39.fromArray(new Array(16).fill(7), { threshold: 2, groups: [[1, 1], [1, 1]], extendableBackupFlag: 0 });
    const shares = (all.root.mnemonics as string[]).map((mnemonic) => readShare(toIndices(readWords(mnemonic))) as Share);
    const [first, second] = shares as [Share, Share];
    for (let bit = 0; bit < 128; bit++) {
      const value = first.value.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      assert.equal(recover([{ ...first, value }, second]), null);
    }
  });
});

/** A share as a card whose first word is its number: all that choosing looks at is in the fields. */
function asCard(share: Share, at: number): Card {
  return { ...share, words: [String(at)], kind: "client", group: GROUPS[share.groupIndex] as (typeof GROUPS)[number] };
}

suite("typing", () => {
  test("the list has 1024 words that four letters tell apart", () => {
    assert.equal(WORDLIST.length, 1024);
    assert.equal(new Set(WORDLIST.map((word) => word.slice(0, 4))).size, 1024);
  });
  test("a word is a beginning, then known, whatever its case", () => {
    assert.deepEqual(checkWord(" "), { state: "empty", word: null, completions: [] });
    assert.deepEqual(checkWord("aca"), { state: "prefix", word: null, completions: ["academic"] });
    assert.deepEqual(checkWord("ACAD"), { state: "ok", word: "academic", completions: ["academic"] });
    assert.deepEqual(checkWord("academics"), { state: "unknown", word: null, completions: [] });
    assert.equal(checkWord("a").completions.length, 8);
  });
  test("every word is known by four letters or more, and by no fewer", () => {
    for (const word of WORDLIST) {
      assert.equal(checkWord(word.slice(0, 4)).word, word);
      assert.equal(checkWord(word.slice(0, 3)).word, null);
    }
  });
  test("nothing is wrong with a card until its last word is in", () => {
    const all = words("meier-client").split(" ");
    for (let count = 0; count < 20; count++) {
      const typed = readTyped(all.slice(0, count).join(" "));
      assert.deepEqual([typed.words.length, typed.card, typed.error], [count, null, null]);
    }
    assert.equal(readTyped(all.join("\n")).card?.group, "client");
    assert.equal(readTyped(words("swapped")).error?.code, "card.words-swapped");
    assert.equal(readTyped(`${all.join(" ")} xylophone`).error?.code, "card.word-unknown");
    assert.equal(readTyped(`${all.join(" ")} acid`).error?.code, "card.word-count");
  });
});

suite("what is missing", () => {
  test("of nothing: all of it", () => {
    const missing = whatIsMissing(NOTHING);
    assert.deepEqual([missing.ready, missing.bundle, missing.key, missing.manifest], [false, true, { set: null }, true]);
    assert.deepEqual(missing.cards, { set: null, have: [], groups: 2, candidates: GROUPS, incomplete: [] });
  });
  test("of a kit: two cards, then the other one, then nothing", () => {
    assert.equal(whatIsMissing(kit()).cards?.groups, 2);
    const one = whatIsMissing(gather([kit(), given("meier-client")])).cards;
    assert.deepEqual([one?.set, one?.have, one?.groups], [2, ["client"], 1]);
    assert.deepEqual(one?.candidates, ["nodes", "successor", "reserve"]);
    assert.equal(whatIsMissing(gather([kit(), given("meier-client", "meier-reserve")])).ready, true);
  });
  test("a card of another client, or of a retired set, brings nobody nearer", () => {
    const other = gather([kit(), given("meier-client", "praxis-reserve", "retired-successor")]);
    assert.deepEqual(whatIsMissing(other).cards?.have, ["client"]);
    assert.equal(whatIsMissing(other).ready, false);
  });
  test("the key of the cards' set is missed by its number", () => {
    const own = { ...gather([kit(), given("meier-client", "meier-reserve")]), keys: [] };
    assert.deepEqual(whatIsMissing(own).key, { set: 2 });
  });
});

suite("pasting", () => {
  const share = words("meier-nodes");
  test("the share is found in a mail's text, and in its source", () => {
    const text = `Guten Tag\n\n-----BEGIN ESCROW SHARE-----\n${share}\n-----END ESCROW SHARE-----\n\nKnoten`;
    const source = readFileSync(join(MATERIAL, "release.eml"), "utf8");
    assert.deepEqual(readPasted(text, "text").cards.map(({ card }) => card.group), ["nodes"]);
    assert.equal(readPasted(source, "text").keys.length, 1);
    assert.notEqual(readPasted(source, "text").bundle, null);
  });
  test("of two cards the mistyped one is told, though the other is sound", () => {
    assert.equal(code(() => readPasted(`${words("meier-client")}\n${words("swapped")}`, "text")), "card.words-swapped");
  });
  test("a card with a slip is told, a text without any card too", () => {
    assert.equal(code(() => readPasted(words("swapped"), "text")), "card.words-swapped");
    assert.equal(code(() => readPasted("Guten Tag", "text")), "card.word-unknown");
    assert.equal(code(() => readPasted(" ", "text")), "card.empty");
  });
  test("a manifest can be pasted", () => {
    const manifest = readFileSync(join(MATERIAL, "kit/manifest.jws"), "utf8");
    assert.equal(whatIsMissing(readPasted(`\n${manifest}\n`, "text")).manifest, false);
  });
});
