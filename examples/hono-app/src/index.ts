/** A server-rendered app: one page for everybody, and one for users. */
import { endedInObjects, gatehouse, type GatehouseVariables, requireUser } from '@gatehouse/hono'
import { Hono } from 'hono'
import { html } from 'hono/html'

interface Bindings {
  readonly ISSUER: string
  readonly CLIENT_ID: string
  readonly CLIENT_SECRET: string
  readonly BASE_URL: string
  readonly COOKIE_KEYS: string
  readonly ENDED: DurableObjectNamespace
}

const app = new Hono<{ Bindings: Bindings; Variables: GatehouseVariables }>()

app.use(
  gatehouse<{ Bindings: Bindings }>(({ env }) => ({
    issuer: env.ISSUER,
    clientId: env.CLIENT_ID,
    clientSecret: env.CLIENT_SECRET,
    baseUrl: env.BASE_URL,
    cookieKeys: env.COOKIE_KEYS,
    endedSessions: endedInObjects(env.ENDED),
  })),
)

app.get('/', (c) => {
  const { user, signOutPath } = c.var.gatehouse
  return c.html(
    page(
      user
        ? html`<p>Hello, <b>${user.name}</b>. Your notes are <a href="/notes">here</a>.</p>
            <form method="post" action="${signOutPath}"><button>Sign out</button></form>`
        : html`<p>You are signed out.</p>
            <p><a href="${c.var.gatehouse.signInPath()}">Sign in</a></p>`,
    ),
  )
})

app.get('/notes', requireUser, (c) => c.html(page(html`<p>The notes of ${c.var.user?.email}</p>`)))

const page = (content: ReturnType<typeof html>) =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>A Hono app</title>
        <link rel="icon" href="data:," />
      </head>
      <body>
        <main>
          <h1>A Hono app</h1>
          ${content}
        </main>
      </body>
    </html>`

export { EndedSession } from '@gatehouse/hono'
export default app
