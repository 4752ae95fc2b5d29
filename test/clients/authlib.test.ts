/** Debian's python3-authlib with requests. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'
import { expect, inject, it, onTestFinished } from 'vitest'
import { Browser } from './browser.ts'
import { hasDebianClients } from './debian.ts'
import { newPerson, registerApp, registerResource } from './gatehouse.ts'

const REDIRECT_URI = 'https://wiki.example.org/callback'

it.skipIf(!hasDebianClients())(
  'signs in by PKCE, validates, refreshes, asks for the user, revokes, and acts for itself',
  async () => {
    const { base } = inject('gatehouse')
    const resource = `https://api.example.org/${randomUUID()}`
    await registerResource(resource, ['orders:read'])
    const app = await registerApp({ redirect_uris: [REDIRECT_URI] })
    const machine = await registerApp({
      kind: 'machine',
      resources: [resource],
      scopes: ['orders:read'],
    })
    const person = await newPerson()

    const python = spawn('/usr/bin/python3', [`${import.meta.dirname}/authlib_client.py`], {
      // Authlib refuses http otherwise, and the service of the tests has no certificate.
      env: { ...process.env, AUTHLIB_INSECURE_TRANSPORT: '1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    onTestFinished(() => void python.kill())
    const lines = createInterface(python.stdout)[Symbol.asyncIterator]()
    const heard = async (): Promise<string> => {
      const { value, done } = await lines.next()
      if (done) throw new Error('authlib_client.py has ended')
      return value
    }
    const given = { ...app, issuer: base, redirect_uri: REDIRECT_URI, machine, resource }
    python.stdin.write(`${JSON.stringify(given)}\n`)
    const browser = new Browser()
    await browser.open(await heard(), 'https://wiki.example.org/')
    await browser.signIn(person)
    python.stdin.write(`${browser.page.url}\n`)

    const learned = JSON.parse(await heard())
    expect(learned).toMatchObject({
      is_renewed: true,
      user: { sub: learned.sub, email: person.email, name: 'Smoke Test' },
      introspected: { active: true, client_id: app.client_id, sub: learned.sub },
      after_revocation: 401,
      own: { token_type: 'Bearer', scope: 'orders:read' },
    })
  },
)
