// npm's oidc-provider doing the work of ours, for `make bench`: the same members, client, form, password hash and signatures, its
// data in Redis. Takes the port, a Redis socket and a JSON file with the client and the members.
import { readFileSync } from 'node:fs';
import argon2 from 'argon2';
import Redis from 'ioredis';
import Provider, { errors } from 'oidc-provider';

const [port, socket, file] = process.argv.slice(2);
const { client, members, scope, password, hash: cost } = JSON.parse(readFileSync(file, 'utf8'));
const issuer = `http://localhost:${port}`;
const api = 'urn:example:api';
const redis = new Redis(socket, { keyPrefix: 'peer:' });
const hash = await argon2.hash(password, { type: argon2.argon2id, ...cost });
const accounts = new Map(members.map((name) => [name, { accountId: `s-${name}`, name, hash }]));
const bySubject = new Map([...accounts.values()].map((one) => [one.accountId, one]));

const CONSUMABLE = new Set(['AuthorizationCode', 'RefreshToken', 'DeviceCode', 'BackchannelAuthenticationRequest', 'PushedAuthorizationRequest']);
const OF_GRANTS = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode', 'BackchannelAuthenticationRequest']);

// what the provider asks of a store, one round trip each
class Store {
  constructor(name) { this.name = name; }
  key(id) { return `${this.name}:${id}`; }
  async upsert(id, payload, seconds) {
    const key = this.key(id);
    const many = redis.multi();
    if (CONSUMABLE.has(this.name)) many.hset(key, 'payload', JSON.stringify(payload));
    else many.set(key, JSON.stringify(payload));
    if (seconds) many.expire(key, seconds);
    if (OF_GRANTS.has(this.name) && payload.grantId) {
      many.rpush(`grant:${payload.grantId}`, key);
      if (seconds) many.expire(`grant:${payload.grantId}`, seconds);
    }
    if (payload.uid) {
      many.set(`uid:${payload.uid}`, id);
      if (seconds) many.expire(`uid:${payload.uid}`, seconds);
    }
    await many.exec();
  }
  async find(id) {
    if (!CONSUMABLE.has(this.name)) {
      const text = await redis.get(this.key(id));
      return text ? JSON.parse(text) : undefined;
    }
    const { payload, ...rest } = await redis.hgetall(this.key(id));
    return payload ? { ...rest, ...JSON.parse(payload) } : undefined;
  }
  async findByUid(uid) {
    const id = await redis.get(`uid:${uid}`);
    return id ? this.find(id) : undefined;
  }
  async findByUserCode() { return undefined; }
  async consume(id) { await redis.hset(this.key(id), 'consumed', Math.floor(Date.now() / 1000)); }
  async destroy(id) { await redis.del(this.key(id)); }
  async revokeByGrantId(grantId) {
    const keys = await redis.lrange(`grant:${grantId}`, 0, -1);
    await redis.del(...keys, `grant:${grantId}`);
  }
}

const { subtle } = globalThis.crypto;
async function key(algorithm, kid, alg) {
  const pair = await subtle.generateKey(algorithm, true, ['sign', 'verify']);
  return { ...(await subtle.exportKey('jwk', pair.privateKey)), kid, alg, use: 'sig', key_ops: undefined, ext: undefined };
}
const rsa = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };
const keys = [await key(rsa, 'rs', 'RS256'), await key({ name: 'ECDSA', namedCurve: 'P-256' }, 'es', 'ES256')];

const grants = ['authorization_code', 'client_credentials'];
const known = { ...client, response_types: ['code'], token_endpoint_auth_method: 'client_secret_basic', scope };
const provider = new Provider(issuer, {
  adapter: Store,
  clients: [
    { ...known, grant_types: grants },
    { ...known, client_id: `${client.client_id}-offline`, grant_types: [...grants, 'refresh_token'] },
  ],
  jwks: { keys },
  cookies: { keys: ['a key of thirty-two characters ...'] },
  scopes: ['openid', 'offline_access', 'profile', 'email'],
  claims: { openid: ['sub'], profile: ['name', 'family_name', 'given_name', 'birthdate', 'nickname'], email: ['email', 'email_verified'] },
  pkce: { required: () => true },
  routes: { authorization: '/authorize', token: '/token', userinfo: '/userinfo', introspection: '/introspect', jwks: '/jwks' },
  interactions: { url: (ctx, interaction) => `/login?j=${interaction.uid}` },
  issueRefreshToken: async (ctx, asking) => asking.grantTypeAllowed('refresh_token'),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    // a back end gets a signed token, as from us
    resourceIndicators: {
      enabled: true,
      defaultResource: (ctx) => (ctx.oidc.params?.grant_type === 'client_credentials' ? api : undefined),
      getResourceServerInfo: () => ({ scope: '', audience: api, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }),
      useGrantedResource: () => false,
    },
  },
  ttl: { AccessToken: 600, AuthorizationCode: 600, ClientCredentials: 600, Grant: 86400, IdToken: 600, Interaction: 3600, RefreshToken: 86400, Session: 43200 },
  findAccount: async (ctx, sub) => {
    const one = bySubject.get(sub);
    return one && {
      accountId: sub,
      claims: async () => ({
        sub, name: '山田 花子', family_name: '山田', given_name: '花子', birthdate: '1958-04-01', nickname: 'はなこ',
        email: `${one.name}@mail.example`, email_verified: true,
      }),
    };
  },
  // the operator's own portal asks for no consent
  loadExistingGrant: async (ctx) => {
    const { account, client: asking, params, session } = ctx.oidc;
    const before = session.grantIdFor(asking.clientId);
    if (before) return provider.Grant.find(before);
    const grant = new provider.Grant({ clientId: asking.clientId, accountId: account.accountId });
    grant.addOIDCScope(params.scope);
    await grant.save();
    return grant;
  },
});

const page = (uid) => `<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>ログイン</title></head><body><main><h1>ログイン</h1>
<form method="post" action="/login"><input type="hidden" name="j" value="${uid}">
<label for="u">ログインID</label><input type="text" id="u" name="username" autocomplete="username">
<label for="p">パスワード</label><input type="password" id="p" name="password" autocomplete="current-password">
<button type="submit">ログイン</button></form></main></body></html>`;

async function body(req) {
  const parts = [];
  for await (const part of req) parts.push(part);
  return new URLSearchParams(Buffer.concat(parts).toString());
}

provider.use(async (ctx, next) => {
  if (ctx.path !== '/login') return next();
  const { uid } = await provider.interactionDetails(ctx.req, ctx.res);
  if (ctx.method === 'GET') {
    ctx.type = 'text/html; charset=utf-8';
    ctx.body = page(uid);
    return undefined;
  }
  const typed = await body(ctx.req);
  const one = accounts.get(typed.get('username'));
  if (!one || !(await argon2.verify(one.hash, typed.get('password')))) throw new errors.AccessDenied();
  ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, { login: { accountId: one.accountId } }));
  ctx.status = 303;
  return undefined;
});

provider.listen(Number(port), '127.0.0.1');
