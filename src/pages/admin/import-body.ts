/** The chunk of lines in a POST: the script's plain NDJSON, or the form's file or text. */
import { DomainError, invalidFields } from '../../errors'
import { isUtf16, readText } from '../../http/body'
import { MAX_CHUNK_BYTES } from '../../user-admin/import-lines'

const NDJSON = 'application/x-ndjson'
/** A form holds both fields and their headers. */
const MAX_FORM_BYTES = 2 * MAX_CHUNK_BYTES + 4096

export const isFromScript = (request: Request): boolean =>
  request.headers.get('content-type') === NDJSON

/**
 * The chunk. Throws `payload_too_large`, `unsupported_media_type`, `malformed_body`, and
 * `validation_failed` for a file that is not UTF-8.
 */
export async function chunkOf(request: Request): Promise<string> {
  if (isFromScript(request)) return readText(request, NDJSON, MAX_CHUNK_BYTES)
  const form = await formOf(request)
  const file = form.get('file')
  const lines = form.get('lines')
  const part = file !== null && typeof file !== 'string' && file.size > 0 ? file : lines
  const bytes = new Uint8Array(await new Response(part).arrayBuffer())
  if (bytes.byteLength > MAX_CHUNK_BYTES) throw new DomainError('payload_too_large')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch {
    const code = isUtf16(bytes) ? 'utf_16' : 'garbled'
    throw invalidFields([{ path: '', code, message: '' }])
  }
}

async function formOf(request: Request): Promise<FormData> {
  const type = request.headers.get('content-type') ?? ''
  if (!/^multipart\/form-data\b/i.test(type)) throw new DomainError('unsupported_media_type')
  // app.ts discards the rest of a form that is too large after the response.
  const body =
    request.body?.pipeThrough(noMoreThan(MAX_FORM_BYTES), { preventCancel: true }) ?? null
  try {
    return await new Response(body, { headers: { 'content-type': type } }).formData()
  } catch (cause) {
    throw cause instanceof DomainError ? cause : new DomainError('malformed_body', { cause })
  }
}

/** Counts the bytes that arrive, whatever Content-Length claims. */
function noMoreThan(most: number): TransformStream<Uint8Array, Uint8Array> {
  let size = 0
  return new TransformStream({
    transform(chunk, controller) {
      size += chunk.byteLength
      if (size > most) controller.error(new DomainError('payload_too_large'))
      else controller.enqueue(chunk)
    },
  })
}
