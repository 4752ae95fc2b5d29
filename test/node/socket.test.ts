/** Bodies over a real socket, where a client decides what it announces and what it sends. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestHarness } from 'wrangler'

const LIMIT = 64 * 1024
const PATH = '/api/v1/auth/login'

const secret = () => `k1:${randomBytes(32).toString('base64url')}`
const server = createTestHarness({
  root: process.cwd(),
  workers: [
    {
      configPath: './wrangler.toml',
      vars: { PUBLIC_URL: 'http://localhost:8787' },
      secrets: { TOKEN_KEYS: secret(), DATA_KEYS: secret() },
    },
  ],
})

let url: URL
beforeAll(async () => {
  ;({ url } = await server.listen())
}, 60_000)
afterAll(() => server.close())

interface Exchange {
  status: number
  head: string
  body: string
}

/** Sends head and body as they are, and reads until the server has answered and closed. */
async function exchange(head: string[], body: Buffer = Buffer.alloc(0)): Promise<Exchange> {
  const socket = connect(Number(url.port), url.hostname)
  await once(socket, 'connect')
  const received: Buffer[] = []
  socket.on('data', (bytes: Buffer) => received.push(bytes))
  // A server that has said no may close while we still send.
  socket.on('error', () => socket.destroy())
  const lines = [...head, `host: ${url.host}`, 'connection: close', '', '']
  socket.write(lines.join('\r\n'))
  socket.write(body)
  await once(socket, 'close')
  const [top = '', ...rest] = Buffer.concat(received).toString().split('\r\n\r\n')
  return { status: Number(top.split(' ')[1]), head: top.toLowerCase(), body: rest.join('\r\n\r\n') }
}

const json = 'content-type: application/json'
const post = (headers: string[], body?: Buffer) =>
  exchange([`POST ${PATH} HTTP/1.1`, json, ...headers], body)

/** A body in chunks, which announces no length. */
function chunked(text: string, size = 8000): Buffer {
  const bytes = Buffer.from(text)
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size)
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'))
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}
const postChunked = (text: string, size?: number) =>
  post(['transfer-encoding: chunked'], chunked(text, size))

const padded = (size: number) => `{"username":"${'a'.repeat(size - 15)}"}`

describe('a body that announces no length', () => {
  it('is read', async () => {
    const { status, body } = await postChunked('{"username":"a@example.com"}', 3)
    expect([status, body]).toEqual([422, expect.stringContaining('"path":"password"')])
  })

  it('is counted in real bytes: 64 KiB are read, one more is 413', async () => {
    expect((await postChunked(padded(LIMIT))).status).toBe(422)
    const { status, head, body } = await postChunked(padded(LIMIT + 1))
    expect(status).toBe(413)
    expect(head).toContain('content-type: application/problem+json')
    expect(body).toContain('"code":"payload_too_large"')
  })

  it('is 413 however it is cut', async () => {
    for (const size of [100, 65_000, 200_000]) {
      expect((await postChunked(padded(150_000), size)).status).toBe(413)
    }
  })

  it('that has no end is not waited for', async () => {
    const endless = chunked(padded(100_000)).subarray(0, -5)
    expect((await post(['transfer-encoding: chunked'], endless)).status).toBe(413)
  })
})

