/** Client id metadata documents on a real server (test/node/document-server.ts). */
import { inject } from 'vitest'
import { randomId } from '../../src/crypto/encoding'
import type { DocumentAnswer } from './document-answer'

export const DOCUMENT_REDIRECT = 'http://127.0.0.1/callback'

export interface PublishedDocument {
  readonly clientId: string
  /** Publishes something else under the same URL. Members that are undefined are left out. */
  readonly publish: (members: Record<string, unknown>, answer?: DocumentAnswer) => Promise<void>
  /** Answers as told, with a sound document unless it has a body. */
  readonly answer: (answer: DocumentAnswer) => Promise<void>
  /** The headers of each request for it. */
  readonly asked: () => Promise<Record<string, string>[]>
}

/** A sound document of a public app, changed as told, at a URL of its own. */
export async function publishDocument(
  members: Record<string, unknown> = {},
  given: DocumentAnswer = {},
): Promise<PublishedDocument> {
  const server = `http://127.0.0.1:${inject('documentPort')}`
  const key = randomId()
  const clientId = `${server}/client/${key}`
  const put = async (answer: DocumentAnswer): Promise<void> => {
    const put = await fetch(clientId, { method: 'PUT', body: JSON.stringify(answer) })
    await put.text()
  }
  const textOf = (changed: Record<string, unknown>) =>
    JSON.stringify({
      client_id: clientId,
      client_name: 'Notes',
      redirect_uris: [DOCUMENT_REDIRECT],
      ...changed,
    })
  const publish = (changed: Record<string, unknown>, answer: DocumentAnswer = {}) =>
    put({ body: textOf(changed), ...answer })
  await publish(members, given)
  return {
    clientId,
    publish,
    answer: (answer) => publish(members, answer),
    asked: async () => (await fetch(`${server}/asked/${key}`)).json(),
  }
}
