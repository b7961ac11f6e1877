// A relying party on oauth4webapi, step by step: every response is processed and every signature checked by the library.
import { ask, assert, done, load, privateKey, told } from "./talk.mjs";

const lib = await load("oauth4webapi");
const { client } = told;
const http = { [lib.allowInsecureRequests]: true }; // the issuer of a test is http on loopback
const issuer = new URL(told.issuer);
const as = await lib.processDiscoveryResponse(issuer, await lib.discoveryRequest(issuer, http));
const me = { client_id: client.client_id, id_token_signed_response_alg: client.id_token_signed_response_alg };
const proven = {
  private_key_jwt: async () => lib.PrivateKeyJwt(await privateKey()),
  client_secret_basic: () => lib.ClientSecretBasic(client.client_secret),
  client_secret_post: () => lib.ClientSecretPost(client.client_secret),
  none: () => lib.None(),
}[client.token_endpoint_auth_method];
const auth = await proven();
const DPoP = told.dpop ? lib.DPoP(me, await lib.generateKeyPair("ES256")) : undefined;
const options = { ...http, DPoP };

// the first proof may be asked to hold a nonce of the server's (RFC 9449 section 8)
async function tried(request, read) {
  try {
    return await read(await request());
  } catch (error) {
    if (!lib.isDPoPNonceError(error)) throw error;
    return read(await request());
  }
}

const verifier = lib.generateRandomCodeVerifier();
const state = lib.generateRandomState();
const nonce = lib.generateRandomNonce();
const asked = new URLSearchParams({
  client_id: client.client_id,
  redirect_uri: told.redirect,
  response_type: "code",
  scope: told.scope,
  code_challenge: await lib.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
});
const address = new URL(as.authorization_endpoint);
if (told.par) {
  const push = () => lib.pushedAuthorizationRequest(as, me, auth, asked, options);
  const pushed = await tried(push, (response) => lib.processPushedAuthorizationResponse(as, me, response));
  address.search = new URLSearchParams({ client_id: client.client_id, request_uri: pushed.request_uri }).toString();
} else {
  address.search = asked.toString();
}
const back = lib.validateAuthResponse(as, me, new URL(await ask({ go: address.href })), state);

const exchange = () => lib.authorizationCodeGrantRequest(as, me, auth, back, told.redirect, verifier, options);
let response;
const tokens = await tried(exchange, (found) => {
  response = found;
  return lib.processAuthorizationCodeResponse(as, me, found, { expectedNonce: nonce, requireIdToken: true });
});
await lib.validateApplicationLevelSignature(as, response, http);
const { sub } = lib.getValidatedIdTokenClaims(tokens);
const show = () => lib.userInfoRequest(as, me, tokens.access_token, options);
const userinfo = await tried(show, (found) => lib.processUserInfoResponse(as, me, sub, found));

const renew = (token) => () => lib.refreshTokenGrantRequest(as, me, auth, token, options);
const next = await tried(renew(tokens.refresh_token), (found) => lib.processRefreshTokenResponse(as, me, found));
const refresh = next.refresh_token ?? tokens.refresh_token;
const about = client.token_endpoint_auth_method === "none" ? null : await lib.introspectionRequest(as, me, auth, next.access_token, http);
const active = about === null ? null : (await lib.processIntrospectionResponse(as, me, about)).active;
await lib.processRevocationResponse(await lib.revocationRequest(as, me, auth, refresh, http));
let refused;
await tried(renew(refresh), (found) => lib.processRefreshTokenResponse(as, me, found)).catch((error) => (refused = error.error));
assert(refused !== undefined, "an ended refresh token is good");
done({ userinfo, refused, active });
