// Crafted Ed25519 signatures: the page says what OpenSSL says, and the library's own checks do not.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { ed25519 } from "@noble/curves/ed25519.js";
import { verify } from "../src/core/keys.ts";
import { hex, VECTORS } from "./vectors.ts";

interface Crafted {
  readonly name: string;
  readonly public: string;
  readonly message: string;
  readonly signature: string;
  readonly ok: boolean;
}
const crafted = JSON.parse(readFileSync(join(VECTORS, "ed25519/crafted.json"), "utf8")) as Crafted[];

suite("ed25519", () => {
  test("every crafted signature is accepted or refused as by OpenSSL", () => {
    for (const own of crafted) {
      const found = verify(hex(own.public), hex(own.signature), hex(own.message));
      assert.equal(found, own.ok, `${own.name} ${own.public} ${own.signature} ${own.message}`);
    }
  });
  test("the library's default accepts what OpenSSL refuses, so it is not what the page uses", () => {
    const differs = crafted.filter((own) => {
      if (own.signature.length !== 128 || own.public.length !== 64) return false;
      return ed25519.verify(hex(own.signature), hex(own.message), hex(own.public)) && !own.ok;
    });
    assert.ok(differs.length > 100, String(differs.length));
  });
});
