// The vectors of tests/vectors, which Python runs too: the page must have the same outcome for each.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { openKey, openPassphrase, recipientOf, unseal } from "../src/core/age.ts";
import { parseCard, proofKey } from "../src/core/cards.ts";
import { combineAll } from "../src/core/groups.ts";
import { gather, openMaterials, readMaterials, verifyManifest } from "../src/core/index.ts";
import { chooseSet, type KnownSets } from "../src/core/judge.ts";
import { publicKey, sign, verify } from "../src/core/keys.ts";
import { strip, verifyAppointment } from "../src/core/manifest.ts";
import { readPayload } from "../src/core/payload.ts";
import { readShare, recover } from "../src/core/slip39.ts";
import { checkSuccessor } from "../src/core/successor.ts";
import { isPassphraseFile } from "../src/core/age.ts";
import { readWords, toIndices } from "../src/core/words.ts";
import { base64, files, hex, outcome, VECTORS, type Vector, vectors } from "./vectors.ts";

const toHex = (data: Uint8Array): string => Buffer.from(data).toString("hex");

/** Each vector of a folder: `play` gives what is to be compared, by the headers' names. */
function playAll(folder: string, play: (vector: Vector) => Promise<Record<string, string>>): void {
  suite(folder, () => {
    for (const vector of vectors(folder)) {
      test(`${folder}/${vector.name}`, async () => {
        const { value, error } = await outcome(() => play(vector));
        assert.equal(error?.code ?? "ok", vector.header["expect"]);
        for (const [name, wanted] of Object.entries(JSON.parse(vector.header["fields"] ?? "{}"))) {
          assert.equal(error?.fields[name], wanted, name);
        }
        for (const [name, found] of Object.entries(value ?? {})) {
          if (name in vector.header) assert.equal(found, vector.header[name], name);
        }
      });
    }
  });
}

suite("slip39", () => {
  const all = JSON.parse(readFileSync(join(VECTORS, "slip39/vectors.json"), "utf8")) as [string, string[], string][];
  test("there are 45 official vectors", () => assert.equal(all.length, 45));
  for (const [description, mnemonics, secret] of all) {
    test(description, () => {
      const shares = mnemonics.map((mnemonic) => readShare(toIndices(readWords(mnemonic))));
      const sound = shares.filter((share) => share !== null);
      const found = sound.length === shares.length ? recover(sound, "TREZOR") : null;
      assert.equal(found ? toHex(found) : "", secret);
    });
  }
});

playAll("cards", async ({ header, body }) => {
  const cards = body.split("\n--\n").map(parseCard);
  const first = cards[0];
  assert.ok(first);
  switch (header["do"]) {
    case "read":
      return {
        words: first.words.join(" "),
        identifier: String(first.identifier),
        group: first.group,
        member: String(first.memberIndex),
        "proof-key": proofKey(first),
      };
    case "judge": {
      const known = JSON.parse(header["sets"] as string) as KnownSets;
      const given = cards.map((card) => ({ card, source: "vector" }));
      return { set: String(chooseSet(given, known).set.set) };
    }
    case "combine":
      return { secret: toHex(combineAll(cards)[0]?.secret as Uint8Array) };
    default: {
      // As opening does: of several secrets the one that opens counts.
      const key = hex(header["key"] as string);
      const secrets = combineAll(cards).map(({ secret }) => toHex(secret));
      let last: unknown;
      for (const secret of secrets) {
        const { value, error } = await outcome(() => openKey(key, secret));
        if (value) return { recipient: await recipientOf(value), secret: secrets[0] as string };
        last = error;
      }
      throw last;
    }
  }
});

playAll("manifests", async ({ header, body }) => {
  const { root = null, before } = header;
  if (before === undefined) verifyManifest(strip(body), root);
  else checkSuccessor(before, strip(body), root);
  return {};
});

suite("statements", () => {
  for (const { name, header, body } of vectors("statements").filter((own) => own.header["kind"] === "appointment")) {
    test(name, async () => {
      const { error } = await outcome(() => verifyAppointment(strip(body), hex(header["root"] as string)));
      assert.equal(error?.code ?? "ok", header["expect"]);
    });
  }
});

