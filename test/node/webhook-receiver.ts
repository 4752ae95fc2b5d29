/**
 * A receiver of webhooks on loopback that behaves as the path says: `POST /<behaviour>/<key>`. What came
 * under a key is told by `GET /received/<key>`, headers and body as they were on the wire.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

interface Received {
  path: string
  headers: Record<string, string>
  body: string
}
const received = new Map<string, Received[]>()

export const webhookReceiver = (): Server =>
  createServer((request, response) => {
    const [, behaviour = '', key = ''] = (request.url ?? '').split('/')
    if (behaviour === 'received') return void response.end(JSON.stringify(received.get(key) ?? []))
    void receive(request, key).then((times) => BEHAVIOURS[behaviour]?.(response, times, key))
  })

/** Keeps a request, and says the how-manieth under its key it is. */
async function receive(request: IncomingMessage, key: string): Promise<number> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const all = received.get(key) ?? []
  all.push({
    path: request.url ?? '',
    headers: request.headers as Record<string, string>,
    body: Buffer.concat(chunks).toString(),
  })
  received.set(key, all)
  return all.length
}

const answer = (response: ServerResponse, status: number) => void response.writeHead(status).end()

const BEHAVIOURS: Record<string, (response: ServerResponse, times: number, key: string) => void> = {
  ok: (response) => answer(response, 204),
  'fail-twice': (response, times) => answer(response, times > 2 ? 200 : 500),
  fail: (response) => answer(response, 500),
  gone: (response) => answer(response, 410),
  hang: () => {},
  // What is done is done, but nobody hears of it the first time.
  'break-off-once': (response, times) =>
    times > 1 ? answer(response, 200) : void response.destroy(),
  redirect: (response, _, key) =>
    void response.writeHead(307, { location: `/ok/${key}-elsewhere` }).end(),
  'twice-and-late': (response) => {
    const { socket } = response
    setTimeout(() => {
      // Closed, or the second answer would be taken for that to the next request.
      const end = 'connection: close\r\ncontent-length: 0\r\n\r\n'
      socket?.end(`HTTP/1.1 200 OK\r\n${end}HTTP/1.1 500 Internal Server Error\r\n${end}`)
    }, 300)
  },
  endless: (response) => {
    response.writeHead(200)
    const drip = setInterval(() => response.write('x'.repeat(16_384)), 5)
    response.on('close', () => clearInterval(drip))
  },
}
