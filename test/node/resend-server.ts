/**
 * HTTP on loopback: shows tests in workerd what the mail servers were told, and plays Resend's API,
 * answering as the path says (`/resend/422`, `/resend/409/<name of the error>`, `/resend/hang`).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { arrived, credentials, shown } from './smtp-servers.ts'

interface ResendRequest {
  path: string
  headers: Record<string, string | string[] | undefined>
  body: unknown
}
const requests: ResendRequest[] = []
/** Port of a server -> what is connected to it. */
export const connections = new Map<number, Set<unknown>>()

export const httpServer = (): Server =>
  createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const wanted = url.searchParams.get('of') ?? ''
    const json = (value: unknown) => response.end(JSON.stringify(value))
    if (url.pathname === '/mails') json(arrived.filter(({ to }) => to.includes(wanted)).map(shown))
    else if (url.pathname === '/credentials') {
      json(credentials.filter(({ username }) => username === wanted))
    } else if (url.pathname === '/requests') {
      json(requests.filter(({ headers }) => headers['idempotency-key'] === wanted))
    } else if (url.pathname === '/connections') json(connections.get(Number(wanted))?.size)
    else void playResend(url.pathname, request, response)
  })

async function playResend(path: string, request: IncomingMessage, response: ServerResponse) {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  requests.push({ path, headers: request.headers, body: text === '' ? null : JSON.parse(text) })
  const [, , status, name] = path.split('/')
  if (status === 'hang') return
  if (status === '307') response.setHeader('location', '/resend/200')
  response.statusCode = Number(status)
  response.end(JSON.stringify({ id: '49a3999c', name, message: 'says someone@example.com' }))
}