playAll("age", async ({ header, body }) => {
  const data = base64(body);
  const { identity, passphrase = "" } = header;
  const content = identity ? await unseal(data, identity) : await passphraseContent(data, passphrase);
  return { "content-sha256": createHash("sha256").update(content).digest("hex") };
});

/** As `openKey`, whose content is always an identity; a wrong passphrase is a wrong card to it. */
async function passphraseContent(data: Uint8Array, passphrase: string): Promise<Uint8Array> {
  const { error } = await outcome(() => openKey(data, passphrase));
  if (error && error.code !== "key.identity-malformed") {
    throw error.code === "card.key-mismatch" ? Object.assign(error, { code: "age.wrong-passphrase" }) : error;
  }
  assert.ok(isPassphraseFile(data));
  return openPassphrase(data, passphrase);
}

playAll("payloads", async ({ body }) => {
  const { bundle, files: found, openDocument } = await readPayload(base64(body));
  const [document] = bundle.documents;
  assert.ok(document);
  const names = ["READ-ME-FIRST.html", "bundle.json", "documents/aaaaaaab/_.._Plän.pdf"];
  assert.deepEqual(found.map(({ name }) => name).filter((name) => !name.startsWith("exports/")).sort(), names);
  assert.deepEqual([bundle.name, bundle.entries[0]?.password], ["Bäckerei Größe", "pä$$"]);
  assert.equal(Buffer.from(openDocument(document)).toString(), "%PDF-1.7\n");
  return {};
});

suite("rfc8032", () => {
  for (const { name, header } of vectors("rfc8032")) {
    test(name, () => {
      const message = hex(header["message"] ?? "");
      const [seed, key, signature] = ["seed", "public", "signature"].map((part) => hex(header[part] as string));
      assert.ok(seed && key && signature);
      assert.equal(toHex(publicKey(seed)), header["public"]);
      assert.equal(toHex(sign(seed, message)), header["signature"]);
      assert.ok(verify(key, signature, message));
    });
  }
});

/** Cases about folders and paths, of which a browser knows nothing. */
const ABOUT_FOLDERS = new Set(["kit-missing", "kit-is-a-file", "kit-empty", "card-file-missing", "release-missing"]);

suite("recovery", () => {
  const all = vectors("recovery");
  test("each case about folders is there", () => {
    assert.equal(all.filter(({ name }) => ABOUT_FOLDERS.has(name)).length, ABOUT_FOLDERS.size);
  });
  for (const vector of all.filter(({ name }) => !ABOUT_FOLDERS.has(name))) {
    test(`recovery/${vector.name}`, async () => {
      const { header, body } = vector;
      const { value: opened, error } = await outcome(() => recoverWith(header));
      assert.equal(error?.code ?? "ok", header["expect"]);
      for (const [name, wanted] of Object.entries(JSON.parse(header["fields"] ?? "{}"))) {
        assert.equal(error?.fields[name], wanted, name);
      }
      if (!opened) return;
      const { payload, verification, set, aside } = opened;
      assert.equal(aside.map(({ revision, why }) => `${revision ?? "-"} ${why}`).join(" "), header["aside"] ?? "");
      const written = payload.files.map(
        ({ name }) => `${createHash("sha256").update(payload.openFile(name)).digest("hex")}  ${name}`,
      );
      assert.deepEqual(written.sort(), body.trimEnd().split("\n").sort());
      assert.equal(String(set), header["set"]);
      assert.equal(verification.problem?.code, header["problem"]);
    });
  }
});

async function recoverWith(header: Readonly<Record<string, string>>) {
  const material = (name: string) => (header[name] ?? "").split(" ").filter((part) => part !== "");
  const named = (name: string, as?: string) =>
    material(name).flatMap((part) => files(join(VECTORS, "recovery/material", part)).map((file) => ({ ...file, name: as ?? file.name })));
  const given = [
    ...named("release"),
    ...named("kit"),
    ...named("bundle", "bundle.age"),
    ...named("keys"),
    ...named("manifest", "manifest.jws"),
    ...named("cards"),
  ];
  const { materials, errors } = readMaterials(given);
  if (errors[0]) throw errors[0].error;
  const table = gather([materials], header["revision"] ? Number(header["revision"]) : null);
  return openMaterials(table, { root: header["root"] ?? null, unverified: header["unverified"] === "yes" });
}
