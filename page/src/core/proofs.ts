// Proving a card to a node without giving it away: a short text, signed with the card's share-proof key. The twin
// of the card proofs in escrowd/core/statements/proofs.py.

import { toBase32, toHex } from "./bytes.ts";
import { inputError } from "./errors.ts";
import { PROOF, sign } from "./jws.ts";
import { publicKey, shareProofSeed } from "./keys.ts";
import type { Card, ProofCode, ProofPurpose } from "./types.ts";

const CODE = /^escrow-code\/1\.([a-z2-7]{32})\.([0-9a-f]{32})$/;
const ID_BYTES = 15;

/** Read a code as pasted: white space anywhere is dropped, upper case is lowered. Throws `code.malformed`. */
export function parseCode(text: string): ProofCode {
  const match = CODE.exec(text.replace(/\s+/gu, "").toLowerCase());
  if (!match) throw inputError("code.malformed");
  return { node: match[1] as string, nonce: match[2] as string };
}

/**
 * Prove one card to the nodes that gave out the codes. `seconds`: wall time in Unix seconds. Returns the compact
 * text that goes back to the node.
 */
export function signProof(card: Card, purpose: ProofPurpose, codes: readonly ProofCode[], seconds: number): string {
  const seed = shareProofSeed(card.words);
  const claims = {
    purpose,
    aud: codes.map((code) => code.node).sort(),
    jti: toBase32(crypto.getRandomValues(new Uint8Array(ID_BYTES))),
    iat: Math.floor(seconds),
    nonces: Object.fromEntries(codes.map((code) => [code.node, code.nonce])),
    proof_key: toHex(publicKey(seed)),
  };
  return sign(PROOF, claims, seed);
}
