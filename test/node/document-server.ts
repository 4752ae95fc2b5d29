/**
 * A server of client id metadata documents on loopback. `PUT /client/<key>` says as JSON what `GET /client/<key>` is to
 * answer; `GET /asked/<key>` tells the headers of each request for it.
 */
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { DocumentAnswer } from '../support/document-answer.ts'

const answers = new Map<string, DocumentAnswer>()
const asked = new Map<string, IncomingHttpHeaders[]>()

export const documentServer = (): Server =>
  createServer((request, response) => {
    const [, what, key = ''] = (request.url ?? '').split('/')
    if (what === 'asked') return void response.end(JSON.stringify(asked.get(key) ?? []))
    if (request.method === 'PUT') {
      let body = ''
      request.on('data', (chunk) => (body += String(chunk)))
      request.on('end', () => {
        answers.set(key, JSON.parse(body) as DocumentAnswer)
        response.end()
      })
      return
    }
    asked.set(key, [...(asked.get(key) ?? []), request.headers])
    answer(response, answers.get(key) ?? { status: 404 })
  })

function answer(
  response: ServerResponse,
  { status = 200, headers, body = '', how }: DocumentAnswer,
) {
  if (how === 'hang') return
  if (how === 'reset') return void response.destroy()
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(how === 'gzip' && { 'content-encoding': 'gzip' }),
    ...headers,
  })
  if (how === 'gzip') return void response.end(gzipSync(body))
  if (how === 'trickle') {
    const drip = setInterval(() => response.write(' '), 500)
    return void response.on('close', () => clearInterval(drip))
  }
  if (how === 'endless') {
    let left = 10 * 1024 * 1024
    const pour = () => {
      while (left > 0) {
        left -= 65_536
        if (!response.write(' '.repeat(65_536))) return void response.once('drain', pour)
      }
      response.end()
    }
    return pour()
  }
  response.end(body)
}
