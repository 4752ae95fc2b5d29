/** Code to paste: the usual clients with the app's own values. It never contains a secret. */
import type { App } from '../../apps/app-view'

export interface Snippet {
  readonly name: string
  readonly code: string
}
type Shown = Pick<
  App,
  'client_id' | 'kind' | 'auth_method' | 'redirect_uris' | 'scopes' | 'resources'
>

/** By the kind of the app, the most common one first. */
export function snippetsOf(app: Shown, issuer: string): Snippet[] {
  const values = {
    issuer: text(issuer),
    userinfo: text(`${issuer}/oauth/userinfo`),
    clientId: text(app.client_id),
    redirectUri: text(app.redirect_uris[0] ?? 'https://app.example.com/callback'),
    scope: text(app.scopes.join(' ')),
  }
  switch (app.kind) {
    case 'web':
      return [nextAuth(values), hono(values), express(values), exchange(app, issuer)]
    case 'spa':
      return [react(values)]
    case 'native':
      return [exchange(app, issuer)]
    case 'machine':
      return [machine(app, issuer)]
  }
}

interface Values {
  readonly issuer: string
  readonly userinfo: string
  readonly clientId: string
  readonly redirectUri: string
  readonly scope: string
}

/** As a literal of JavaScript, which no value can leave. */
const text = (value: string): string =>
  `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
/** As a word of a POSIX shell, which no value can leave. */
const word = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`

const originOf = (redirectUri: string): string =>
  URL.canParse(redirectUri) ? new URL(redirectUri).origin : 'https://app.example.com'

const nextAuth = ({ issuer, clientId, redirectUri, scope }: Values): Snippet => ({
  name: 'Next.js (next-auth 5)',
  code: `// npm install next-auth@5.0.0-beta.32
// AUTH_SECRET, AUTH_URL and AUTH_GATEHOUSE_SECRET are in .env.local.
// Redirect URI: ${originOf(redirectUri.slice(1, -1))}/api/auth/callback/gatehouse

// auth.js
import NextAuth from 'next-auth'

export const { handlers, auth, signIn, signOut } = NextAuth({
  providers: [
    {
      id: 'gatehouse',
      name: 'Gatehouse',
      type: 'oidc',
      issuer: ${issuer},
      clientId: ${clientId},
      clientSecret: process.env.AUTH_GATEHOUSE_SECRET,
      checks: ['pkce', 'state', 'nonce'],
      idToken: false, // Name and address come from userinfo.
      authorization: { params: { scope: ${scope} } },
    },
  ],
})

// app/api/auth/[...nextauth]/route.js
import { handlers } from '../../../../auth'

export const { GET, POST } = handlers
`,
})

const hono = ({ issuer, userinfo, clientId, redirectUri, scope }: Values): Snippet => ({
  name: 'Hono (@hono/oidc-auth)',
  code: `// npm install hono @hono/oidc-auth
// OIDC_CLIENT_SECRET and OIDC_AUTH_SECRET (32 random characters) are secrets of the Worker.
import { Hono } from 'hono'
import { getAuth, initOidcAuthMiddleware, oidcAuthMiddleware, processOAuthCallback } from '@hono/oidc-auth'

const app = new Hono()
app.use(
  initOidcAuthMiddleware({
    OIDC_ISSUER: ${issuer},
    OIDC_CLIENT_ID: ${clientId},
    OIDC_REDIRECT_URI: ${redirectUri},
    OIDC_SCOPES: ${scope},
  }),
)
app.use(async (c, next) => {
  // Name and address come from userinfo.
  c.set('oidcClaimsHook', async (_known, _claims, { access_token }) => {
    const headers = { authorization: \`Bearer \${access_token}\` }
    return (await fetch(${userinfo}, { headers })).json()
  })
  await next()
})
app.get(new URL(${redirectUri}).pathname, (c) => processOAuthCallback(c))
app.use('*', oidcAuthMiddleware())
app.get('/', async (c) => c.json(await getAuth(c)))

export default app
`,
})

