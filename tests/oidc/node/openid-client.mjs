// A relying party on openid-client: signs in, reads UserInfo, refreshes, goes on when the keys change, ends tokens, signs out.
import { ask, assert, done, load, privateKey, told } from "./talk.mjs";

const lib = await load("openid-client");
const { client } = told;

async function authentication() {
  if (client.token_endpoint_auth_method === "private_key_jwt") return lib.PrivateKeyJwt(await privateKey());
  if (client.token_endpoint_auth_method === "client_secret_post") return lib.ClientSecretPost(client.client_secret);
  if (client.token_endpoint_auth_method === "none") return lib.None();
  return lib.ClientSecretBasic(client.client_secret);
}

const metadata = { id_token_signed_response_alg: client.id_token_signed_response_alg };
if (told.signs) metadata.authorization_signed_response_alg = client.authorization_signed_response_alg;
const execute = [lib.allowInsecureRequests, lib.enableNonRepudiationChecks]; // the issuer of a test is http on loopback
if (told.signs) execute.push(lib.useJwtResponseMode);
const config = await lib.discovery(new URL(told.issuer), client.client_id, metadata, await authentication(), { execute });
const DPoP = told.dpop ? lib.getDPoPHandle(config, await lib.randomDPoPKeyPair("ES256")) : undefined;

async function signIn() {
  const pkceCodeVerifier = lib.randomPKCECodeVerifier();
  const expectedState = lib.randomState();
  const expectedNonce = lib.randomNonce();
  let parameters = {
    redirect_uri: told.redirect,
    scope: told.scope,
    code_challenge: await lib.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    nonce: expectedNonce,
  };
  if (told.signs) {
    const within = { [lib.modifyAssertion]: (header, payload) => (payload.nbf ??= payload.iat) };
    parameters = (await lib.buildAuthorizationUrlWithJAR(config, parameters, await privateKey(), within)).searchParams;
  }
  const address = told.par
    ? await lib.buildAuthorizationUrlWithPAR(config, parameters, { DPoP })
    : lib.buildAuthorizationUrl(config, parameters);
  const back = new URL(await ask({ go: address.href }));
  return lib.authorizationCodeGrant(config, back, { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true }, undefined, { DPoP });
}

const kid = (tokens) => JSON.parse(Buffer.from(tokens.id_token.split(".")[0], "base64url")).kid;
const tokens = await signIn();
const subject = tokens.claims().sub;
assert(tokens.token_type === (told.dpop ? "dpop" : "bearer"), `token_type ${tokens.token_type}`);
const userinfo = await lib.fetchUserInfo(config, tokens.access_token, subject, { DPoP });
let next = await lib.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
assert(kid(next) === kid(tokens), "another key before the keys were changed");

await ask({ rotate: true });
next = await lib.refreshTokenGrant(config, next.refresh_token ?? tokens.refresh_token, undefined, { DPoP });
assert(kid(next) !== kid(tokens), "the old key after the keys were changed");
assert((await lib.fetchUserInfo(config, tokens.access_token, subject, { DPoP })).sub === subject, "the old access token is refused");
const again = await signIn();
assert(kid(again) === kid(next) && again.claims().sub === subject, "not the same member by the new key");

const refresh = next.refresh_token ?? tokens.refresh_token;
await lib.tokenRevocation(config, refresh);
let refused;
await lib.refreshTokenGrant(config, refresh, undefined, { DPoP }).catch((error) => (refused = error.error));
const leave = lib.buildEndSessionUrl(config, { id_token_hint: again.id_token, post_logout_redirect_uri: told.out, state: "bye" });
done({ userinfo, refused, out: await ask({ go: leave.href }) });
