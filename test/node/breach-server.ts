/**
 * A local server that speaks the k-anonymity range protocol, well and badly: /ok/<prefix> answers
 * from BREACHED below, /hang, /drip, /500, /redirect, /garbage and /endless misbehave. Every request
 * to /ok is checked against the protocol, so a client that sends too much gets a 400.
 */
import { createHash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the server counts as breached; `padding` stands in its range with a count of 0. */
const BREACHED = new Map([
  ['Vault-Lion-Basil-77', 42],
  ['padding Vault-Lion-Basil-77', 0],
])

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex').toUpperCase()

/** Listens on a free port of 127.0.0.1; `close` ends open connections too. */
export async function startBreachServer(): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const [, kind = '', prefix = ''] = (request.url ?? '').split('/')
    const isProper = /^[0-9A-F]{5}$/.test(prefix) && request.headers['add-padding'] === 'true'
    if (!isProper) return void response.writeHead(400).end()
    ANSWERS[kind]?.(response, prefix)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { port: (server.address() as AddressInfo).port, close }
}

const ANSWERS: Record<string, (response: ServerResponse, prefix: string) => void> = {
  ok: (response, prefix) => {
    const hits = [...BREACHED].map(([password, count]) => ({ hash: sha1(password), count }))
    const own = hits.filter(({ hash }) => hash.startsWith(prefix))
    const lines = own.map(({ hash, count }) => `${hash.slice(5)}:${count}`)
    const padding = Array.from({ length: 800 }, (_, line) => `${sha1(`pad ${line}`).slice(5)}:0`)
    response.end([...padding, ...lines].join('\r\n'))
  },
  hang: () => {},
  drip: (response) => {
    response.write(`${sha1('drip').slice(5)}:0\r\n`)
  },
  '500': (response) => void response.writeHead(500).end('no'),
  redirect: (response, prefix) => void response.writeHead(302, { location: `/ok/${prefix}` }).end(),
  garbage: (response) => void response.end('<html>welcome to the hotel</html>'),
  endless: (response) => {
    const line = `${'0'.repeat(35)}:1\r\n`.repeat(1000)
    const pump = () => {
      while (!response.destroyed && response.write(line));
      if (!response.destroyed) response.once('drain', pump)
    }
    pump()
  },
}