const express = ({ issuer, clientId, redirectUri, scope }: Values): Snippet => ({
  name: 'Express (express-openid-connect)',
  code: `// npm install express express-openid-connect
// CLIENT_SECRET and SECRET (32 random characters) come from the environment.
import express from 'express'
import openid from 'express-openid-connect'

const { auth, requiresAuth } = openid
const app = express()
app.use(
  auth({
    issuerBaseURL: ${issuer},
    baseURL: new URL(${redirectUri}).origin,
    clientID: ${clientId},
    clientSecret: process.env.CLIENT_SECRET,
    secret: process.env.SECRET,
    authRequired: false,
    authorizationParams: {
      response_type: 'code',
      scope: ${scope},
      claims: JSON.stringify({ id_token: { name: null, email: null } }),
    },
    routes: { callback: new URL(${redirectUri}).pathname },
    idpLogout: true, // /logout signs out here too.
  }),
)
app.get('/profile', requiresAuth(), (req, res) => res.json(req.oidc.user))
app.listen(3000)
`,
})

const react = ({ issuer, clientId, redirectUri, scope }: Values): Snippet => ({
  name: 'React (react-oidc-context)',
  code: `// npm install react-oidc-context oidc-client-ts
import { createRoot } from 'react-dom/client'
import { AuthProvider, useAuth } from 'react-oidc-context'

const settings = {
  authority: ${issuer},
  client_id: ${clientId},
  redirect_uri: ${redirectUri},
  scope: ${scope},
  loadUserInfo: true,
  onSigninCallback: () => history.replaceState({}, '', location.pathname),
}

function Home() {
  const auth = useAuth()
  if (auth.isLoading) return <p>Loading</p>
  if (!auth.isAuthenticated) return <button onClick={() => void auth.signinRedirect()}>Sign in</button>
  return <p>Signed in as {auth.user?.profile.email}</p>
}

createRoot(document.getElementById('root')!).render(
  <AuthProvider {...settings}>
    <Home />
  </AuthProvider>,
)
`,
})

/** Step by step, for developers who write their own client. */
function exchange(app: Shown, issuer: string): Snippet {
  const redirectUri = app.redirect_uris[0] ?? 'https://app.example.com/callback'
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: app.client_id,
    redirect_uri: redirectUri,
    scope: app.scopes.join(' '),
    code_challenge_method: 'S256',
  })
  return {
    name: 'curl',
    code: `verifier=$(openssl rand -hex 32)
challenge=$(printf %s "$verifier" | openssl dgst -sha256 -binary | basenc --base64url | tr -d =)
echo ${word(`${issuer}/oauth/authorize?${query.toString()}&code_challenge=`)}"$challenge&state=$(openssl rand -hex 16)"
# Open that address, sign in, and copy the code from the address that you return to.
read -r code
curl ${word(`${issuer}/oauth/token`)} ${credentials(app)} \\
  -d grant_type=authorization_code -d "code=$code" -d "code_verifier=$verifier" \\
  --data-urlencode ${word(`redirect_uri=${redirectUri}`)}
`,
  }
}

function machine(app: Shown, issuer: string): Snippet {
  const fields = [
    ...app.resources.slice(0, 1).map((identifier) => `resource=${identifier}`),
    ...(app.scopes.length > 0 ? [`scope=${app.scopes.join(' ')}`] : []),
  ]
  const lines = [
    `curl ${word(`${issuer}/oauth/token`)} ${credentials(app)}`,
    '-d grant_type=client_credentials',
    ...fields.map((field) => `--data-urlencode ${word(field)}`),
  ]
  return { name: 'curl', code: `${lines.join(' \\\n  ')}\n` }
}

/** Client ids of our own making need no encoding in a user name (RFC 6749 section 2.3.1). */
function credentials({ client_id: id, auth_method: method }: Shown): string {
  if (method === 'client_secret_basic') {
    return `-u ${word(encodeURIComponent(id))}:"$CLIENT_SECRET"`
  }
  const client = `--data-urlencode ${word(`client_id=${id}`)}`
  if (method === 'none') return client
  return method === 'client_secret_post'
    ? `${client} --data-urlencode "client_secret=$CLIENT_SECRET"`
    : `${client} -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer -d "client_assertion=$ASSERTION"`
}
