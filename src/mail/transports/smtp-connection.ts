/**
 * Reads and writes the lines of one SMTP connection. A reply is complete and well-formed, or an
 * error is thrown. Every wait is bounded, and a closed connection is an error. Nothing received in
 * plain text is kept after the switch to TLS.
 */
import { utf8 } from '../../crypto/encoding'
import { MailError, within } from './transport'

export interface Reply {
  code: number
  text: string
}

export interface SmtpConnection {
  write(text: string): Promise<void>
  /**
   * Returns the next reply with all its lines. Throws MailError `timeout`, `connection_lost` or
   * `smtp_protocol`.
   */
  reply(waitMs?: number): Promise<Reply>
  startTls(): void
  close(): void
}

const MAX_REPLY_CHARS = 16_384
/** `250-...` lines, then the last one, whose code is followed by a space or the end of the line. */
const REPLY = /^(?:\d{3}-[^\n]*\n)*(\d{3})(?: [^\n]*)?\r?\n/

/** Takes over a connected socket. `stepMs` limits each single wait for the server. */
export function openConnection(connected: Socket, stepMs: number): SmtpConnection {
  let socket = connected
  let reader: ReadableStreamDefaultReader<Uint8Array> = socket.readable.getReader()
  let writer: WritableStreamDefaultWriter<Uint8Array> = socket.writable.getWriter()
  let heard = ''

  return {
    async write(text) {
      await within(stepMs, writer.write(utf8(text)).catch(lost))
    },

    async reply(waitMs = stepMs) {
      for (;;) {
        const match = REPLY.exec(heard)
        if (match) {
          heard = heard.slice(match[0].length)
          return { code: Number(match[1]), text: match[0] }
        }
        const isNoReply = heard.includes('\n') && !/^\d{3}-/.test(heard)
        if (isNoReply || heard.length > MAX_REPLY_CHARS) throw new MailError('smtp_protocol')
        const { value, done } = await within(waitMs, reader.read().catch(lost))
        if (done) throw new MailError('connection_lost')
        // Only codes and capabilities are used, and they are ASCII.
        heard += new TextDecoder().decode(value)
      }
    },

    startTls() {
      // Anything received together with the 220 reply was injected before TLS (CVE-2011-0411).
      if (heard !== '') throw new MailError('smtp_protocol')
      reader.releaseLock()
      writer.releaseLock()
      // The runtime checks the certificate against the host that we connected to (tested).
      socket = socket.startTls()
      ignoreFailure(socket.opened, socket.closed)
      reader = socket.readable.getReader()
      writer = socket.writable.getWriter()
    },

    close() {
      ignoreFailure(socket.close())
    },
  }
}

const lost = (): never => {
  throw new MailError('connection_lost')
}

/** For promises whose failure a read or a write has already reported. */
export function ignoreFailure(...promises: Promise<unknown>[]): void {
  for (const promise of promises) promise.catch(() => undefined)
}
