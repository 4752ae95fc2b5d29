/**
 * Fetches a client id metadata document by the rules of webhooks: only to destinations that `checkDestination` allows,
 * no redirects, a short time, and at most 5 KiB (draft-ietf-oauth-client-id-metadata-document sections 4 and 6.6). The
 * bytes are counted as they arrive, after decompression, whatever the headers promise.
 */
const MAX_BYTES = 5 * 1024
/** Also bounds a body that trickles. */
const TIMEOUT_MS = 5_000
const JSON_TYPE = /^application\/(?:[\w.!#$&^+-]+\+)?json\s*(?:;|$)/i

export interface FetchedDocument {
  readonly text: string
  readonly headers: Headers
}

/** `isPassing`: the host could not answer. The document itself may be right. */
export class DocumentFault extends Error {
  override readonly name = 'DocumentFault'

  constructor(
    message: string,
    readonly isPassing = false,
  ) {
    super(message)
  }
}

/** The body of the answer, which is JSON by its type only. Throws DocumentFault. `url` was checked. */
export async function fetchDocument(url: string): Promise<FetchedDocument> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  const response = await answerOf(url, signal)
  const { status, headers } = response
  const fault =
    status === 200
      ? JSON_TYPE.test(headers.get('content-type') ?? '')
        ? undefined
        : new DocumentFault('The metadata document is not application/json')
      : new DocumentFault(`The metadata document was answered with status ${status}`, status >= 500)
  if (fault) {
    void response.body?.cancel().catch(() => undefined)
    throw fault
  }
  return { text: await readBounded(response, signal), headers }
}

async function answerOf(url: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, {
      headers: { accept: 'application/json', 'user-agent': 'Gatehouse' },
      redirect: 'manual',
      signal,
    })
  } catch {
    throw unreachable(signal)
  }
}

async function readBounded({ body }: Response, signal: AbortSignal): Promise<string> {
  if (!body) return ''
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader()
  const stop = (): void => void reader.cancel().catch(() => undefined)
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const ended = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(unreachable(signal)))
  })
  // The race below may be over when it is rejected.
  ended.catch(() => undefined)
  let text = ''
  let size = 0
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), ended])
      if (done) return text + decoder.decode()
      size += value.byteLength
      if (size > MAX_BYTES) throw new DocumentFault('The metadata document is larger than 5 KiB')
      text += decoder.decode(value, { stream: true })
    }
  } catch (error) {
    stop()
    if (error instanceof DocumentFault) throw error
    throw error instanceof TypeError && !signal.aborted
      ? new DocumentFault('The metadata document is not UTF-8')
      : unreachable(signal)
  }
}

const unreachable = ({ aborted }: AbortSignal): DocumentFault =>
  new DocumentFault(
    aborted ? 'The metadata document took too long' : 'The metadata document cannot be reached',
    true,
  )
