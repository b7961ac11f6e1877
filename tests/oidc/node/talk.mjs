// How a client under test and the test talk: one JSON value a line, asked on standard output and answered on standard input.
import { createInterface } from "node:readline";
import { webcrypto } from "node:crypto";
import { pathToFileURL } from "node:url";

// what Node.js 18 keeps in a module and later ones in the open
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

// {folder, issuer, client, key, redirect, out, scope, ...}
export const told = JSON.parse(process.argv[2]);

export async function ask(question) {
  process.stdout.write(JSON.stringify(question) + "\n");
  return JSON.parse((await lines.next()).value);
}

export const load = (name) => import(pathToFileURL(`${told.folder}/node_modules/${name}/build/index.js`));

export function done(found) {
  process.stdout.write(JSON.stringify({ done: found }) + "\n");
  process.exit(0);
}

const ALGS = {
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  PS256: { name: "RSA-PSS", hash: "SHA-256" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
};

export async function privateKey() {
  const { alg, kid } = told.key;
  const { use, key_ops, ...jwk } = told.key;
  return { key: await crypto.subtle.importKey("jwk", jwk, ALGS[alg], false, ["sign"]), kid };
}

export function assert(truth, words) {
  if (!truth) throw new Error(words);
}