describe('a body of 3 MB', () => {
  const big = Buffer.alloc(3_000_000, 'a')
  const refusals: [string, string, number][] = [
    ['too large for its route', `POST ${PATH}`, 413],
    ['to an address that is not there', 'POST /api/v1/nothing', 404],
    ['with a method that is not taken', 'PUT /healthz', 405],
    ['of nobody', 'PUT /api/v1/users/profile', 401],
    ['of nobody, for an import', 'POST /api/v1/admin/import', 401],
    ['of no key, for introspection', 'POST /api/v1/auth/introspect', 401],
    ['to a page, from elsewhere', 'POST /sign-in', 403],
  ]
  it.each(refusals)('%s gets its answer, every time', async (_, line, status) => {
    for (let n = 0; n < 8; n++) {
      const length = n % 2 ? [`content-length: ${big.length}`] : ['transfer-encoding: chunked']
      const body = n % 2 ? big : chunked(big.toString(), 64_000)
      const reply = await exchange([`${line} HTTP/1.1`, json, ...length], body)
      expect([n, reply.status]).toEqual([n, status])
    }
  })

  it('leaves the connection to the next request', async () => {
    for (let n = 0; n < 20; n++) {
      const reply = await fetch(new URL(PATH, url), { method: 'POST', body: big })
      expect(reply.status).toBe(413)
      expect(await reply.json()).toMatchObject({ code: 'payload_too_large' })
    }
  })

  it('is the most that is read: a body of 20 MB ends the connection, and the service goes on', async () => {
    const huge = Buffer.alloc(20_000_000, 'a')
    for (let n = 0; n < 12; n++) {
      const ending = await post([`content-length: ${huge.length}`], huge).then(
        ({ status, body }) => {
          if (Number.isNaN(status)) return 'no answer'
          return status === 500 ? body.split('\n')[0] : status
        },
        (error: NodeJS.ErrnoException) => error.code,
      )
      // The client reads the answer, sees the connection end, or is told so by the proxy that
      // `wrangler dev` puts in front of the Worker. No other 500 may come.
      const endings = [413, 'no answer', 'ECONNRESET', 'EPIPE', 'Error: Network connection lost.']
      expect(endings).toContain(ending)
    }
    expect((await exchange(['GET /api/v1/auth/password-policy HTTP/1.1'])).status).toBe(200)
  })
})

describe('a body that announces a wrong length', () => {
  it('of more than 64 KiB is 413 before it comes', async () => {
    const { status, body } = await post([`content-length: ${LIMIT + 1}`])
    expect([status, body]).toEqual([413, expect.stringContaining('payload_too_large')])
  })

  it('shorter than what comes is read to that length, and no further', async () => {
    const text = padded(200)
    expect((await post(['content-length: 20'], Buffer.from(text))).status).toBe(400)
    expect((await post(['content-length: 2'], Buffer.from(`{}${text}`))).status).toBe(422)
  })

  it('in characters instead of bytes is cut within one: 400', async () => {
    const text = '{"username":"\u00e9"}'
    const { status, body } = await post([`content-length: ${text.length}`], Buffer.from(text))
    expect([status, body]).toEqual([400, expect.stringContaining('malformed_body')])
  })
})

describe('a client that goes away in the middle of its body', () => {
  it('leaves the service well', async () => {
    for (const headers of [['content-length: 1000'], ['transfer-encoding: chunked']]) {
      const socket = connect(Number(url.port), url.hostname)
      await once(socket, 'connect')
      socket.write(
        [`POST ${PATH} HTTP/1.1`, `host: ${url.host}`, json, ...headers, '', '{"a'].join('\r\n'),
      )
      socket.destroy()
      await once(socket, 'close')
    }
    const reply = await exchange(['GET /api/v1/auth/password-policy HTTP/1.1'])
    expect(reply.status).toBe(200)
  })
})

describe('on the wire', () => {
  it('HEAD has the headers of GET and not a byte of body', async () => {
    const path = '/api/v1/auth/password-policy'
    const head = await exchange([`HEAD ${path} HTTP/1.1`])
    expect([head.status, head.body]).toEqual([200, ''])
    expect(head.head).toContain('content-type: application/json')
  })

  it('a 204 has no body and no type', async () => {
    const { status, head, body } = await exchange([`OPTIONS ${PATH} HTTP/1.1`])
    expect([status, body]).toEqual([204, ''])
    expect(head).toContain('allow: post, options')
    expect(head).not.toContain('\ncontent-type')
  })

  it('a Host of the client\u2019s choosing reaches no answer', async () => {
    const lines = ['GET /openapi.json HTTP/1.1', 'x-forwarded-host: evil.example']
    const { status, head, body } = await exchange(lines)
    expect(status).toBe(200)
    expect(head + body).not.toContain('evil')
    expect(body).toContain('"type":"http://localhost:8787/problems/')
  })
})
